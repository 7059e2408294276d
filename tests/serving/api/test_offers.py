"""Offers over the API: the plan, the files, and that a write and its entry in the log are both there or neither."""

import csv
import io
from datetime import UTC, date, datetime
from typing import Any

import pytest

from serving import Store, audit
from serving.consent import record
from serving.outreach.offers import find, turns_of

pytestmark = pytest.mark.service


def recorded(api: Any, number: int, role: str = "hr", **body: Any) -> Any:
    return api.ask("PUT", f"/v1/offers/{number}/state", role, json=body)


def test_a_plan_is_tried_then_kept_and_tells_nobody_who_is_held_out(api: Any, last_day: date) -> None:
    asked = {"week": str(last_day), "capacity": 2}
    tried = api.ask("POST", "/v1/offers/plan", json=asked).json()
    kept = api.ask("POST", "/v1/offers/plan", json=asked | {"dry_run": False}).json()
    agents = [one["agent_id"] for one in kept["offers"]]
    assert agents == [one["agent_id"] for one in tried["offers"]]
    assert agents
    assert {one["number"] for one in tried["offers"]} == {None}
    store = Store(api.home)
    held = {one.agent_id for one in turns_of(store) if one.arm == "holdout" and one.program == "care"}
    store.close()
    assert not held & set(agents)
    told = {*kept, *kept["offers"][0]}
    assert not {"holdout", "arm", "held_out", "seed", "probability", "rank"} & told
    assert api.ask("POST", "/v1/offers/plan", json=asked).json()["offers"] == []


def test_share_and_seed_of_the_lot_are_in_no_request(api: Any, last_day: date) -> None:
    for name in ("holdout", "seed", "least_band"):
        answer = api.ask("POST", "/v1/offers/plan", json={"week": str(last_day), name: 0})
        assert answer.status_code == 400
        assert name in answer.json()["detail"]


def test_an_offer_comes_with_its_guide_and_without_a_score(api: Any) -> None:
    found = api.ask("GET", f"/v1/offers/{api.offer('own', 'M-1')}", "manager")
    assert found.status_code == 200
    assert found.json()["guide"]["action"]["id"] == "check-in"
    assert found.json()["follows"] == ["accepted", "declined"]
    assert "probability" not in found.text
    assert "band" not in found.json()["offer"]


def test_files_hold_the_offers_of_the_list_and_name_nobody_in_a_calendar(api: Any) -> None:
    api.offer("own", "M-1")
    listed = api.ask("GET", "/v1/offers?limit=1000").json()["offers"]
    sheet = api.ask("GET", "/v1/offers.csv")
    assert sheet.headers["content-type"].startswith("text/csv")
    assert [int(row["offer"]) for row in csv.DictReader(io.StringIO(sheet.text))] == [one["number"] for one in listed]
    calendar = api.ask("GET", "/v1/offers.ics")
    assert calendar.headers["content-type"].startswith("text/calendar")
    assert calendar.text.startswith("BEGIN:VCALENDAR")
    assert api.cast.own not in calendar.text


