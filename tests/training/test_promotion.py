"""The decision about a challenger: every gate, both ways, and ties keep the champion."""

from copy import deepcopy

import pytest

from training import decide
from training.config import Gates

GOOD = {
    "brier": 0.15,
    "brier_skill": 0.10,
    "base_rate": 0.10,
    "calibration_slope": 1.0,
    "lift_top": 2.5,
    "advantage_tenure_only_low": 0.02,
    "advantage_last_score_only_low": 0.01,
}


def test_the_first_model_that_passes_every_gate_takes_over() -> None:
    found = decide(GOOD, None)
    assert found.promote
    assert found.reason == "Promoted: every gate holds and there is no champion yet."
    assert len(found.gates) == 5
    assert all(gate.passed for gate in found.gates)


@pytest.mark.parametrize(
    ("change", "gate"),
    [
        ({"brier_skill": 0.0}, "Brier skill"),
        ({"brier_skill": -0.1}, "Brier skill"),
        ({"calibration_slope": 0.79}, "calibration slope"),
        ({"calibration_slope": 1.21}, "calibration slope"),
        ({"lift_top": 1.99}, "lift at outreach capacity"),
        ({"advantage_tenure_only_low": 0.0}, "AUROC advantage over tenure only"),
        ({"advantage_last_score_only_low": -0.1}, "AUROC advantage over last score only"),
    ],
)
def test_each_gate_alone_keeps_a_model_out_and_is_named(change: dict[str, float], gate: str) -> None:
    found = decide(GOOD | change, {"brier": 0.9})
    assert not found.promote
    assert [failed.name for failed in found.gates if not failed.passed] == [gate]
    assert found.reason.startswith(f"Not promoted: {gate} is ")
    assert "wanted" in found.reason


@pytest.mark.parametrize(
    "change", [{"calibration_slope": 0.8}, {"calibration_slope": 1.2}, {"lift_top": 2.0}, {"brier_skill": 1e-9}]
)
def test_what_a_gate_asks_for_is_enough(change: dict[str, float]) -> None:
    assert decide(GOOD | change, None).promote


def test_every_gate_that_fails_is_told() -> None:
    reason = decide(GOOD | {"brier_skill": -0.1, "lift_top": 1.0}, None).reason
    assert "Brier skill is -0.1" in reason
    assert "lift at outreach capacity is 1, wanted at least 2" in reason


@pytest.mark.parametrize(("champion", "promoted"), [(0.16, True), (0.15, False), (0.14, False)])
def test_a_lower_brier_takes_over_and_a_tie_keeps_the_champion(champion: float, promoted: bool) -> None:
    found = decide(GOOD, {"brier": champion})
    assert found.promote is promoted
    assert f"{champion:.4f}" in found.reason
    assert ("ties keep it" in found.reason) is not promoted


def test_a_better_brier_does_not_open_a_gate() -> None:
    assert not decide(GOOD | {"calibration_slope": 0.5}, {"brier": 0.99}).promote


def test_a_common_outcome_needs_half_of_what_a_perfect_ranking_would_reach() -> None:
    common = GOOD | {"base_rate": 0.5}
    assert decide(common | {"lift_top": 1.5}, None).promote
    assert not decide(common | {"lift_top": 1.49}, None).promote


def test_a_baseline_that_could_not_be_built_is_no_gate() -> None:
    found = decide({name: value for name, value in GOOD.items() if "advantage" not in name}, None)
    assert found.promote
    assert len(found.gates) == 3


def test_gates_can_be_set() -> None:
    assert decide(GOOD | {"lift_top": 1.2}, None, Gates(least_lift=1.1)).promote
    assert not decide(GOOD, None, Gates(least_skill=0.2)).promote


def test_the_decision_is_pure() -> None:
    challenger, champion = deepcopy(GOOD), {"brier": 0.2}
    assert decide(challenger, champion) == decide(challenger, champion)
    assert (challenger, champion) == (GOOD, {"brier": 0.2})
