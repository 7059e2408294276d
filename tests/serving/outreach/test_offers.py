"""Offers in the store: planned once, by whom the agent allows, and never shown where they should not be."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import text

from features import Home
from features.errors import InputError
from serving import Store
from serving.consent import StoppedError, turn
from serving.consent import record as decide
from serving.outreach.listing import WELLBEING, offers_of
from serving.outreach.offers import NOTE_LENGTH, Person, find, notes_of, plan_week, record, turns_of
from serving.outreach.plan import Rules
from serving.outreach.tables import Offer

MONDAY = date(2026, 1, 5)
NOW = datetime(2026, 1, 7, 12, tzinfo=UTC)
MakePerson = Callable[..., Person]
MakeRules = Callable[..., Rules]


def days(_: Offer) -> int:
    return 14


def agents(offers: list[Offer]) -> list[str]:
    return [one.agent_id for one in offers]


def test_a_plan_becomes_rows_with_post_action_and_due_day(
    either_store: Store, person: MakePerson, rules: MakeRules
) -> None:
    people = [person("A1", 0.9), person("A2", 0.8), person("A3", 0.7), person("B1", 0.1, manager_id="M2", team_id="T2")]
    made = plan_week(either_store, people, rules())
    assert agents(made) == agents(offers_of(either_store)) == ["A1", "A2", "B1"]
    first = find(either_store, made[0].number)
    assert (first.team_id, first.manager_id, first.site_id, first.program) == ("T1", "M1", "S1", "care")
    assert (first.action, first.also, first.arm, first.state) == ("check-in", ["recognition"], "offer", "offered")
    assert (first.week, first.offered_at, first.due_on) == (
        MONDAY,
        datetime.fromisoformat("2026-01-05"),
        date(2026, 1, 11),
    )
    assert len({one.uid for one in made}) == 3


def test_planning_twice_is_planning_once(either_store: Store, person: MakePerson, rules: MakeRules) -> None:
    people = [person(f"A{n}", n / 10) for n in range(9)]
    plan_week(either_store, people, rules(holdout=0.3))
    before = [(one.number, one.agent_id, one.arm) for one in turns_of(either_store)]
    assert plan_week(either_store, people, rules(holdout=0.3)) == []
    assert [(one.number, one.agent_id, one.arm) for one in turns_of(either_store)] == before


def test_two_who_plan_at_once_do_not_exceed_the_capacity(
    either_home: Home, person: MakePerson, rules: MakeRules
) -> None:
    people = [person(f"A{n}", n / 10) for n in range(9)]
    Store(either_home).close()

    def one(number: int) -> None:
        store = Store(either_home)
        plan_week(store, people[number:], rules())
        store.close()

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(one, range(4)))
    store = Store(either_home)
    assert len(offers_of(store)) == 2
    store.close()


def test_a_dry_run_shows_the_same_and_keeps_nothing(store: Store, person: MakePerson, rules: MakeRules) -> None:
    people = [person(f"A{n}", n / 10) for n in range(9)]
    shown = [(one.agent_id, one.arm, one.action) for one in plan_week(store, people, rules(holdout=0.3), dry_run=True)]
    assert turns_of(store) == []
    made = plan_week(store, people, rules(holdout=0.3))
    assert [(one.agent_id, one.arm, one.action) for one in made] == shown


def test_who_opted_out_or_refused_gets_no_offer_and_who_shares_gets_it_from_the_manager(
    either_store: Store, person: MakePerson, rules: MakeRules
) -> None:
    decide(either_store, "A1", "scoring", False, NOW)
    decide(either_store, "A2", "outreach", False, NOW)
    decide(either_store, "A3", "share_with_manager", True, NOW)
    made = plan_week(either_store, [person(f"A{n}", 1 - n / 10) for n in range(1, 6)], rules())
    assert [(one.agent_id, one.offered_by) for one in made] == [("A3", "M1"), ("A4", WELLBEING)]
    assert agents(offers_of(either_store, offered_by="M1")) == ["A3"]


def test_an_offer_that_nobody_answered_yet_ends_when_the_agent_opts_out(store: Store, offered: list[Offer]) -> None:
    record(store, offered[1].number, "accepted", NOW, "hr", start_within=days)
    for agent in ("A1", "A2"):
        decide(store, agent, "scoring", False, NOW)
    assert agents(offers_of(store)) == ["A2"]
    assert agents(turns_of(store)) == ["A1", "A2"]


def test_the_cool_down_holds_over_programs_and_weeks(store: Store, person: MakePerson, rules: MakeRules) -> None:
    people = [person("A1")]
    plan_week(store, people, rules())
    for weeks, program in ((0, "peers"), (1, "care"), (5, "care"), (5, "peers")):
        assert plan_week(store, people, rules(week=MONDAY + timedelta(weeks=weeks), program=program)) == []
    assert agents(plan_week(store, people, rules(week=MONDAY + timedelta(weeks=6), program="peers"))) == ["A1"]


def test_a_holdout_is_on_record_and_in_no_list(store: Store, person: MakePerson, rules: MakeRules) -> None:
    made = plan_week(store, [person(f"A{n}", n / 10) for n in range(9)], rules(capacity=9, holdout=0.5))
    held = [one for one in made if one.arm == "holdout"]
    assert held
    assert not set(agents(held)) & set(agents(offers_of(store)))
    assert set(agents(held)) < set(agents(turns_of(store)))
    for one in held:
        assert (one.state, one.offered_by, one.due_on) == (None, None, None)
        with pytest.raises(InputError, match=f"--offer {one.number}: no such offer"):
            find(store, one.number)
        with pytest.raises(InputError, match=f"--offer {one.number}: no such offer"):
            record(store, one.number, "accepted", NOW, "hr", start_within=days)


def test_a_record_goes_from_state_to_state_and_keeps_who_wrote_it(either_store: Store, person: MakePerson,
                                                                  rules: MakeRules) -> None:  # fmt: skip
    (made,) = plan_week(either_store, [person("A1")], rules())
    for state, more in (("accepted", {}), ("done", {}), ("outcome", {"said": "helped", "note": " quieter Fridays "})):
        changed = record(either_store, made.number, state, NOW, "hr", start_within=days, **more)
        assert (changed.state, changed.recorded_by) == (state, "hr")
    found = find(either_store, made.number)
    assert (found.response, found.responded_at, found.outcome) == (
        "accepted",
        datetime.fromisoformat("2026-01-07 12:00"),
        "helped",
    )
    (note,) = notes_of(either_store, made.number)
    assert (note.note, note.agent_id, note.by) == ("quieter Fridays", "A1", "hr")


def test_a_refused_step_changes_nothing(store: Store, offered: list[Offer]) -> None:
    with pytest.raises(InputError, match="what may follow is accepted or declined"):
        record(store, offered[0].number, "done", NOW, "hr", start_within=days)
    assert (find(store, offered[0].number).state, find(store, offered[0].number).recorded_by) == ("offered", None)


@pytest.mark.parametrize(
    ("state", "note"), [("accepted", "yes"), ("outcome", ""), ("outcome", " "), ("outcome", "x" * (NOTE_LENGTH + 1))]
)
def test_a_note_belongs_to_an_outcome_and_is_short(state: str, note: str, store: Store, offered: list[Offer]) -> None:
    with pytest.raises(InputError, match="--note: a note of 1 to 280 letters belongs to an outcome"):
        record(store, offered[0].number, state, NOW, "hr", start_within=days, note=note)


def test_a_list_is_of_a_team_a_program_or_what_is_overdue(store: Store, person: MakePerson, rules: MakeRules) -> None:
    people: list[Any] = [person("A1"), person("B1", manager_id="M2", team_id="T2")]
    plan_week(store, people, rules())
    plan_week(store, [person("A9")], rules(week=MONDAY + timedelta(weeks=1), program="peers"))
    assert agents(offers_of(store, team="T2")) == ["B1"]
    assert agents(offers_of(store, program="peers")) == ["A9"]
    assert agents(offers_of(store, overdue_on=date(2026, 1, 12))) == ["A1", "B1"]
    assert offers_of(store, overdue_on=MONDAY) == []
    assert agents(offers_of(store, offered_by=WELLBEING)) == ["A1", "B1", "A9"]
    assert offers_of(store, offered_by="M1") == []
    record(store, offers_of(store, team="T2")[0].number, "declined", NOW, "hr", start_within=days)
    assert agents(offers_of(store, still_open=True)) == ["A1", "A9"]
    assert agents(offers_of(store, overdue_on=date(2026, 1, 12))) == ["A1"]


def test_nothing_is_planned_while_respite_is_stopped(store: Store, person: MakePerson, rules: MakeRules) -> None:
    turn(store, True, "the works council asked", "the officer", NOW)
    with pytest.raises(StoppedError, match="the works council asked"):
        plan_week(store, [person("A1")], rules())


def test_the_number_of_an_erased_offer_never_names_another(
    store: Store, person: MakePerson, rules: MakeRules, offered: list[Offer]
) -> None:
    with store.writing() as session:
        session.execute(text("DELETE FROM offers"))
    (made,) = plan_week(store, [person("A1")], rules())
    assert made.number > max(one.number for one in offered)
