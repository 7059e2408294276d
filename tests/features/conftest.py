"""The judge of the fast feature code, for the modules of this folder."""

import sys
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest


def _module(name: str) -> ModuleType:
    """A module beside this one; tests cannot import one another (`--import-mode=importlib`)."""
    spec = spec_from_file_location(name, Path(__file__).with_name(f"{name}.py"))
    assert spec is not None
    assert spec.loader is not None
    module = sys.modules[name] = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="session")
def reference_of() -> Any:
    """The class of slow and obvious features: `reference_of(frames, as_of)`."""
    return _module("reference").Reference


@pytest.fixture(scope="session")
def arrivals() -> Any:
    """How batches of rows arrive in a home: `arrivals.arrive(home, table, rows)` and what goes with it."""
    return _module("arrivals")
