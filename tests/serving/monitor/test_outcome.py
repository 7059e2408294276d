"""Findings of one outcome point the right way when something is changed on purpose."""

from typing import Any

import numpy as np
import pandas as pd
import pytest

from serving.monitor.findings import Finding
from serving.monitor.outcome import Watched, watch
from serving.store import Score
from training.profile import column_profile

NAMES = ["overtime", "tenure", "quick_returns", "occupancy"]
WEIGHTS = {"overtime": 0.6, "tenure": 0.3, "quick_returns": 0.2, "occupancy": 0.1}


def score(p: float, rng: np.random.Generator, weights: dict[str, float]) -> Score:
    reasons = [{"signal": name, "contribution": float(w * rng.normal())} for name, w in weights.items()]
    return Score(probability=float(p), reasons=reasons)


def watched(
    seed: int = 1, shift: float = 0, lower: float = 0, weights: dict[str, float] | None = None, labels: int = 0,
    inverted: bool = False,
) -> Watched:  # fmt: skip
    rng = np.random.default_rng(seed)
    before, now = rng.normal(size=(600, 4)), rng.normal(size=(300, 4))
    now[:, 0] += shift
    usual, p = rng.beta(2, 6, 600), rng.beta(2, 6, 300) * (1 - lower)
    later = rng.beta(2, 6, labels)
    y = rng.uniform(size=labels) < (1 - later if inverted else later)
    profile = {
        "agents": 600,
        "columns": {name: column_profile(before[:, i]) for i, name in enumerate(NAMES)},
        "scores": column_profile(usual),
        "contributions": {name: weight * 0.8 for name, weight in WEIGHTS.items()},
    }
    details: dict[str, Any] = {"profile": profile, "auroc": 0.68}
    scores = [score(one, rng, weights or WEIGHTS) for one in p]
    realized = pd.DataFrame({"probability": later, "y": y.astype(float)})
    return Watched("burnout", details, pd.DataFrame(now, columns=NAMES), scores, realized)


def level(found: Watched, kind: str) -> str:
    (one,) = [finding for finding in watch(found)[0] if finding.kind == kind]
    return one.level


def test_what_looks_like_training_is_fine() -> None:
    findings, gauges, table = watch(watched(labels=400))
    assert {finding.level for finding in findings} == {"fine"}
    assert {row["name"] for row in table} == set(NAMES)
    assert {"respite_feature_psi", "respite_expected_auroc", "respite_realized_auroc"} <= {g.name for g in gauges}


CHANGES: dict[str, dict[str, Any]] = {
    "features": {"shift": 1.5},
    "scores": {"lower": 0.6},
    "contributions": {"weights": dict(zip(WEIGHTS, reversed(WEIGHTS.values()), strict=True))},
    "realized": {"labels": 400, "inverted": True},
}


@pytest.mark.parametrize("kind", CHANGES)
def test_each_kind_of_change_raises_its_alert_and_suggests_retraining(kind: str) -> None:
    changed = watched(**CHANGES[kind])
    assert level(changed, kind) == "alert"
    assert all(finding.retrain for finding in watch(changed)[0] if finding.kind == kind)


def test_scores_that_say_nothing_any_more_are_expected_to_rank_worse() -> None:
    flat = watched()
    for one in flat.scores:
        one.probability = 0.25 + 0.01 * (one.probability or 0.0)
    assert level(flat, "expected") == "alert"


def test_a_drift_of_what_hardly_counts_is_no_alert() -> None:
    found = watched()
    found.frame["occupancy"] += 2
    assert level(found, "features") == "fine"
    assert any(row["drifted"] for row in watch(found)[2])


def test_too_little_to_judge_is_noted_and_never_an_alert() -> None:
    found = watched()
    few = Watched("burnout", found.details, found.frame.head(5), found.scores[:5], found.realized)
    assert {finding.level for finding in watch(few)[0]} <= {"note", "fine"}


def test_a_model_without_a_profile_is_to_be_retrained() -> None:
    found = watched()
    bare = Watched("burnout", {}, found.frame, found.scores, found.realized)
    assert watch(bare)[0] == [
        Finding("burnout", "profile", "alert", "The model carries no profile of its training.", True)
    ]
