"""Figures of groups over the API: overlapping filters, week after week, with people who join, leave and opt out.

The attacker has every figure that was ever shown, knows who is in which group in which week, and solves the linear
system. Nobody's own value may come out of it.
"""

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

import numpy as np
import pytest

from features import Home
from features.errors import AccessError
from serving import Store
from serving.access import Principal, load_policy
from serving.groups import Groups
from serving.privacy.disclosure import leverages
from serving.privacy.memory import load
from serving.privacy.policy import PrivacyPolicy
from serving.scoring import UnknownGroupError

HR = Principal("hr", "hr")
START = date(2026, 1, 5)
POLICY = PrivacyPolicy(minimum_group=5)


def score(agent: int, day: date, team: str, site: str, queue: str, probability: float | None) -> dict[str, Any]:
    said = {"probability": probability, "low": None, "high": None, "band": None, "base": -1.0}
    post = {"agent_id": f"A{agent:03d}", "team_id": team, "site_id": site, "queue": queue, "as_of": day}
    kept = {"outcome": "burnout", "horizon_days": 90, "main": True, "abstained": None if probability else "no score"}
    made = {
        "model_version": "1",
        "contract_version": "1",
        "scored_at": None,
        "reasons": [],
        "families": {"workload": 0.1},
    }
    return said | post | kept | made


@pytest.fixture
def weeks(home: Home) -> Iterator[tuple[Store, list[date]]]:
    """Twelve weeks of 60 people in 5 teams, 2 sites and 3 queues, of whom some move, leave, come and opt out."""
    store, rng = Store(home), np.random.default_rng(5)
    team = rng.integers(0, 5, 60)
    days = [START + timedelta(weeks=week) for week in range(12)]
    for week, day in enumerate(days):
        team[rng.integers(0, 60, 2)] = rng.integers(0, 5, 2)
        rows = [
            score(a, day, f"T{team[a]}", f"S{team[a] % 2}", f"Q{a % 3}", None if rng.random() < 0.05 else 0.1 + a / 100)
            for a in range(60)
            if not (a < 6 and week < a) and not (a > 53 and week > a - 50)
        ]
        store.replace_scores(day, "burnout", rows)
    yield store, days
    store.close()


def test_no_combination_of_all_that_was_shown_is_about_few(weeks: tuple[Store, list[date]]) -> None:
    store, days = weeks
    groups = Groups(store, load_policy(), POLICY)
    shown = 0
    for day in days:
        for kind, names in (("team", 5), ("site", 2), ("queue", 3)):
            for number in range(names):
                body = groups.figures(HR, kind, f"{kind[0].upper()}{number}", "burnout", day).body  # type: ignore[arg-type]
                shown += body["hidden"] is None
                assert (body["people"] is None) == (body["hidden"] is not None)
    with store.writing() as session:
        released = [one.people for one in load(session, [f"A{a:03d}" for a in range(60)])]
    assert shown > 40
    assert max(leverages(list(dict.fromkeys(released))).values()) <= 1 / POLICY.minimum_group + 1e-9


def test_asking_again_gives_the_same(weeks: tuple[Store, list[date]]) -> None:
    store, days = weeks
    first, again = (
        Groups(store, load_policy(), POLICY).figures(HR, "site", "S0", "burnout", days[-1]).body for _ in range(2)
    )
    assert first == again
    assert first["people"] >= POLICY.minimum_group


def test_a_group_that_is_too_small_is_hidden_and_names_the_whole(weeks: tuple[Store, list[date]]) -> None:
    store, days = weeks
    body = (
        Groups(store, load_policy(), PrivacyPolicy(minimum_group=20)).figures(HR, "team", "T1", "burnout", days[0]).body
    )
    assert body["mean_probability"] is None
    assert body["families"] == {}
    assert "fewer than 20 people" in body["hidden"]
    assert body["instead"] == "site S1"


def test_a_manager_asks_for_their_own_teams_alone(weeks: tuple[Store, list[date]]) -> None:
    store, _ = weeks
    groups, who = Groups(store, load_policy(), POLICY), Principal("m", "manager", frozenset({"T1"}))
    groups.figures(who, "team", "T1", "burnout", None)
    for kind, name in (("team", "T2"), ("site", "S1"), ("queue", "Q1")):
        with pytest.raises(AccessError):
            groups.figures(who, kind, name, "burnout", None)  # type: ignore[arg-type]


def test_a_group_that_is_not_there_is_refused(weeks: tuple[Store, list[date]]) -> None:
    with pytest.raises(UnknownGroupError, match="there is no team 'T9'"):
        Groups(weeks[0], load_policy(), POLICY).figures(HR, "team", "T9", "burnout", None)
