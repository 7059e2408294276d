"""One outcome's findings: features, scores and contributions beside training's, performance expected and real."""

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import pandas as pd
from scipy.stats import spearmanr

from features.quality.drift import MUCH
from serving.monitor.drift import LEVEL, ColumnDrift, adjusted, column_drift
from serving.monitor.estimate import estimate
from serving.monitor.findings import Finding, Gauge
from serving.store import Score
from training.evaluate import evaluate

__all__ = ["Watched", "watch"]

LEAST_LABELS, LOSS, DRIFTED_WEIGHT, LEAST_RANK = 50, 0.05, 0.25, 0.6


@dataclass(frozen=True)
class Watched:
    """What is known of one outcome: the champion's details, the newest rows, its scores, and scores with labels.

    `realized` has the columns probability and y.
    """

    outcome: str
    details: dict[str, Any]
    frame: pd.DataFrame
    scores: list[Score]
    realized: pd.DataFrame

    @property
    def probability(self) -> np.ndarray[Any, np.dtype[np.float64]]:
        found = [score.probability for score in self.scores if score.probability is not None]
        return np.array(found, dtype=float)


@dataclass
class _Found:
    outcome: str
    findings: list[Finding]
    gauges: list[Gauge]
    table: list[dict[str, Any]]

    def say(self, kind: str, alert: bool, sentence: str, retrain: bool = True) -> None:
        self.findings.append(Finding(self.outcome, kind, "alert" if alert else "fine", sentence, retrain and alert))

    def note(self, kind: str, sentence: str) -> None:
        self.findings.append(Finding(self.outcome, kind, "note", sentence))

    def gauge(self, name: str, about: str, value: float, **labels: str) -> None:
        self.gauges.append(Gauge(f"respite_{name}", about, float(value), {"outcome": self.outcome, **labels}))


def watch(watched: Watched) -> tuple[list[Finding], list[Gauge], list[dict[str, Any]]]:
    """Findings, gauges and the table of features of one outcome."""
    found = _Found(watched.outcome, [], [], [])
    if "profile" not in watched.details:
        found.findings.append(
            Finding(watched.outcome, "profile", "alert", "The model carries no profile of its training.", True)
        )
        return found.findings, found.gauges, found.table
    _features(watched, found)
    _scores(watched, found)
    _contributions(watched, found)
    _expected(watched, found)
    _realized(watched, found)
    return found.findings, found.gauges, found.table


def _features(watched: Watched, found: _Found) -> None:
    """Drift counts by what it weighs: the share that drifted features have in all contributions."""
    profile = watched.details["profile"]
    drifts = [
        drift
        for name, column in profile["columns"].items()
        if name in watched.frame
        and (drift := column_drift(name, column, watched.frame[name].to_numpy(dtype=float), profile["agents"]))
    ]
    if not drifts:
        found.note("features", "Too few rows to compare features with training.")
        return
    pairs = list(zip(drifts, adjusted([drift.p_value for drift in drifts]), strict=True))
    moved = [drift for drift, p in pairs if drift.drifted(p)]
    weight = _weight(moved, profile["contributions"])
    first = ", ".join(drift.name for drift in sorted(moved, key=lambda drift: -drift.size)[:3])
    said = f"{len(moved)} of {len(drifts)} features drifted{f' ({first})' if first else ''}"
    found.say("features", weight >= DRIFTED_WEIGHT, f"{said}; they carry {weight:.0%} of all contributions.")
    found.table = [asdict(drift) | {"adjusted_p": p, "drifted": drift.drifted(p)} for drift, p in pairs]
    found.table.sort(key=lambda row: (not row["drifted"], -row["psi"], row["name"]))
    for drift in drifts:
        found.gauge("feature_psi", "Population stability index against training.", drift.psi, feature=drift.name)
    found.gauge("features_drifted", "Features that drifted beyond chance.", len(moved))
    found.gauge("features_drifted_weight", "Their share in all contributions.", weight)


