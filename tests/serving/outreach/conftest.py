"""People for plans, and a store with the offers of one week."""

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest

from serving import Store
from serving.outreach.offers import Person, plan_week
from serving.outreach.plan import Rules, rules_of
from serving.outreach.tables import Offer

MONDAY = date(2026, 1, 5)


@pytest.fixture
def rules() -> Callable[..., Rules]:
    """Rules of a week, without holdout unless told otherwise."""

    def make(**given: Any) -> Rules:
        return rules_of(**{"week": MONDAY, "holdout": 0.0, "capacity": 2} | given)

    return make


@pytest.fixture
def person() -> Callable[..., Person]:
    """Someone in team T1 of manager M1, whom a conversation would help."""

    def make(agent_id: str, rank: float = 0.5, **more: Any) -> Person:
        post = {"manager_id": "M1", "team_id": "T1", "site_id": "S1", "actions": ("check-in", "recognition")}
        return Person(agent_id, rank=rank, **post | more)

    return make


@pytest.fixture
def offered(store: Store, person: Callable[..., Person], rules: Callable[..., Rules]) -> list[Offer]:
    """Offers to A1 and A2 in the week of 2026-01-05."""
    return plan_week(store, [person("A1", 0.9), person("A2", 0.8)], rules())
