"""Which actions fit: the organization's first, an individual one never alone, and whom and queue respected."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from features.catalog import CATALOG
from serving.outreach.actions import DOMINANT, Catalog, catalog
from serving.outreach.choose import Situation, choose, dominant, strengths

SIGNALS = sorted({entry.basis or entry.name for entry in CATALOG})
LEVELS = ["organizational", "team", "individual"]
situations = st.builds(
    Situation,
    contributions=st.dictionaries(st.sampled_from(SIGNALS), st.floats(-3, 3), max_size=len(SIGNALS)),
    queue=st.sampled_from(["billing", "technical", "orders", "retention", "", "Q-7"]),
    new_hire=st.booleans(),
    remote=st.booleans(),
)


def ids(contributions: dict[str, float], **more: Any) -> list[str]:
    return [one.action.id for one in choose(catalog(), Situation(contributions, **more))]


@settings(deadline=None)
@given(situations)
def test_something_always_fits_and_an_individual_action_is_never_alone_or_first(situation: Situation) -> None:
    levels = [one.action.level for one in choose(catalog(), situation)]
    assert levels
    assert levels[0] != "individual"
    assert levels == sorted(levels, key=LEVELS.index)


@settings(deadline=None)
@given(situations)
def test_within_a_level_the_strongest_comes_first(situation: Situation) -> None:
    found = choose(catalog(), situation)
    for level in LEVELS:
        own = [one.strength for one in found if one.action.level == level]
        assert own == sorted(own, reverse=True)


def test_an_individual_action_that_alone_answers_a_driver_comes_after_the_one_for_always() -> None:
    given_catalog = catalog().model_dump(mode="json")
    for one in given_catalog["actions"]:
        one["drivers"] = [name for name in one["drivers"] if name != "absences" or one["level"] == "individual"]
    found = choose(Catalog.model_validate(given_catalog), Situation({"unplanned_spells": 0.5}))
    assert [one.action.id for one in found] == ["check-in", "recovery-day"]


@settings(deadline=None)
@given(situations)
def test_where_workload_or_schedule_dominates_the_organization_acts_first(situation: Situation) -> None:
    if dominant(catalog(), situation):
        assert choose(catalog(), situation)[0].action.level == "organizational"


@settings(deadline=None)
@given(situations)
def test_the_dominant_family_is_the_one_with_the_largest_sum(situation: Situation) -> None:
    sums: dict[str, float] = {}
    for name in SIGNALS:
        family = next(entry.family for entry in CATALOG if name in (entry.name, entry.basis))
        sums[family] = sums.get(family, 0.0) + situation.contributions.get(name, 0.0)
    found = dominant(catalog(), situation)
    if found:
        assert found in DOMINANT
        assert sums[found] == pytest.approx(max(sums.values()))
    elif any(value > 1e-9 for value in sums.values()):
        others = [value for family, value in sums.items() if family not in DOMINANT]
        assert max(others) == pytest.approx(max(sums.values()))


@settings(deadline=None)
@given(situations)
def test_whom_and_queue_are_respected_and_counseling_is_never_chosen_for_anyone(situation: Situation) -> None:
    found = {one.action.id: one.action for one in choose(catalog(), situation)}
    assert "counseling" not in found
    assert situation.new_hire or "mentor" not in found
    assert situation.remote or "remote-contact" not in found
    assert situation.queue == "technical" or "technical-training" not in found


@settings(deadline=None)
@given(situations)
def test_the_order_of_contributions_changes_nothing(situation: Situation) -> None:
    turned = dict(reversed(list(situation.contributions.items())))
    other = Situation(turned, situation.queue, situation.new_hire, situation.remote)
    assert choose(catalog(), other) == choose(catalog(), situation)


@settings(deadline=None)
@given(situations)
def test_every_suggestion_answers_something_that_raised_the_score_or_is_the_one_for_always(
    situation: Situation,
) -> None:
    raised = strengths(catalog(), situation)
    for one in choose(catalog(), situation):
        assert all(raised[name] > 0 for name in one.drivers)
        assert one.drivers or one.action.always
        assert one.strength == pytest.approx(sum(raised[name] for name in one.drivers))


EXAMPLES: list[tuple[dict[str, float], dict[str, Any], str]] = [
    ({"occupancy_excess": 0.6}, {}, "rebalance-load"),
    ({"quick_returns": 0.4, "start_sd": 0.1}, {}, "stable-schedule"),
    ({"missed_break_rate": 0.4}, {}, "protected-breaks"),
    ({"abuse_per_100": 0.5}, {}, "rotate-hard-queues"),
    ({"abuse_per_100": 0.5, "escalation_rate": 0.5}, {"queue": "billing"}, "refund-procedures"),
    ({"one_to_one_gap": 0.5}, {}, "check-in"),
    ({"log_aht_z": 0.5}, {"queue": "Technical"}, "rebalance-load"),
    ({"new_hire": 0.5}, {"new_hire": True}, "mentor"),
    ({"remote_share": 0.5}, {"remote": True}, "peer-stories"),
    ({}, {}, "check-in"),
    ({"overtime": -0.5}, {}, "check-in"),
]


@pytest.mark.parametrize(("contributions", "more", "first"), EXAMPLES)
def test_the_first_suggestion_answers_the_driver(
    contributions: dict[str, float], more: dict[str, Any], first: str
) -> None:
    assert ids(contributions, **more)[0] == first


def test_signals_of_one_driver_that_offset_each_other_count_for_what_is_left() -> None:
    assert ids({"contacts_per_hour": 0.5, "occupancy": -0.6}) == ["check-in"]


def test_training_is_suggested_on_the_queue_that_brings_such_contacts_and_nowhere_else() -> None:
    assert "technical-training" in ids({"log_aht_z": 0.5}, queue="Technical")
    assert "technical-training" not in ids({"log_aht_z": 0.5}, queue="orders")


def test_a_signal_of_a_table_of_ones_own_is_nobodys_driver() -> None:
    assert ids({"salary": 5.0}) == ["check-in"]
