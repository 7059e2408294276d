"""What a model takes along, so that it runs where Respite is not installed: its code, and pinned requirements."""

import shutil
from importlib.metadata import version
from pathlib import Path

import features
import training

__all__ = ["code_copies", "requirements"]

_LOADED = ("lightgbm", "numba", "numpy", "pandas", "pyarrow", "pydantic", "pyyaml", "scikit-learn", "scipy", "sqlglot")
_NOT_NEEDED = ("__pycache__", "card", "commands.py", "ingest", "quality", "samples", "simulation", "templates", "text")


def requirements() -> list[str]:
    """Every package that loading a model imports, at the version that it was made with.

    What these bring along is left to them: threadpoolctl comes with scikit-learn, llvmlite with numba. The catalog is
    written in Ibis, which needs its DuckDB extra and sqlglot at the version that is named here.
    """
    pinned = [f"{name}=={version(name)}" for name in _LOADED]
    return sorted([*pinned, f"ibis-framework[duckdb]=={version('ibis-framework')}"])


def code_copies(folder: Path) -> list[str]:
    """Copies of the packages that a model needs to run, in a folder that is made here; their paths."""
    packages = [Path(str(package.__file__)).parent for package in (features, training)]
    ignore = shutil.ignore_patterns(*_NOT_NEEDED)
    return [str(shutil.copytree(package, folder / package.name, ignore=ignore)) for package in packages]
