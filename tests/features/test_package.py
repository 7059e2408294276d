"""What the package exports, and what importing it costs."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

import features
import features.errors
import features.tables

ROOT = Path(features.__file__).parents[1]


def in_ruffs_order(names: list[str]) -> list[str]:
    """Constants, then classes, then the rest, each in natural order (ruff's RUF022)."""

    def kind(name: str) -> int:
        return 0 if name.isupper() else 1 if name[0].isupper() else 2

    return sorted(names, key=lambda name: (kind(name), re.split(r"(\d+)", name)))


def test_every_exported_name_is_there() -> None:
    assert all(getattr(features, name) is not None for name in features.__all__)


def test_the_exports_are_sorted_and_complete() -> None:
    assert list(features.__all__) == in_ruffs_order(features.__all__)
    public = re.findall(r'^    "(\w+)": "[\w.]+",$', Path(features.__file__).read_text(encoding="utf-8"), re.MULTILINE)
    assert sorted(public) == sorted(features.__all__)


def test_a_name_that_is_not_exported_is_not_there() -> None:
    with pytest.raises(AttributeError, match="module 'features' has no attribute 'burn'"):
        features.burn  # noqa: B018


def test_every_error_of_the_tree_is_a_respite_error() -> None:
    kinds = [getattr(features.errors, name) for name in features.errors.__all__]
    assert all(issubclass(kind, features.errors.RespiteError) for kind in kinds)
    assert all(kind.__name__ in str(features.errors.__doc__) for kind in kinds)


@pytest.mark.parametrize("module", ["features", "features.commands", "features.catalog", "features.tables"])
def test_importing_a_light_module_imports_no_engine(module: str) -> None:
    ask = f"import sys, {module}; print(*sorted(set(sys.modules) & {{'pandas', 'ibis', 'duckdb', 'pyarrow', 'numpy'}}))"
    found = subprocess.run([sys.executable, "-c", ask], cwd=ROOT, capture_output=True, text=True, check=True)
    assert found.stdout.split() == []
