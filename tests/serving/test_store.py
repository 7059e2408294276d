"""The store: all scores of a date or none, twice is once, and readers do not wait."""

from datetime import date
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from features import Home
from serving import Store
from serving.store import Score

DAY, NEXT = date(2026, 1, 5), date(2026, 1, 12)


def row(agent: str, outcome: str = "burnout", as_of: date = DAY, **more: Any) -> dict[str, Any]:
    return {
        "as_of": as_of, "agent_id": agent, "outcome": outcome, "horizon_days": 90, "probability": 0.2,
        "band": "usual", "abstained": None, "base": -1.0, "reasons": [{"sentence": "x", "contribution": 0.1}],
        "model_version": "1", "contract_version": "1.x", "team_id": "T1", "site_id": "S1", "queue": "q",
    } | more  # fmt: skip


def ids(scores: list[Score]) -> list[str]:
    return [score.agent_id for score in scores]


def test_what_was_written_is_read(store: Store) -> None:
    store.replace_scores(DAY, "burnout", [row("A1")])
    (found,) = store.scores("burnout", DAY)
    assert {name: getattr(found, name) for name in row("A1")} == row("A1")


def test_writing_twice_is_writing_once(store: Store) -> None:
    for _ in range(2):
        store.replace_scores(DAY, "burnout", [row("A1"), row("A2")])
    assert ids(store.scores("burnout", DAY)) == ["A1", "A2"]


def test_new_scores_of_a_date_replace_the_former_ones_and_no_others(store: Store) -> None:
    store.replace_scores(DAY, "burnout", [row("A1"), row("A2")])
    store.replace_scores(DAY, "turnover", [row("A1", "turnover")])
    store.replace_scores(NEXT, "burnout", [row("A1", as_of=NEXT)])
    store.replace_scores(DAY, "burnout", [row("A3", probability=0.9)])
    assert ids(store.scores("burnout", DAY)) == ["A3"]
    assert ids(store.scores("turnover", DAY)) == ids(store.scores("burnout", NEXT)) == ["A1"]


@pytest.mark.parametrize(
    "bad", [[row("A8"), row("A8")], [row("A8"), row("A9", model_version=None)], [row("A8"), row("A9", reasons={1})]]
)
def test_a_write_that_fails_midway_leaves_the_former_scores(bad: list[dict[str, Any]], store: Store) -> None:
    store.replace_scores(DAY, "burnout", [row("A1")])
    with pytest.raises((SQLAlchemyError, TypeError)):
        store.replace_scores(DAY, "burnout", bad)
    assert ids(store.scores("burnout", DAY)) == ["A1"]


def test_a_transaction_whose_body_raises_changes_nothing(store: Store) -> None:
    store.replace_scores(DAY, "burnout", [row("A1")])

    def delete_and_fail() -> None:
        with store.session() as session:
            session.execute(text("DELETE FROM scores"))
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        delete_and_fail()
    assert ids(store.scores("burnout", DAY)) == ["A1"]


def test_the_newest_date_is_found_per_outcome(store: Store) -> None:
    assert store.latest("burnout") is None
    store.replace_scores(NEXT, "burnout", [row("A1", as_of=NEXT)])
    store.replace_scores(DAY, "burnout", [row("A1")])
    assert store.latest("burnout") == NEXT
    assert store.latest("turnover") is None


def test_scores_are_chosen_by_agent_and_team_in_the_order_of_ids(store: Store) -> None:
    rows = [row("A3"), row("A1"), row("A2", team_id="T2")]
    store.replace_scores(DAY, "burnout", rows)
    assert ids(store.scores("burnout", DAY)) == ["A1", "A2", "A3"]
    assert ids(store.scores("burnout", DAY, ["A3", "A2", "A9"])) == ["A2", "A3"]
    assert ids(store.scores("burnout", DAY, team_id="T1")) == ["A1", "A3"]
    assert store.scores("burnout", DAY, []) == []


def test_no_scores_at_all_may_be_written(store: Store) -> None:
    store.replace_scores(DAY, "burnout", [row("A1")])
    store.replace_scores(DAY, "burnout", [])
    assert store.scores("burnout", DAY) == []


def test_readers_do_not_wait_for_the_writer(store: Store, home: Home) -> None:
    with store.engine.connect() as connection:
        assert connection.execute(text("PRAGMA journal_mode")).scalar() == "wal"
    store.replace_scores(DAY, "burnout", [row("A1")])
    other = Store(home)
    with store.session() as session:
        session.execute(text("DELETE FROM scores"))
        assert ids(other.scores("burnout", DAY)) == ["A1"]
    assert other.scores("burnout", DAY) == []
    other.close()
