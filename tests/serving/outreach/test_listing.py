"""Lists of offers: one order, whole or in pages, on both databases; and who is in none of them."""

import secrets
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest

from features.errors import InputError
from serving import Store
from serving.consent import record
from serving.outreach.listing import WELLBEING, Page, offers_of, page_of
from serving.outreach.states import overdue
from serving.outreach.tables import Offer

TODAY = date(2026, 3, 2)
NOW = datetime(2026, 3, 2, 12, tzinfo=UTC)


def offer(agent: str, due: int | None, **more: Any) -> Offer:
    """Due some days from today; closed where it is due on none."""
    given = {
        "uid": secrets.token_hex(16), "agent_id": agent, "manager_id": "M1", "team_id": "T1", "site_id": "S1",
        "program": secrets.token_hex(8), "week": TODAY, "arm": "offer", "action": "check-in", "also": [],
        "state": "declined" if due is None else "accepted", "offered_by": "M1", "offered_at": NOW.replace(tzinfo=None),
        "due_on": None if due is None else TODAY + timedelta(days=due),
    }  # fmt: skip
    return Offer(**given | more)


@pytest.fixture
def listed(either_store: Store) -> Store:
    """Nine offers: three overdue, two due on one day, two closed, one waiting, one held out."""
    days: list[int | None] = [5, -3, None, 0, -9, 0, None, -1]
    with either_store.writing() as session:
        session.add_all([offer(f"A{number}", due) for number, due in enumerate(days)])
        session.add(offer("A8", 30, state="offered"))
        session.add(offer("A9", 1, arm="holdout", state=None))
    return either_store


def agents(offers: list[Offer]) -> list[str]:
    return [one.agent_id for one in offers]


ORDER = ["A4", "A1", "A7", "A3", "A5", "A0", "A8", "A2", "A6"]


def walked(store: Store, limit: int) -> list[Page]:
    pages = [page_of(store, limit, TODAY)]
    while (after := pages[-1].next) is not None:
        pages.append(page_of(store, limit, TODAY, after=after))
    return pages


def test_what_is_overdue_is_first_then_what_is_due_and_the_closed_are_last(listed: Store) -> None:
    assert agents(offers_of(listed)) == ORDER
    assert [overdue(one, TODAY) for one in offers_of(listed)] == [True] * 3 + [False] * 6


@pytest.mark.parametrize("limit", [1, 2, 4, 8, 9, 10])
def test_pages_hold_the_whole_list_once_there_and_back(limit: int, listed: Store) -> None:
    pages = walked(listed, limit)
    assert [name for page in pages for name in agents(page.offers)] == ORDER
    assert {(page.total, page.overdue) for page in pages} == {(9, 3)}
    assert [page.before for page in pages] == [*range(0, 9, limit)]
    assert pages[0].previous is None
    for page, following in pairwise(pages):
        assert following.previous is not None
        back = page_of(listed, limit, TODAY, before=following.previous)
        assert (agents(back.offers), back.before) == (agents(page.offers), page.before)


def test_an_offer_that_is_closed_meanwhile_moves_no_other_over_the_edge(listed: Store) -> None:
    first = page_of(listed, 3, TODAY, still_open=True)
    with listed.writing() as session:
        gone = session.get_one(Offer, first.offers[2].number)
        gone.state, gone.due_on = "declined", None
    assert agents(page_of(listed, 3, TODAY, after=first.next, still_open=True).offers) == ["A3", "A5", "A0"]


def test_filters_hold_for_pages_and_their_counts(listed: Store) -> None:
    late = page_of(listed, 2, TODAY, overdue_on=TODAY)
    assert (agents(late.offers), late.total, late.overdue) == (["A4", "A1"], 3, 3)
    nothing = page_of(listed, 2, TODAY, teams=())
    assert (nothing.offers, nothing.total, nothing.next, nothing.previous) == ([], 0, None, None)


def test_who_refused_since_and_who_does_not_share_is_left_out_by_the_database(listed: Store) -> None:
    for number in (0, 8):
        record(listed, f"A{number}", "outreach", False, NOW)
    assert agents(offers_of(listed)) == [name for name in ORDER if name != "A8"]  # a yes of before stands
    assert offers_of(listed, of_managers=True) == []
    for granted in (True, False, True):
        record(listed, "A3", "share_with_manager", granted, NOW)
    record(listed, "A5", "share_with_manager", True, NOW)
    record(listed, "A5", "share_with_manager", False, NOW)
    with listed.writing() as session:
        session.add(offer("A3", 2, offered_by=WELLBEING))
    assert agents(offers_of(listed, of_managers=True)) == ["A3"]


@pytest.mark.parametrize("place", ["x", "12", "2026-13-01.4", "2026-03-01.", "closed.x", ".4"])
def test_what_is_no_place_is_refused(place: str, listed: Store) -> None:
    with pytest.raises(InputError, match=r"after: .* is no place of an offer"):
        page_of(listed, 2, TODAY, after=place)


def test_a_page_begins_after_or_ends_before(listed: Store) -> None:
    with pytest.raises(InputError, match="name either after or before"):
        page_of(listed, 2, TODAY, after="closed.1", before="closed.1")
