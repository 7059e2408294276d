"""What holds for the house as a whole: doors that open on the right room, and words that are never used."""

import ast
import importlib
import re
import subprocess
import sys
from pathlib import Path

import pytest

import features

ROOT = Path(features.__file__).parents[1]
PACKAGES = ("features", "training", "serving")
CODE = sorted(path for package in PACKAGES for path in (ROOT / package).rglob("*.py"))
COMMANDS = {
    "simulate", "ingest", "features", "train", "compare", "promote", "score", "report", "serve", "access", "audit",
    "demo",
}  # fmt: skip
NEVER = re.compile(r"flight.risk|flagged|at-risk employee", re.IGNORECASE)


def python(code: str) -> str:
    answer = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False)
    assert answer.returncode == 0, answer.stderr
    return answer.stdout.strip()


def module_of(path: Path) -> str:
    return ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")


def test_from_the_root_of_the_repository_mlflow_is_the_real_one() -> None:
    found = python("import mlflow, features, training, serving; print(mlflow.__file__)")
    assert "site-packages" in found
    assert not Path(found).is_relative_to(ROOT / "mlflow")


def test_the_folder_mlflow_holds_no_python() -> None:
    assert (ROOT / "mlflow").is_dir()
    assert not list((ROOT / "mlflow").rglob("*.py"))
    assert not list((ROOT / "tests").rglob("__init__.py"))


@pytest.mark.parametrize("path", CODE, ids=module_of)
def test_every_module_parses_on_the_oldest_python_that_is_promised(path: Path) -> None:
    promised = re.search(r'requires-python = ">=3\.(\d+)"', (ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    assert promised
    ast.parse(path.read_text(encoding="utf-8"), feature_version=(3, int(promised[1])))


@pytest.mark.parametrize("path", [path for path in CODE if path.name not in ("service.py", "env.py")], ids=module_of)
def test_every_name_that_a_module_exports_is_there(path: Path) -> None:
    module = importlib.import_module(module_of(path))
    for name in getattr(module, "__all__", []):
        assert hasattr(module, name), f"{module.__name__}.{name}"


def test_help_lists_every_command() -> None:
    answer = subprocess.run(
        [sys.executable, "-m", "respite", "--help"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert set(re.findall(r"^\W*([a-z]+)\s{2,}", answer.stdout, re.MULTILINE)) >= COMMANDS


def test_help_imports_no_engine_and_no_model_library() -> None:
    heavy = (
        "{'pandas', 'mlflow', 'shap', 'sklearn', 'bentoml', 'lightgbm', 'matplotlib', 'ibis', 'duckdb', 'sqlalchemy'}"
    )
    code = (
        "import sys, respite\ntry:\n    sys.argv = ['respite', '--help']; respite.main()\n"
        f"except SystemExit:\n    print('loaded', *sorted({heavy} & set(sys.modules)))"
    )
    assert python(code).splitlines()[-1].split() == ["loaded"]


def test_importing_the_house_writes_nothing(tmp_path: Path) -> None:
    answer = subprocess.run(
        [sys.executable, "-c", "import features, training, serving, respite, training.tracking, serving.scoring"],
        cwd=tmp_path, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert answer.returncode == 0, answer.stderr
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("path", CODE, ids=module_of)
def test_a_word_that_hurts_is_nowhere_in_the_code(path: Path) -> None:
    assert not NEVER.search(path.read_text(encoding="utf-8"))


def test_what_a_score_predicts_is_named_the_same_everywhere() -> None:
    from typing import get_args

    from serving.schemas import Outcome
    from training.config import OUTCOMES

    assert set(get_args(Outcome)) == set(OUTCOMES)
    for name, config in OUTCOMES.items():
        assert config.name == name
