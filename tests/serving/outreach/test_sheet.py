"""Offers as CSV: every line can be read back, and nothing in it runs."""

import csv
import io
from datetime import date, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from serving.outreach.sheet import COLUMNS, csv_of
from serving.outreach.tables import Offer


def an_offer(**more: object) -> Offer:
    given = {
        "number": 1, "week": date(2026, 1, 5), "program": "care", "team_id": "T1", "agent_id": "A1",
        "action": "check-in", "offered_by": "M1", "arm": "offer", "state": "offered", "due_on": date(2026, 1, 11),
        "offered_at": datetime.fromisoformat("2026-01-05"), "outcome": None,
    }  # fmt: skip
    return Offer(**given | more)


def read(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text, newline="")))


def test_a_line_says_what_is_to_be_done_until_when() -> None:
    (line,) = read(csv_of([an_offer()], date(2026, 1, 12)))
    assert tuple(line) == COLUMNS
    assert (line["agent"], line["action"], line["offered_by"]) == ("A1", "check-in", "M1")
    assert (line["state"], line["due_on"], line["overdue"], line["outcome"]) == ("offered", "2026-01-11", "overdue", "")


@settings(deadline=None)
@given(st.text(min_size=1).filter(lambda text: "\x00" not in text))
def test_a_name_reads_as_before_and_never_as_a_formula(name: str) -> None:
    (line,) = read(csv_of([an_offer(team_id=name)], date(2026, 1, 5)))
    assert line["team"].removeprefix("'") == name.removeprefix("'")
    assert not line["team"].startswith(("=", "+", "-", "@", "\t", "\r"))


@pytest.mark.parametrize("word", ["score", "risk", "probability", "band", "reason", "rank", "note"])
def test_no_column_tells_of_a_score(word: str) -> None:
    assert not any(word in column for column in COLUMNS)
