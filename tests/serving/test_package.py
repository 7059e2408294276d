"""What the package exports, and what importing it costs."""

import subprocess
import sys
import tomllib
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


def test_every_folder_of_code_is_in_the_distribution() -> None:
    """A package that is not listed is there in a checkout, and not for whoever installs it."""
    listed = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["setuptools"]["packages"]
    there = [
        str(file.parent.relative_to(ROOT)).replace("/", ".")
        for top in ("features", "training", "serving")
        for file in (ROOT / top).rglob("__init__.py")
    ]
    assert set(there) <= set(listed)
