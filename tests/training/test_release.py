"""The step around the decision: who overrides is named, and what was decided stays with the version."""

import pytest
from mlflow.tracking import MlflowClient

from features import Home
from features.errors import InputError, NotReadyError
from training.release import release
from training.tracking import Run, current


def test_an_override_stays_with_the_version_beside_the_gates_that_failed(road: Home) -> None:
    tags = MlflowClient(road.tracking_uri, registry_uri=road.tracking_uri).get_model_version("burnout", "1").tags
    assert tags["decision"].startswith("Not promoted: ")
    assert (tags["override_reason"], tags["override_reviewer"]) == ("a test", "the tests")
    assert "Brier skill" in tags["gates"]


def test_what_was_decided_stands_on_the_card_of_the_version(road: Home) -> None:
    champion = current(road, "burnout")
    assert champion is not None
    page = Run.of(road, champion.run_id).read_text("card.html")
    assert page is not None
    for said in ("Not promoted: ", "Promoted all the same by the tests: a test", "a test (the tests)", "Brier skill"):
        assert said in page


@pytest.mark.parametrize(
    ("override", "reviewer"), [("because", None), ("because", ""), ("because", "  "), ("", "me"), (" ", "me")]
)
def test_an_override_needs_a_reason_and_a_name(override: str, reviewer: str | None, road: Home) -> None:
    with pytest.raises(InputError, match="--override needs a reason, and --reviewer the name"):
        release(road, "turnover", override, reviewer)
    assert current(road, "turnover").version == "1"


def test_a_challenger_that_fails_a_gate_does_not_take_over(road: Home) -> None:
    decision = release(road, "turnover")
    assert not decision.promote
    assert current(road, "turnover").version == "1"
    tags = MlflowClient(road.tracking_uri, registry_uri=road.tracking_uri).get_model_version("turnover", "2").tags
    assert tags["decision"] == decision.reason
    assert "override_reason" not in tags


def test_the_champion_is_not_decided_about_again(road: Home) -> None:
    assert release(road, "burnout").reason == "Version 1 is the champion already."


def test_without_a_challenger_the_step_to_run_is_named(home: Home) -> None:
    with pytest.raises(NotReadyError, match="run `respite train --outcome burnout` first"):
        release(home, "burnout")


def test_an_unknown_outcome_is_refused(home: Home) -> None:
    with pytest.raises(InputError, match="--outcome luck"):
        release(home, "luck")
    assert not home.root.exists()
