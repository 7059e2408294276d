"""What the package exports, and what importing it costs."""

import subprocess
import sys
from pathlib import Path

import pytest

import serving

ROOT = Path(serving.__file__).parents[1]
HEAVY = "{'pandas', 'numpy', 'sklearn', 'lightgbm', 'shap', 'mlflow', 'bentoml', 'sqlalchemy', 'jinja2'}"


@pytest.mark.parametrize("name", serving.__all__)
def test_every_exported_name_is_there(name: str) -> None:
    assert getattr(serving, name).__module__.startswith("serving.")


def test_a_name_that_is_not_exported_is_not_there() -> None:
    with pytest.raises(AttributeError, match="module 'serving' has no attribute 'burn'"):
        serving.burn  # noqa: B018


@pytest.mark.parametrize("module", ["serving", "serving.commands"])
def test_importing_a_light_module_imports_no_library(module: str) -> None:
    ask = f"import sys, {module}; print(*sorted(set(sys.modules) & {HEAVY}))"
    found = subprocess.run([sys.executable, "-c", ask], cwd=ROOT, capture_output=True, text=True, check=True)
    assert found.stdout.split() == []
