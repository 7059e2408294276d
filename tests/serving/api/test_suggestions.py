"""Suggestions over the API: given without a name, read when nobody can see them come, and joined to nothing."""

import secrets
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import pytest
from sqlalchemy import text

from serving import Store
from serving.audit import verify
from serving.consent import turn
from serving.feedback.tables import Suggestion
from serving.privacy.pseudonyms import pseudonym

pytestmark = pytest.mark.service
PATH, MINIMUM = "/v1/suggestions", 10
PAST = date(2026, 3, 2)


@pytest.fixture(autouse=True)
def forgotten(api: Any) -> None:
    """Nobody has suggested anything today."""
    api.forget_counts()


def suggest(api: Any, said: str = "Two short breaks.", **more: Any) -> Any:
    return api.ask("POST", PATH, "agent", json={"said": said} | more)


def add(api: Any, count: int, week: date = PAST, **origin: str) -> list[str]:
    """Suggestions of a week that is over; their words."""
    store, words = Store(api.home), [secrets.token_hex(8) for _ in range(count)]
    with store.writing() as session:
        rows = [{"key": secrets.token_hex(8), "week": week, "said": said, "shared": False} | origin for said in words]
        session.add_all(Suggestion(**row) for row in rows)
    store.close()
    return words


def read(api: Any, role: str = "hr", query: str = "") -> list[dict[str, Any]]:
    return list(api.ask("GET", f"{PATH}?limit=1000{query}", role).json()["suggestions"])


def test_the_answer_says_from_when_it_is_read_and_where_it_says_it_comes_from(api: Any) -> None:
    found = suggest(api).json()
    today = datetime.now(UTC).date()
    assert found["read_from"] == str(today - timedelta(days=today.weekday()) + timedelta(days=7))
    assert set(found) == {"read_from", "team_id", "site_id"}
    assert not (found["team_id"] and found["site_id"])


def test_no_cell_of_a_suggestion_holds_who_gave_it(api: Any) -> None:
    said = f"words {secrets.token_hex(8)}"
    assert suggest(api, said).status_code == 200
    store = Store(api.home)
    with store.writing() as session:
        name = pseudonym(session, api.cast.own, "audit")
        rows = [
            row
            for table in ("suggestions", "suggestion_counts")
            for row in session.execute(text(f"SELECT * FROM {table}"))
        ]
    store.close()
    assert any(said in row for row in rows)
    for cell in (str(cell) for row in rows for cell in row):
        assert api.cast.own not in cell
        assert name not in cell


@pytest.mark.parametrize("said", ["a very private word", "", "x" * 1_001])
def test_the_log_says_that_an_agent_used_the_form_on_a_day_and_neither_who_nor_what(said: str, api: Any) -> None:
    before = api.log()[-1].number
    answer = suggest(api, said)
    (entry,) = [one for one in api.log() if one.number > before]
    assert (entry.who, entry.what, entry.purpose) == ("somebody of role agent", f"POST {PATH}", "self")
    assert entry.whom == ("a suggestion" if answer.status_code == 200 else "")
    assert entry.status == answer.status_code
    assert entry.at == datetime.combine(datetime.now(UTC).date(), time.min)
    store = Store(api.home)
    assert verify(store) == len(api.log())
    store.close()


def test_more_than_a_day_takes_is_refused_without_a_name_too(api: Any) -> None:
    assert [suggest(api).status_code for _ in range(4)] == [200, 200, 200, 429]
    assert "3 suggestions a day" in suggest(api).json()["detail"]
    assert api.log()[-1].who == "somebody of role agent"


@pytest.mark.parametrize("body", [{}, {"said": " "}, {"said": "a\x07"}, {"said": "x", "agent_id": "A1"}])
def test_what_is_no_suggestion_is_refused(body: dict[str, str], api: Any) -> None:
    assert api.ask("POST", PATH, "agent", json=body).status_code == 400


def test_hr_reads_what_is_of_weeks_that_are_over(api: Any) -> None:
    suggest(api, "of this week")
    (words,) = add(api, 1, site_id="S1")
    found = read(api)
    assert {"week": str(PAST), "team_id": None, "site_id": "S1", "said": words} in found
    assert "of this week" not in {one["said"] for one in found}


def test_a_manager_reads_those_of_own_teams_once_there_are_enough(api: Any) -> None:
    team, other = api.cast.teams["own"], api.cast.teams["other_team"]
    assert read(api, "manager") == []
    few = add(api, MINIMUM - 1, team_id=team)
    assert read(api, "manager") == []
    add(api, MINIMUM, team_id=other)
    more = add(api, 1, PAST + timedelta(days=7), team_id=team)
    found = read(api, "manager")
    assert {one["said"] for one in found} == {*few, *more}
    assert {(one["week"], one["team_id"]) for one in found} == {(None, team)}
    add(api, MINIMUM - 1, PAST + timedelta(days=14), team_id=team)
    assert len(read(api, "manager")) == len(found)
    assert read(api, "manager", f"&team_id={team}") == found
    assert api.ask("GET", f"{PATH}?team_id={other}", "manager").status_code == 403


def test_it_goes_on_while_respite_is_stopped_and_nobody_reads(api: Any) -> None:
    store = Store(api.home)
    turn(store, True, "a wrong model", "the works council", datetime.now(UTC))
    try:
        assert suggest(api).status_code == 200
        assert api.ask("GET", PATH).status_code == 503
    finally:
        turn(store, False, "found", "the works council", datetime.now(UTC))
        store.close()
