"""Consent and the stop switch: the newest decision counts, and stopped is stopped."""

from datetime import UTC, datetime, timedelta

import pytest

from serving import Store
from serving.consent import StoppedError, agreed, may_score, record, refuse_when_stopped, turn
from serving.store import Consent

NOW = datetime(2026, 1, 5, 12, tzinfo=UTC)


def test_who_opted_out_is_not_scored_and_who_said_nothing_is(either_store: Store) -> None:
    record(either_store, "A1", "scoring", False, NOW)
    record(either_store, "A2", "scoring", True, NOW)
    record(either_store, "A3", "share_with_manager", False, NOW)
    assert may_score(either_store, ["A1", "A2", "A3", "A4"]) == {"A2", "A3", "A4"}


def test_the_newest_decision_counts_and_the_former_ones_are_kept(either_store: Store) -> None:
    for day, granted in enumerate([True, False, True]):
        record(either_store, "A1", "share_with_manager", granted, NOW + timedelta(days=day))
    assert agreed(either_store, "share_with_manager") == {"A1": True}
    with either_store.session() as session:
        assert [row.granted for row in session.query(Consent).order_by(Consent.number)] == [True, False, True]


def test_stopped_is_stopped_until_it_is_turned_off(either_store: Store) -> None:
    refuse_when_stopped(either_store)
    turn(either_store, True, "the works council asked", "the officer", NOW)
    with pytest.raises(StoppedError, match="by the officer on 2026-01-05 12:00 UTC: the works council asked"):
        refuse_when_stopped(either_store)
    turn(either_store, False, "settled", "the officer", NOW)
    refuse_when_stopped(either_store)
