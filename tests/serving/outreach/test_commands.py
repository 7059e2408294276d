"""`respite outreach`: from a plan to an outcome, exports, refusals in one sentence, JSON for machines."""

import json
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from features import Home
from features.raw import rows

Command = Callable[..., Any]


@pytest.fixture
def planned(own_road: Home, last_day: date, command: Command) -> tuple[Home, list[dict[str, Any]]]:
    """A copy of the road's home with a week's plan."""
    said = json.loads(command(*words(own_road, last_day), "--json").out)
    return own_road, said["offers"]


def words(home: Home, day: date, **more: object) -> list[object]:
    options = {"home": home.root, "week": day, "least-band": "usual", "capacity": 3, "holdout": 0.3} | more
    return ["outreach", "plan", *(word for name, value in options.items() for word in (f"--{name}", value))]


def refusal(answer: Any) -> str:
    assert answer.code == 2
    assert "Traceback" not in answer.err
    (line,) = [line for line in answer.err.splitlines() if line.startswith("respite: ")]
    return str(line.removeprefix("respite: "))


def test_a_plan_is_shown_dry_then_made_once_and_training_sees_it(
    own_road: Home, last_day: date, command: Command
) -> None:
    dry = json.loads(command(*words(own_road, last_day), "--dry-run", "--json").out)
    before = len(rows(own_road, "outreach"))
    made = json.loads(command(*words(own_road, last_day), "--json").out)
    again = json.loads(command(*words(own_road, last_day), "--json").out)
    assert [one["agent_id"] for one in made["offers"]] == [one["agent_id"] for one in dry["offers"]]
    assert (dry["dry_run"], made["dry_run"], made["held_out"]) == (True, False, dry["held_out"])
    assert made["offers"]
    assert (again["offers"], again["held_out"]) == ([], 0)
    assert made["rules"]["week"] == str(last_day - timedelta(days=last_day.weekday()))
    assert len(rows(own_road, "outreach")) == before + len(made["offers"]) + made["held_out"]


def test_the_plan_says_whose_turn_comes_first_and_refuses_a_benefit_that_nobody_showed(
    own_road: Home, last_day: date, command: Command
) -> None:
    said = json.loads(command(*words(own_road, last_day), "--dry-run", "--json").out)
    assert said["ranked_by"] == "risk"
    assert "run `respite uplift --outcome burnout_score`" in said["why"]
    asked = words(own_road, last_day, rank="benefit")
    assert refusal(command(*asked)).startswith("Nobody studied who benefits")
    assert refusal(command(*words(own_road, last_day, rank="luck"))) == (
        "--rank luck: name one of risk, benefit, auto."
    )


def test_another_seed_draws_another_lot(own_road: Home, last_day: date, command: Command) -> None:
    lots = {
        tuple(one["agent_id"] for one in json.loads(
            command(*words(own_road, last_day, seed=seed, capacity=9, holdout=0.5), "--dry-run", "--json").out
        )["offers"])
        for seed in (1, 2, 1)
    }  # fmt: skip
    assert len(lots) == 2


def test_an_offer_goes_from_yes_to_what_came_of_it(planned: tuple[Home, list[dict[str, Any]]], last_day: date,
                                                   command: Command) -> None:  # fmt: skip
    home, offers = planned
    number, day = offers[0]["number"], last_day + timedelta(days=3)
    base = ("outreach", "record", "--offer", number, "--home", home.root, "--json", "--state")
    assert refusal(command(*base, "done")).startswith(f"offer {number} is offered, not to be made 'done': what may")
    assert json.loads(command(*base, "accepted", "--on", day).out)["state"] == "accepted"
    assert json.loads(command(*base, "done", "--on", day).out)["state"] == "done"
    assert refusal(command(*base, "outcome", "--on", day)).startswith(f"offer {number}: None as what was said")
    said = json.loads(command(*base, "outcome", "--on", day, "--said", "helped", "--note", "quieter Fridays").out)
    assert (said["state"], said["outcome"]) == ("outcome", "helped")
    table = rows(home, "outreach")
    answered = table[(table["agent_id"] == offers[0]["agent_id"]) & (table["action"] == offers[0]["action"])]
    assert list(answered["response"]) == ["accepted"]
    listed = command("outreach", "list", "--home", home.root, "--json").out
    assert "quieter Fridays" not in listed


def test_a_no_for_good_keeps_an_agent_out_of_the_next_plans(planned: tuple[Home, list[dict[str, Any]]], last_day: date,
                                                            command: Command) -> None:  # fmt: skip
    home, offers = planned
    one = offers[0]
    base = ("outreach", "record", "--offer", one["number"], "--home", home.root)
    assert refusal(command(*base, "--state", "accepted", "--no-more")).startswith(
        "--no-more: goes with --state declined"
    )
    assert "declined" in command(*base, "--state", "declined", "--on", last_day, "--no-more").out
    other = words(home, last_day, program="peers", **{"cool-down-days": 7, "capacity": 99})
    later = [*other, "--week", last_day + timedelta(days=14), "--dry-run", "--json"]
    assert one["agent_id"] not in [offer["agent_id"] for offer in json.loads(command(*later).out)["offers"]]
    command("outreach", "allow", "--agent", one["agent_id"], "--home", home.root)
    again = json.loads(command(*later, "--holdout", 0).out)["offers"]
    assert one["agent_id"] in [offer["agent_id"] for offer in again]


