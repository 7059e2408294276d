"""Erasure and export of one agent reach offers, notes, notices and the published table."""

import zipfile
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest

from features import Home
from features.raw import rows
from serving import Store
from serving.outreach.contract import publish
from serving.outreach.offers import Person, plan_week, record, turns_of
from serving.outreach.outbox import enqueue, waiting
from serving.privacy.erasure import erase
from serving.privacy.export import export
from serving.privacy.places import personal_tables

NOW = datetime(2026, 1, 7, 12, tzinfo=UTC)


@pytest.fixture
def told(either_home: Home, person: Any, rules: Any) -> Home:
    """A home in which A1 and A2 have an offer with an outcome, a note, a notice, and rows for training."""
    store = Store(either_home)
    people: list[Person] = [person("A1", 0.9), person("A2", 0.8)]
    made = plan_week(store, people, rules())
    enqueue(store, date(2026, 1, 12), NOW)
    for one in made:
        for state, more in (("accepted", {}), ("done", {}), ("outcome", {"said": "helped", "note": "quieter Fridays"})):
            record(store, one.number, state, NOW, "hr", start_within=lambda _: 14, **more)
    publish(either_home, store)
    store.close()
    return either_home


def test_the_tables_of_outreach_are_found_as_personal(told: Home) -> None:
    store = Store(told)
    assert {"offers", "offer_notes", "outbox"} <= {table.name for table in personal_tables(store.engine)}
    store.close()


def test_erasure_takes_an_agent_out_of_all_of_it_and_leaves_the_others(told: Home) -> None:
    found = erase(told, "A1")
    assert {"store, offers", "store, offer_notes", "store, outbox", "raw/outreach"} <= set(found.rows)
    store = Store(told)
    assert [one.agent_id for one in turns_of(store)] == ["A2"]
    assert {row.agent_id for row in waiting(store)} <= {"A2"}
    publish(told, store)
    store.close()
    assert list(rows(told, "outreach")["agent_id"]) == ["A2"]


def test_an_export_holds_offers_notes_and_notices(told: Home, tmp_path: Path) -> None:
    counts = export(told, "A1", tmp_path / "a1.zip", "2026-02-01")
    assert {"store/offers": 1, "store/offer_notes": 1, "raw/outreach": 1}.items() <= counts.items()
    with zipfile.ZipFile(tmp_path / "a1.zip") as copy:
        assert b"quieter Fridays" in copy.read("store/offer_notes.csv")
        assert b"check-in" in copy.read("store/offers.csv")
        assert all(b"A2" not in copy.read(name) for name in copy.namelist())
