"""The material of the road's pages, once."""

from collections.abc import Iterator

import pytest

from features import Home
from serving import Store
from serving.reports.material import Material, gather


@pytest.fixture(scope="module")
def material(road: Home) -> Iterator[Material]:
    store = Store(road)
    yield gather(road, store)
    store.close()