def test_a_list_can_be_of_what_is_overdue_and_goes_into_files(planned: tuple[Home, list[dict[str, Any]]],
                                                              last_day: date, tmp_path: Path,
                                                              command: Command) -> None:  # fmt: skip
    home, offers = planned
    base = ("outreach", "list", "--home", home.root, "--today")
    assert json.loads(command(*base, last_day, "--overdue", "--json").out) == []
    sheet, calendar = tmp_path / "offers.csv", tmp_path / "offers.ics"
    late = last_day + timedelta(days=30)
    shown = json.loads(command(*base, late, "--overdue", "--csv", sheet, "--ics", calendar, "--json").out)
    assert [one["number"] for one in shown] == [one["number"] for one in offers]
    assert all(one["overdue"] for one in shown)
    assert len(sheet.read_text().splitlines()) == len(offers) + 1
    assert calendar.read_bytes().count(b"BEGIN:VEVENT\r\n") == len(offers)
    team = offers[0]["team_id"]
    mine = json.loads(command(*base, late, "--team", team, "--json").out)
    assert {one["team_id"] for one in mine} == {team}
    assert json.loads(command(*base, late, "--offered-by", "M99", "--json").out) == []
    assert f"{len(mine)} offers, {len(mine)} overdue." in command(*base, late, "--team", team).out


def test_a_guide_is_read_before_the_conversation_in_the_words_of_the_site(
    planned: tuple[Home, list[dict[str, Any]]], tmp_path: Path, command: Command
) -> None:
    home, offers = planned
    one, site = offers[0], tmp_path / "site.yaml"
    base = ("outreach", "guide", "--offer", one["number"], "--home", home.root)
    assert "This is an open offer." in command(*base).out
    shown = json.loads(command(*base, "--json").out)
    assert shown["action"]["id"] == one["action"]
    change = {"change": {one["action"]: {"words": "Wie geht es dir bei der Arbeit?"}}}
    sites = dict.fromkeys(set(rows(home, "agents")["site_id"]), change)
    site.write_text(json.dumps({"outreach": {"sites": sites}}), encoding="utf-8")
    assert "Wie geht es dir bei der Arbeit?" in command(*base, "--config", site).out


def test_notices_are_sent_and_what_waits_ends_with_1(planned: tuple[Home, list[dict[str, Any]]], last_day: date,
                                                     desk: Any, command: Command,
                                                     monkeypatch: pytest.MonkeyPatch) -> None:  # fmt: skip
    home, offers = planned
    base = ("outreach", "send", "--home", home.root, "--today", last_day, "--json")
    assert refusal(command(*base)).startswith("RESPITE_WEBHOOK_URL is not set")
    monkeypatch.setenv("RESPITE_WEBHOOK_URL", desk.url)
    monkeypatch.setenv("RESPITE_WEBHOOK_SECRET", "s" * 32)
    desk.statuses = [401]
    first = command(*base)
    said = json.loads(first.out)
    assert (first.code, said["new"], said["sent"], said["waiting"]) == (1, len(offers), len(offers) - 1, 1)
    second = command(*base)
    assert (second.code, json.loads(second.out)["sent"]) == (0, 1)
    assert len(desk.posts) == len(offers) + 1


REFUSED = [
    (("plan", "--week", "2026-01-05"), "There are no burnout scores yet; run `respite score` first."),
    (("plan", "--week", "soon"), "--week soon: not a date"),
    (("plan", "--capacity", "-1"), "--capacity -1: input should be greater than or equal to 0"),
    (("plan", "--cool-down-days", "1"), "--cool-down-days 1: input should be greater than or equal to 7"),
    (("plan", "--holdout", "0.9"), "--holdout 0.9: input should be less than or equal to 0.5"),
    (("plan", "--config", "none.yaml"), "--config none.yaml: No such file or directory."),
    (("record", "--offer", "1", "--state", "accepted"), "--offer 1: no such offer"),
    (("guide", "--offer", "1"), "--offer 1: no such offer"),
    (("refuse", "--agent", "nobody"), "--agent nobody: no such agent"),
    (("send", "--to", "http://example.org"), "RESPITE_WEBHOOK_SECRET is not set"),
]


@pytest.mark.parametrize(("given", "sentence"), REFUSED, ids=[" ".join(given) for given, _ in REFUSED])
def test_a_bad_argument_is_refused_in_one_sentence(given: tuple[str, ...], sentence: str, command: Command) -> None:
    answer = command("outreach", *given, "--json")
    assert refusal(answer).startswith(sentence)
    assert answer.out == ""


def test_publish_writes_the_table_again(planned: tuple[Home, list[dict[str, Any]]], command: Command) -> None:
    home, _ = planned
    before = rows(home, "outreach")
    (path,) = json.loads(command("outreach", "publish", "--home", home.root, "--json").out).values()
    assert Path(path).is_relative_to(home.table("outreach"))
    assert rows(home, "outreach").equals(before)
