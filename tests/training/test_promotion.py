"""The decision about a challenger: every gate, both ways, and ties keep the champion."""

from copy import deepcopy

import numpy as np
import pytest

from training import decide
from training.config import Gates

GOOD = {
    "brier": 0.15,
    "brier_skill": 0.10,
    "base_rate": 0.10,
    "calibration_slope": 1.0,
    "lift_top": 2.5,
    "advantage_tenure_only_auroc_low": 0.02,
    "advantage_last_score_only_auroc_low": 0.01,
    "advantage_prevalence_log_loss": 0.03,
    "additivity_error": 1e-12,
    "stability": 0.9,
    "least_impact_ratio": 0.7,
    "groups_below_beyond_chance": 0.0,
    "contract_equal": 1.0,
}
LOG_LOSS = "advantage_champion_log_loss"


def beside_champion(estimate: float, low: float, high: float) -> dict[str, float]:
    return GOOD | {LOG_LOSS: estimate, f"{LOG_LOSS}_low": low, f"{LOG_LOSS}_high": high}


def test_the_first_model_that_passes_every_gate_takes_over() -> None:
    found = decide(GOOD, False)
    assert found.promote
    assert found.reason == "Promoted: every gate holds and there is no champion yet."
    assert len(found.gates) == 10
    assert all(gate.passed for gate in found.gates)


FAILING = {
    "brier_skill": (0.0, "Brier skill"),
    "calibration_slope": (0.79, "calibration slope"),
    "lift_top": (1.99, "lift at outreach capacity"),
    "advantage_tenure_only_auroc_low": (0.0, "AUROC advantage over tenure only, lower bound"),
    "advantage_last_score_only_auroc_low": (-0.1, "AUROC advantage over last score only, lower bound"),
    "advantage_prevalence_log_loss": (0.0, "log-loss advantage over the base rate"),
    "additivity_error": (1.1e-6, "error of added contributions"),
    "stability": (0.69, "stability of explanations"),
    "groups_below_beyond_chance": (1.0, "groups below four-fifths beyond chance"),
    "contract_equal": (0.0, "feature contract equal"),
}


@pytest.mark.parametrize("has_champion", [False, True])
@pytest.mark.parametrize("metric", FAILING)
def test_each_gate_alone_keeps_a_model_out_and_is_named(metric: str, has_champion: bool) -> None:
    value, gate = FAILING[metric]
    found = decide(beside_champion(0.5, 0.4, 0.6) | {metric: value}, has_champion)
    assert not found.promote
    assert [failed.name for failed in found.gates if not failed.passed] == [gate]
    assert found.reason.startswith(f"Not promoted: {gate} is {value:.3g}, wanted ")


@pytest.mark.parametrize("metric", FAILING)
def test_what_is_not_known_does_not_pass_a_gate(metric: str) -> None:
    assert not decide(GOOD | {metric: np.nan}, False).promote


def test_too_steep_a_calibration_is_kept_out_too() -> None:
    assert not decide(GOOD | {"calibration_slope": 1.21}, False).promote


@pytest.mark.parametrize(
    "change",
    [{"calibration_slope": 0.8}, {"calibration_slope": 1.2}, {"lift_top": 2.0}, {"brier_skill": 1e-9},
     {"stability": 0.7}, {"additivity_error": 1e-6}, {"advantage_prevalence_log_loss": 1e-9}],
)  # fmt: skip
def test_what_a_gate_asks_for_is_enough(change: dict[str, float]) -> None:
    assert decide(GOOD | change, False).promote


def test_every_gate_that_fails_is_told() -> None:
    reason = decide(GOOD | {"brier_skill": -0.1, "lift_top": 1.0}, False).reason
    assert "Brier skill is -0.1, wanted above 0" in reason
    assert "lift at outreach capacity is 1, wanted at least 2" in reason


@pytest.mark.parametrize(("low", "promoted"), [(0.0001, True), (0.0, False), (-0.002, False), (np.nan, False)])
def test_only_a_log_loss_that_is_surely_better_takes_over_and_ties_keep_the_champion(
    low: float, promoted: bool
) -> None:
    found = decide(beside_champion(0.003, low, 0.008), True)
    assert found.promote is promoted
    assert f"better than the champion's by 0.0030 (95 % interval {low:.4f} to 0.0080)" in found.reason
    assert ("ties keep the champion" in found.reason) is not promoted


@pytest.mark.parametrize("missing", ["", "_low", "_high"])
def test_a_champion_that_could_not_be_compared_gives_way_and_the_reason_says_why(missing: str) -> None:
    known = beside_champion(-0.5, -0.6, -0.4)
    del known[f"{LOG_LOSS}{missing}"]
    found = decide(known, True)
    assert found.promote
    assert "champion is of another feature contract or has seen these months" in found.reason


def test_being_better_than_the_champion_does_not_open_a_gate() -> None:
    assert not decide(beside_champion(0.9, 0.8, 1.0) | {"calibration_slope": 0.5}, True).promote


def test_a_common_outcome_needs_half_of_what_a_perfect_ranking_would_reach() -> None:
    common = GOOD | {"base_rate": 0.5}
    assert decide(common | {"lift_top": 1.5}, False).promote
    assert not decide(common | {"lift_top": 1.49}, False).promote


def test_what_could_not_be_measured_is_no_gate() -> None:
    """No tenure column, no earlier survey, no table of protected attributes."""
    absent = ("tenure_only", "last_score_only", "groups_below")
    found = decide({name: v for name, v in GOOD.items() if not any(word in name for word in absent)}, False)
    assert found.promote
    assert len(found.gates) == 7


def test_gates_can_be_set() -> None:
    assert decide(GOOD | {"lift_top": 1.2}, False, Gates(least_lift=1.1)).promote
    assert not decide(GOOD, False, Gates(least_skill=0.2)).promote
    assert not decide(GOOD, False, Gates(least_stability=0.95)).promote


def test_the_decision_is_pure() -> None:
    challenger = deepcopy(GOOD)
    assert decide(challenger, True) == decide(challenger, True)
    assert challenger == GOOD
