"""What the package exports, and what importing it costs."""

import subprocess
import sys
from pathlib import Path

import pytest

import training

ROOT = Path(training.__file__).parents[1]
HEAVY = "{'pandas', 'numpy', 'sklearn', 'lightgbm', 'shap', 'mlflow', 'matplotlib'}"


@pytest.mark.parametrize("name", training.__all__)
def test_every_exported_name_is_there(name: str) -> None:
    assert getattr(training, name).__module__.startswith("training.")


def test_a_name_that_is_not_exported_is_not_there() -> None:
    with pytest.raises(AttributeError, match="module 'training' has no attribute 'burn'"):
        training.burn  # noqa: B018


@pytest.mark.parametrize("module", ["training", "training.commands"])
def test_importing_a_light_module_imports_no_library(module: str) -> None:
    ask = f"import sys, {module}; print(*sorted(set(sys.modules) & {HEAVY}))"
    found = subprocess.run([sys.executable, "-c", ask], cwd=ROOT, capture_output=True, text=True, check=True)
    assert found.stdout.split() == []


def test_a_loaded_model_does_not_import_mlflow() -> None:
    ask = "import sys, training.model, training.explain; print('mlflow' in sys.modules, 'shap' in sys.modules)"
    found = subprocess.run([sys.executable, "-c", ask], cwd=ROOT, capture_output=True, text=True, check=True)
    assert found.stdout.split() == ["False", "False"]
