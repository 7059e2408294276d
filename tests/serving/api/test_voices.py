"""Feedback over the API: an agent speaks, the wellbeing partner answers once, and no manager reads a word."""

import shutil
import zipfile
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from features import Home
from serving import Store
from serving.consent import turn
from serving.feedback import of_agent
from serving.privacy.erasure import erase
from serving.privacy.export import export

pytestmark = pytest.mark.service
SAID = "I was on a course that week."


def say(api: Any, said: str = SAID, **more: Any) -> Any:
    body = {"kind": "correction", "said": said} | more
    return api.ask("POST", f"/v1/agents/{api.cast.own}/feedback", "agent", json=body)


def test_what_an_agent_says_is_open_until_it_is_answered_once(api: Any) -> None:
    found = say(api, about="overtime").json()["feedback"]
    assert (found["state"], found["said"], found["about"], found["answer"]) == ("open", SAID, "overtime", None)
    path = f"/v1/feedback/{found['number']}/answer"
    answered = api.ask("PUT", path, json={"said": "It is corrected."}).json()["feedback"]
    assert (answered["state"], answered["answer"], answered["answered_by"]) == ("answered", "It is corrected.", "hr-1")
    own = api.ask("GET", f"/v1/agents/{api.cast.own}/feedback", "agent").json()["feedback"]
    assert answered in own
    again = api.ask("PUT", path, json={"said": "No."})
    assert again.status_code == 400
    assert "answered already, by hr-1" in again.json()["detail"]


def test_the_list_can_be_of_those_that_wait_and_the_oldest_come_first(api: Any) -> None:
    number = say(api).json()["feedback"]["number"]
    found = api.ask("GET", "/v1/feedback?state=open&limit=1000").json()["feedback"]
    assert number == found[-1]["number"]
    assert {one["state"] for one in found} == {"open"}
    assert [one["number"] for one in found] == sorted(one["number"] for one in found)


@pytest.mark.parametrize("path", ["/v1/feedback", "/v1/agents/{own}/feedback"])
@pytest.mark.parametrize("role", ["manager", "data_scientist", "auditor", "service"])
def test_nobody_else_reads_it(role: str, path: str, api: Any) -> None:
    assert api.ask("GET", path.format(own=api.cast.own), role).status_code == 403


def test_it_goes_on_while_respite_is_stopped(api: Any) -> None:
    store = Store(api.home)
    turn(store, True, "a wrong model", "the works council", datetime.now(UTC))
    try:
        assert say(api).status_code == 200
        assert api.ask("GET", "/v1/offers").status_code == 503
    finally:
        turn(store, False, "found", "the works council", datetime.now(UTC))
        store.close()


@pytest.mark.parametrize("said", ["", "   ", "x" * 1_001, "\x00", "a\x07b"])
def test_words_that_are_none_are_refused(said: str, api: Any) -> None:
    answer = say(api, said)
    assert answer.status_code == 400
    assert answer.json()["detail"].startswith("said: ")


def test_what_is_said_is_not_in_the_log(api: Any) -> None:
    say(api, "a very private word")
    entry = api.log()[-1]
    assert entry.what == "POST /v1/agents/{agent_id}/feedback"
    assert entry.whom.startswith("feedback: correction P-")
    assert "private" not in f"{entry.who} {entry.what} {entry.whom}"


def test_what_an_agent_said_is_exported_and_erased_with_them(api: Any, tmp_path: Path) -> None:
    say(api)
    copy = Home(Path(shutil.copytree(api.home.root, tmp_path / "home")))
    assert export(copy, api.cast.own, tmp_path / "own.zip", "2026-11-23")["store/feedback"] > 0
    with zipfile.ZipFile(tmp_path / "own.zip") as found:
        assert SAID.encode() in found.read("store/feedback.csv")
    erase(copy, api.cast.own)
    store = Store(copy)
    assert of_agent(store, api.cast.own) == []
    store.close()
