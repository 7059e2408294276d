"""`respite score`, `report`, `serve` and `access`: answers, refusals in one sentence, JSON for machines."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from sqlalchemy import text

import serving
from features import Home
from serving import Store
from serving.audit import Event, append

ROOT = Path(serving.__file__).parents[1]
Command = Callable[..., Any]


def refusal(answer: Any) -> str:
    """The one sentence of a refusal."""
    assert answer.code == 2
    (line,) = [line for line in answer.err.splitlines() if line.startswith("respite: ")]
    assert "Traceback" not in answer.err
    return str(line.removeprefix("respite: "))


REFUSED = [
    (("score",), "There is no feature frame yet; run `respite features"),
    (("score", "--as-of", "soon"), "--as-of soon: not a date; write it as 2026-03-02."),
    (("report",), "Name either --team, --agent, --organization or --program."),
    (("report", "--team", "T01"), "Nothing was scored yet; run `respite score` first."),
    (("access", "grant", "a b", "--role", "hr"), "access grant 'a b': a name has 1 to 80 letters"),
    (("access", "grant", "hr", "--role", "hr", "--days", "999"), "--days 999: a token is valid for 1 to 365 days."),
    (("access", "grant", "hr", "--role", "hr", "--manager-id", "M07"), "role hr: a manager may have a manager id"),
    (("access", "revoke", "hr"), "access revoke hr: there is no token of that name"),
    (("demo", "--agents", "3"), "--agents 3: a centre has at least 10 agents."),
]


@pytest.mark.parametrize(("words", "sentence"), REFUSED, ids=[" ".join(words) for words, _ in REFUSED])
def test_a_bad_argument_is_refused_in_one_sentence(words: tuple[str, ...], sentence: str, command: Command) -> None:
    answer = command(*words, "--json")
    assert refusal(answer).startswith(sentence)
    assert answer.out == ""


@pytest.mark.parametrize("port", [0, -1, 65_536])
def test_a_port_that_does_not_exist_is_refused(port: int, command: Command) -> None:
    assert refusal(command("serve", "--port", port)) == f"--port {port}: a port is 1 to 65535."


def test_a_configuration_that_says_what_it_may_not_of_sites_serves_nothing(command: Command, home: Home) -> None:
    home.root.mkdir(exist_ok=True)
    (home.root / "respite.yaml").write_text("outreach: {sites: {S1: {help: [{name: x}]}}}", encoding="utf-8")
    said = refusal(command("serve", "--home", home.root))
    assert said == "configuration: outreach.sites.S1.help.0.name: String should have at least 3 characters."


def test_a_token_is_granted_listed_and_revoked(command: Command) -> None:
    granted = json.loads(command("access", "grant", "hr", "--role", "hr", "--days", 7, "--json").out)
    assert (granted["name"], granted["days"]) == ("hr", 7)
    assert granted["token"].startswith("respite_")
    (listed,) = json.loads(command("access", "list", "--json").out)
    assert (listed["name"], listed["revoked"]) == ("hr", False)
    assert granted["token"] not in json.dumps(listed)
    assert json.loads(command("access", "revoke", "hr", "--json").out) == {"revoked": "hr"}
    assert json.loads(command("access", "list", "--json").out)[0]["revoked"]
    assert "revoked" in command("access", "list").out


def test_a_manager_s_token_is_bound_to_teams_and_to_their_own_id(command: Command) -> None:
    command("access", "grant", "lead", "--role", "manager", "--team", "T01", "--manager-id", "M07")
    (listed,) = json.loads(command("access", "list", "--json").out)
    assert (listed["teams"], listed["manager_id"]) == (["T01"], "M07")
    assert "M07, T01" in command("access", "list").out


def test_the_log_is_verified_and_a_change_ends_with_2(command: Command, home: Home) -> None:
    store = Store(home)
    for number in range(3):
        append(store, Event("hr", f"look {number}", 200), datetime(2026, 1, 5, tzinfo=UTC))
    assert json.loads(command("audit", "verify", "--json").out) == {"entries": 3, "whole": True}
    assert command("audit", "verify").out == "3 entries, none changed, removed or moved.\n"
    with store.writing() as session:
        session.execute(text("UPDATE audit SET who = 'nobody' WHERE number = 2"))
    store.close()
    assert refusal(command("audit", "verify")) == "audit, entry 2: changed, or not the one that followed 1."


def test_a_token_is_shown_once_to_people_too(command: Command) -> None:
    answer = command("access", "grant", "hr", "--role", "hr")
    assert "Shown once; valid for 30 days." in answer.out
    assert "respite_" in answer.out
    assert "respite_" not in command("access", "list").out


def test_score_answers_with_counts_and_bands(
    command: Command, road: Home, newest: pd.DataFrame, last_day: date
) -> None:
    answer = command("score", "--home", road.root, "--json")
    said = json.loads(answer.out)
    assert (answer.code, answer.err, said["as_of"]) == (0, "", str(last_day))
    assert set(said["outcomes"]) == {"burnout", "turnover"}
    assert all(counted["scored"] + counted["abstained"] == len(newest) for counted in said["outcomes"].values())
    assert "burnout" in command("score", "--home", road.root).out


def test_report_writes_a_page_and_says_where(command: Command, road: Home, newest: pd.DataFrame) -> None:
    team = newest["team_id"].value_counts().index[0]
    said = json.loads(command("report", "--team", team, "--home", road.root, "--json").out)
    assert Path(said["path"]).is_relative_to(road.reports)
    assert Path(said["path"]).exists()


def test_report_of_a_stranger_is_refused(command: Command, road: Home) -> None:
    assert refusal(command("report", "--team", "T999", "--home", road.root)).startswith("--team T999: no such team on")


def python_m_respite(*words: str, home: Home) -> "subprocess.CompletedProcess[str]":
    environ = {**os.environ, "RESPITE_HOME": str(home.root)}
    return subprocess.run(
        [sys.executable, "-m", "respite", *words], cwd=ROOT, env=environ, capture_output=True, text=True, check=False
    )


def test_python_m_respite_ends_with_2_and_one_line(home: Home) -> None:
    answer = python_m_respite("report", "--team", "T01", home=home)
    assert answer.returncode == 2
    assert answer.stderr == "respite: Nothing was scored yet; run `respite score` first.\n"
    assert answer.stdout == ""
