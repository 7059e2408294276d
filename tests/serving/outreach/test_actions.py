"""The catalog of actions: what ships is whole, and what is not is refused with its place."""

from collections.abc import Callable
from typing import Any

import pytest
from pydantic import ValidationError

from features.catalog import CATALOG
from serving.outreach.actions import DOMINANT, Action, Catalog, catalog, first_error

# domain reference, section 6: what its table names must be there, with its grade
EVIDENCE = {
    "rebalance-load": "B", "stable-schedule": "B", "flexible-hours": "B", "protected-breaks": "B",
    "rotate-hard-queues": "C", "debrief": "C", "peer-stories": "A", "check-in": "B", "mindfulness": "A",
    "recognition": "C", "technical-training": "D", "mentor": "D", "counseling": "D",
}  # fmt: skip


def raw() -> dict[str, Any]:
    return catalog().model_dump(mode="json")


def changed(number: int, **more: Any) -> dict[str, Any]:
    given = raw()
    given["actions"][number] |= more
    return given


def refusal(given: dict[str, Any]) -> str:
    with pytest.raises(ValidationError) as error:
        Catalog.model_validate(given)
    return first_error(error.value)


def test_what_the_domain_asks_for_is_there_with_its_evidence() -> None:
    found = {one.id: one.evidence.grade for one in catalog().actions}
    assert EVIDENCE.items() <= found.items()


def test_every_grade_above_practice_names_a_source() -> None:
    for one in catalog().actions:
        assert (one.evidence.source == "practice") == (one.evidence.grade == "D"), one.id


def test_every_signal_of_the_features_is_in_exactly_one_driver() -> None:
    named = [signal for driver in catalog().drivers.values() for signal in driver.signals]
    assert sorted(named) == sorted({entry.basis or entry.name for entry in CATALOG})


def test_every_driver_of_the_work_is_answered_by_the_organization() -> None:
    for name, driver in catalog().drivers.items():
        levels = {one.level for one in catalog().actions if name in one.drivers and one.for_anyone}
        if driver.family in DOMINANT:
            assert "organizational" in levels, name
        assert levels - {"individual"} or name in ("first-months", "working-remotely"), name


def test_the_contact_reasons_of_the_founding_documents_have_an_action() -> None:
    reasons = " ".join(reason for one in catalog().actions for reason in one.contact_reasons)
    for word in ("technical issue", "refund", "long-standing complaint", "product question"):
        assert word in reasons


def drop_a_signal(given: dict[str, Any]) -> None:
    given["drivers"]["long-hours"]["signals"] = ["acw_share"]


def rename_a_driver(given: dict[str, Any]) -> None:
    given["actions"][0]["drivers"] = ["luck"]


def double_an_action(given: dict[str, Any]) -> None:
    given["actions"].append(given["actions"][0])


def never_always(given: dict[str, Any]) -> None:
    for one in given["actions"]:
        one["always"] = False


def nobody_rebalances(given: dict[str, Any]) -> None:
    given["actions"] = [one for one in given["actions"] if one["id"] != "rebalance-load"]


def wrong_family(given: dict[str, Any]) -> None:
    given["drivers"]["long-hours"]["family"] = "schedule"


WRONG: list[tuple[Callable[[dict[str, Any]], None], str]] = [
    (drop_a_signal, "drivers: acw_share, overtime: every signal of the catalog is in exactly one driver"),
    (rename_a_driver, "actions.rebalance-load: no driver 'luck'; those are volume"),
    (double_an_action, "actions: rebalance-load is there twice"),
    (never_always, "actions: none is 'always' suggested"),
    (nobody_rebalances, "none that is organizational and for everyone answers the driver volume"),
    (wrong_family, "drivers.long-hours: overtime is not of the family schedule"),
]


@pytest.mark.parametrize(("spoil", "sentence"), WRONG, ids=[spoil.__name__ for spoil, _ in WRONG])
def test_a_catalog_that_is_not_whole_is_refused(spoil: Callable[[dict[str, Any]], None], sentence: str) -> None:
    given = raw()
    spoil(given)
    assert sentence in refusal(given)


@pytest.mark.parametrize(
    "more",
    [{"colour": "red"}, {"level": "cosmic"}, {"whom": "women"}, {"id": "No Spaces"}, {"start_within_days": 0},
     {"words": "You were fl" + "agged."}, {"words": "Your score is high."}, {"cost": ""}],
)  # fmt: skip
def test_a_key_a_value_or_a_word_that_is_not_known_is_refused(more: dict[str, Any]) -> None:
    assert refusal(changed(0, **more)).startswith("actions.0")


def test_an_action_cannot_be_changed() -> None:
    with pytest.raises(ValidationError, match="frozen"):
        catalog().actions[0].name = "else"  # type: ignore[misc]


def test_an_action_that_agents_begin_themselves_is_not_for_anyone_to_be_offered() -> None:
    counseling = catalog().action("counseling")
    assert isinstance(counseling, Action)
    assert not counseling.for_anyone
    assert catalog().action("luck") is None