def _weight(moved: list[ColumnDrift], contributions: dict[str, float]) -> float:
    from features.catalog import feature

    signals = {(entry.basis or entry.name) if (entry := feature(drift.name)) else drift.name for drift in moved}
    total = sum(contributions.values())
    return sum(contributions.get(signal, 0.0) for signal in signals) / total if total else 0.0


def _scores(watched: Watched, found: _Found) -> None:
    profile, p = watched.details["profile"], watched.probability
    drift = column_drift("score", profile["scores"], p, profile["agents"])
    if drift is None:
        found.note("scores", f"Too few scores ({len(p)}) to compare with those of training.")
        return
    alert = drift.p_value < LEVEL and drift.psi >= MUCH
    mean = np.mean(profile["scores"]["quantiles"])
    found.say("scores", alert, f"Mean score {p.mean():.1%}, in training {mean:.1%}; PSI {drift.psi:.2f}.")
    found.gauge("score_psi", "Population stability index of scores.", drift.psi)
    found.gauge("score_mean", "Mean score of the newest batch.", float(p.mean()))
    found.gauge("abstained_share", "Share of agents without a score.", 1 - len(p) / max(1, len(watched.scores)))


def _contributions(watched: Watched, found: _Found) -> None:
    """Whether the same signals drive scores: rank correlation of the mean absolute contribution of each."""
    reasons = [
        {r["signal"]: abs(r["contribution"]) for r in score.reasons} for score in watched.scores if score.reasons
    ]
    before = pd.Series(watched.details["profile"]["contributions"], dtype=float)
    if len(reasons) < 2 or len(before) < 3:
        found.note("contributions", "Too few explained scores to compare contributions with training.")
        return
    now = pd.DataFrame(reasons).mean().reindex(before.index).fillna(0.0)
    rank = 1.0 if before.nunique() < 2 or now.nunique() < 2 else float(spearmanr(before, now).statistic)
    found.say("contributions", rank < LEAST_RANK, f"What drives scores: rank correlation {rank:.2f} with training.")
    found.gauge("contribution_rank_correlation", "Rank correlation of contributions with training.", rank)


def _expected(watched: Watched, found: _Found) -> None:
    p = watched.probability
    if len(p) < LEAST_LABELS:
        found.note("expected", f"Too few scores ({len(p)}) to estimate performance.")
        return
    now = estimate(p)
    usual = estimate(np.array(watched.details["profile"]["scores"]["quantiles"]))
    loss = usual.auroc - now.auroc
    found.say(
        "expected",
        loss > LOSS,
        f"Without labels, an AUROC of {now.auroc:.2f} is expected (of training's scores {usual.auroc:.2f}) and a Brier"
        f" score of {now.brier:.3f}.",
    )
    found.gauge("expected_auroc", "AUROC estimated from the scores alone.", now.auroc)
    found.gauge("expected_brier", "Brier score estimated from the scores alone.", now.brier)


def _realized(watched: Watched, found: _Found) -> None:
    """Labels that became known since: an AUROC below chance's reach, or far more or fewer outcomes than expected."""
    known = watched.realized
    y, p = known["y"].to_numpy(dtype=float), known["probability"].to_numpy(dtype=float)
    if len(known) < LEAST_LABELS or len(np.unique(y)) < 2:
        found.note(
            "realized", f"{len(known)} scores have a known outcome yet; {LEAST_LABELS} of both kinds are needed."
        )
        return
    metrics = evaluate(y, p)
    surplus = (y.sum() - p.sum()) / max(np.sqrt((p * (1 - p)).sum()), 1e-9)
    usual = float(watched.details["auroc"])
    alert = metrics.auroc < usual - 2 * LOSS or abs(surplus) > 4
    found.say(
        "realized",
        bool(alert),
        f"{len(y)} outcomes are known: AUROC {metrics.auroc:.2f} (at training {usual:.2f}), Brier {metrics.brier:.3f},"
        f" {y.sum():.0f} came true where {p.sum():.0f} were expected.",
    )
    found.gauge("realized_auroc", "AUROC of scores whose outcome is known.", metrics.auroc)
    found.gauge("realized_brier", "Brier score of scores whose outcome is known.", metrics.brier)
    found.gauge("realized_rows", "Scores whose outcome is known.", len(y))
