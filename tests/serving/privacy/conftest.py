"""A copy of the road's home that a test may change."""

import shutil
from pathlib import Path

import pytest

from features import Home


@pytest.fixture
def own_road(road: Home, tmp_path: Path) -> Home:
    """Models stay where the road has them; everything else is this test's own."""
    home = Home(tmp_path / "own")
    shutil.copytree(road.root, home.root)
    return home
