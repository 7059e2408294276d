"""Calendar entries: RFC 5545 to the letter, the same for the same offers, and nothing in them about anyone."""

import re
from datetime import UTC, date, datetime

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from serving import Store
from serving.outreach.ics import SUMMARY, calendar, escaped, folded
from serving.outreach.listing import offers_of
from serving.outreach.offers import record
from serving.outreach.tables import Offer

NOW = datetime(2026, 1, 7, 12, tzinfo=UTC)


def unfolded(text: str) -> list[str]:
    """What a reader does first (RFC 5545, 3.1)."""
    assert text.endswith("\r\n")
    return text.replace("\r\n ", "").split("\r\n")[:-1]


def unescaped(text: str) -> str:
    return re.sub(r"\\(.)", lambda found: "\n" if found[1] in "nN" else found[1], text)


def entries(text: str) -> list[dict[str, str]]:
    found: list[dict[str, str]] = []
    for line in unfolded(text):
        name, value = line.split(":", 1)
        if line == "BEGIN:VEVENT":
            found.append({})
        elif found:
            found[-1][name.split(";")[0]] = value
    return found


@settings(deadline=None)
@given(st.text().map(lambda text: text * 40))
@example("x" * 400)
@example("\N{GRINNING FACE}" * 100)
def test_a_folded_line_has_at_most_75_octets_a_piece_and_reads_as_before(text: str) -> None:
    line = text.replace("\r", "").replace("\n", "")
    whole = folded(line)
    assert all(len(piece.encode()) <= 75 for piece in whole.split("\r\n"))
    assert whole.replace("\r\n ", "") == line


@settings(deadline=None)
@given(st.text())
def test_an_escaped_text_has_no_line_break_and_reads_as_before(text: str) -> None:
    safe = escaped(text)
    assert not set("\r\n") & set(safe)
    assert not re.search(r"(?<!\\)(\\\\)*[;,]", safe)
    assert unescaped(safe) == text.replace("\r\n", "\n").replace("\r", "\n")


def test_an_open_offer_is_an_entry_on_the_day_its_next_step_is_due(store: Store, offered: list[Offer]) -> None:
    record(store, offered[0].number, "accepted", NOW, "hr", start_within=lambda _: 14)
    record(store, offered[1].number, "declined", NOW, "hr", start_within=lambda _: 14)
    (entry,) = entries(calendar(offers_of(store)))
    assert (entry["DTSTART"], entry["DTEND"]) == ("20260121", "20260122")
    assert (entry["DTSTAMP"], entry["SEQUENCE"]) == ("20260107T120000Z", "1")
    assert entry["SUMMARY"] == SUMMARY
    assert entry["UID"] == f"{offered[0].uid}@respite"


def test_an_entry_moves_under_the_same_uid_and_a_higher_sequence(store: Store, offered: list[Offer]) -> None:
    before = entries(calendar(offers_of(store)))[0]
    number = offered[0].number
    for state, sequence in (("accepted", 1), ("done", 2)):
        record(store, number, state, NOW, "hr", start_within=lambda _: 14)
        (after,) = [one for one in entries(calendar(offers_of(store))) if one["UID"] == before["UID"]]
        assert int(after["SEQUENCE"]) == sequence
        assert after["DTSTART"] > before["DTSTART"]


def test_an_entry_tells_nothing_about_anyone(store: Store, offered: list[Offer]) -> None:
    text = " ".join(unfolded(calendar(offers_of(store))))
    told = re.sub(r"UID:\w+", "", text)
    for secret in ("A1", "A2", "T1", "M1", "S1", "check-in", "recognition", "care", "score", "risk", "burnout", "high"):
        assert secret not in told.split("PRODID")[1].replace("care of", ""), secret
    assert all(entry["CLASS"] == "PRIVATE" for entry in entries(calendar(offers_of(store))))


def test_the_same_offers_give_the_same_calendar_and_none_an_empty_one(store: Store, offered: list[Offer]) -> None:
    assert calendar(offers_of(store)) == calendar(offers_of(store))
    assert unfolded(calendar([]))[0] == "BEGIN:VCALENDAR"
    assert entries(calendar([])) == []


@pytest.mark.parametrize("needed", ["UID", "DTSTAMP", "DTSTART"])
def test_what_the_standard_demands_is_in_every_entry(needed: str, store: Store, offered: list[Offer]) -> None:
    assert all(needed in entry for entry in entries(calendar(offers_of(store))))
    assert date(2026, 1, 11).strftime("%Y%m%d") in calendar(offers_of(store))