def test_a_record_is_not_kept_without_its_entry_in_the_log(api: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    number, store = api.offer("own"), Store(api.home)
    monkeypatch.setattr(audit, "_hash", lambda *_: 1 / 0)
    assert recorded(api, number, state="accepted").status_code in (500, 503)
    assert find(store, number).state == "offered"
    monkeypatch.undo()
    assert recorded(api, number, state="accepted").status_code == 200
    assert find(store, number).state == "accepted"
    entry = api.log()[-1]
    assert entry.what == "PUT /v1/offers/{number}/state"
    assert entry.whom.startswith(f"offer {number}: accepted P-")
    store.close()


@pytest.mark.parametrize(
    ("role", "body", "status", "said"),
    [
        ("hr", {"state": "done"}, 400, "what may follow is accepted or declined"),
        ("hr", {"state": "accepted", "no_more": True}, 400, "goes with declined"),
        ("hr", {"state": "accepted", "note": "a note"}, 400, "belongs to an outcome"),
        ("agent", {"state": "outcome", "said": "helped"}, 403, "an agent says accepted or declined"),
        ("hr", {"state": "flown"}, 400, "state"),
    ],
)
def test_what_does_not_follow_is_refused_in_one_sentence(
    role: str, body: dict[str, Any], status: int, said: str, api: Any
) -> None:
    answer = recorded(api, api.offer("own"), role, **body)
    assert answer.status_code == status
    assert said in answer.json()["detail"]


def test_another_s_offer_and_a_holdout_look_like_none(api: Any) -> None:
    unknown = api.ask("GET", "/v1/offers/999999", "manager").json()["detail"].replace("999999", "N")
    for number in (api.offer("own"), api.offer("other_agent", "M-1"), api.offer("own", arm="holdout")):
        answer = api.ask("GET", f"/v1/offers/{number}", "manager")
        assert answer.status_code == 404
        assert answer.json()["detail"].replace(str(number), "N") == unknown


def test_of_two_managers_of_a_team_each_reads_and_records_their_own_offers_alone(api: Any) -> None:
    mine, theirs = api.offer("own", "M-1"), api.offer("own", "M-2", manager_id="M-2")
    for manager, number, other in (("M-1", mine, theirs), ("M-2", theirs, mine)):
        listed = api.ask("GET", "/v1/offers?limit=1000", manager).json()["offers"]
        assert {one["offered_by"] for one in listed} == {manager}
        assert number in {one["number"] for one in listed}
        assert f"\n{other}," not in api.ask("GET", "/v1/offers.csv", manager).text
        assert api.ask("GET", f"/v1/offers/{other}", manager).status_code == 404
        assert recorded(api, other, manager, state="accepted").status_code == 404
        assert recorded(api, number, manager, state="accepted").status_code == 200
    by_team = {one["number"] for one in api.ask("GET", "/v1/offers?limit=1000", "manager").json()["offers"]}
    assert {mine, theirs} <= by_team  # who does not say which manager they are reads by team


def test_a_manager_s_offer_in_a_team_that_is_not_theirs_any_more_is_not_read(api: Any) -> None:
    gone = api.offer("own", "M-1", team_id=api.cast.teams["other_team"])
    assert api.ask("GET", f"/v1/offers/{gone}", "M-1").status_code == 404


def test_an_offer_of_the_wellbeing_partner_is_none_of_its_manager(api: Any) -> None:
    assert api.ask("GET", f"/v1/offers/{api.offer('own')}", "M-1").status_code == 404


def test_a_team_s_page_lists_the_open_offers_of_the_manager_who_reads_it(api: Any) -> None:
    api.offer("own", "M-2", manager_id="M-2", due_on=date(2031, 3, 4))
    page = f"/v1/teams/{api.cast.teams['own']}/report"
    assert "2031-03-04" in api.ask("GET", page, "M-2").text
    assert "2031-03-04" not in api.ask("GET", page, "M-1").text


def test_offers_come_in_pages_that_lead_on_and_back(api: Any) -> None:
    due = [date(2026, 3, day) for day in (5, 1, 9, 2)]
    for day in due:
        api.offer("own", "M-1", team_id="T-pages", due_on=day)
    path = "/v1/offers?team_id=T-pages&limit=3"
    first = api.ask("GET", path).json()
    second = api.ask("GET", f"{path}&after={first['next']}").json()
    assert [one["due_on"] for one in (*first["offers"], *second["offers"])] == [str(day) for day in sorted(due)]
    assert (first["total"], first["overdue"], first["earlier"], first["previous"]) == (4, 4, 0, None)
    assert (second["total"], second["earlier"], second["next"]) == (4, 3, None)
    assert api.ask("GET", f"{path}&before={second['previous']}").json() == first
    whole = api.ask("GET", "/v1/offers.csv?team_id=T-pages")
    assert [row["due_on"] for row in csv.DictReader(io.StringIO(whole.text))] == [str(day) for day in sorted(due)]


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ("after=x", "after: "), ("after=2026-13-01.4", "is no place of an offer"), ("before=closed", "before: "),
        ("after=closed.1&before=closed.1", "name either after or before"), ("limit=0", "limit: "),
        ("limit=1001", "limit: "), ("page=2", "page: "),
    ],
)  # fmt: skip
def test_a_page_that_is_none_is_refused(asked: str, said: str, api: Any) -> None:
    answer = api.ask("GET", f"/v1/offers?{asked}")
    assert answer.status_code == 400
    assert said in answer.json()["detail"]


def test_a_no_with_no_more_takes_the_agent_s_offers_off_the_lists(api: Any) -> None:
    first, second = api.offer("own"), api.offer("own")
    assert recorded(api, first, "agent", state="declined", no_more=True).status_code == 200
    numbers = [one["number"] for one in api.ask("GET", "/v1/offers", "agent").json()["offers"]]
    assert second not in numbers
    store = Store(api.home)
    record(store, api.cast.own, "outreach", True, datetime.now(UTC))
    store.close()
