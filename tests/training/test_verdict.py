"""The sentence of an audit: what was looked at, and never more."""

from typing import Any

import pytest

from training.fairness.verdict import verdict


def group(value: str, rate: float, judgement: str, ratio: float = float("nan"), beyond: bool = False) -> dict[str, Any]:
    return {"attribute": "gender", "value": value, "selection_rate": rate, "impact_ratio": ratio,
            "judgement": judgement, "beyond_chance": beyond}  # fmt: skip


HIGHEST = group("f", 0.12, "highest", 1.0)
GAP = {"attribute": "gender", "measure": "auroc", "highest": "f", "highest_at": 0.71, "lowest": "m",
       "lowest_at": 0.58, "gap": 0.13, "low": 0.04, "high": 0.2}  # fmt: skip
CASES = {
    "nobody is named": ([], [], False, "not audited", "no table of protected attributes names these agents"),
    "all are hidden": ([], [], True, "too few to judge", "no attribute has two groups of 30 agents or more"),
    "one is large": ([group("f", 0.1, "nothing to compare with")], [], True, "too few to judge", "Not judged"),
    "one is below": (
        [HIGHEST, group("m", 0.048, "below four-fifths", 0.4, beyond=True)], [], True, "below four-fifths",
        "gender: m 4.8 % against 12.0 % of f (impact ratio 0.40; more than chance explains).",
    ),
    "one is below by chance": (
        [HIGHEST, group("m", 0.09, "below four-fifths", 0.75)], [], True, "below four-fifths", "chance could explain",
    ),
    "none is below": (
        [HIGHEST, group("m", 0.11, "within four-fifths", 0.92)], [], True, "no group below four-fifths",
        "the lowest impact ratio is 0.92 (gender: m). This is no proof of equal treatment.",
    ),
    "the score is worse for one": (
        [HIGHEST, group("m", 0.11, "within four-fifths", 0.92)], [GAP], True, "no group below four-fifths",
        "Beyond chance differ: AUROC (gender: f 0.71, m 0.58).",
    ),
    "one is too small": (
        [HIGHEST, group("m", 0.11, "within four-fifths", 0.92), group("d", 0.0, "too few")], [], True,
        "no group below four-fifths", "Not judged: gender: d.",
    ),
}  # fmt: skip


@pytest.mark.parametrize("case", CASES)
def test_the_verdict_says_what_was_found(case: str) -> None:
    groups, gaps, audited, word, said = CASES[case]
    found, sentence = verdict(groups, gaps, audited)
    assert found == word
    assert said in sentence
    assert "fair " not in sentence
    assert sentence.endswith(".")


def test_a_gap_that_chance_explains_is_not_told() -> None:
    groups = [HIGHEST, group("m", 0.11, "within four-fifths", 0.92)]
    assert "Beyond chance" not in verdict(groups, [GAP | {"low": -0.01}], audited=True)[1]
