"""Champion and challenger side by side, with what the gates ask and what they would decide; nothing is changed."""

from dataclasses import dataclass

from features.errors import NotReadyError
from features.home import Home
from training.promotion import Decision
from training.release import judged
from training.tracking import CHALLENGER, Registered, current

__all__ = ["Comparison", "side_by_side"]

MEASURES = {
    "auroc": "AUROC", "auprc": "AUPRC", "base_rate": "base rate", "brier": "Brier score", "log_loss": "log-loss",
    "calibration_slope": "calibration slope", "calibration_intercept": "calibration intercept",
    "lift_top": "lift at outreach capacity", "precision_top": "precision at outreach capacity",
    "lead_time_median_days": "days of lead time, median", "stability": "stability of explanations",
    "additivity_error": "error of added contributions", "least_impact_ratio": "least impact ratio of a group",
}  # fmt: skip


@dataclass(frozen=True)
class Comparison:
    """`rows`: measure, the champion's, the challenger's, each on the months that it was tested on.

    `on_same_rows`: by how much the challenger is better than the champion, with a 95 % interval, a sentence a measure;
    empty where they could not be compared. `decision`: what the gates say of the challenger today.
    """

    outcome: str
    champion: Registered | None
    challenger: Registered
    rows: list[tuple[str, str, str]]
    on_same_rows: list[str]
    decision: Decision


def side_by_side(home: Home, outcome: str) -> Comparison:
    """Compare the challenger of an outcome with its champion.

    Raises
    ------
    NotReadyError
        There is no challenger.
    """
    challenger, champion = current(home, outcome, CHALLENGER), current(home, outcome)
    if challenger is None:
        raise NotReadyError(f"There is no challenger for {outcome}; run `respite train --outcome {outcome}` first.")
    rows = [("tested from", _text(champion, "test_from"), _text(challenger, "test_from"))]
    rows += [(said, _number(champion, name), _number(challenger, name)) for name, said in MEASURES.items()]
    rows.append(("contract", _tag(champion), _tag(challenger)))
    decision = judged(challenger, champion)
    return Comparison(outcome, champion, challenger, rows, _advantages(challenger), decision)


def _number(version: Registered | None, name: str) -> str:
    value = None if version is None else version.metrics.get(name)
    if value is None:
        return "-"
    return f"{value:.1e}" if name == "additivity_error" else f"{value:.3f}"


def _text(version: Registered | None, name: str) -> str:
    return "-" if version is None else version.parameters.get(name, "-")


def _tag(version: Registered | None) -> str:
    return "-" if version is None else version.tags.get("contract_version", "-")


def _advantages(challenger: Registered) -> list[str]:
    found = []
    for measure, said in (("log_loss", "log-loss"), ("auroc", "AUROC"), ("brier", "Brier score")):
        name = f"advantage_champion_{measure}"
        value, low, high = (challenger.metrics.get(f"{name}{end}") for end in ("", "_low", "_high"))
        if value is not None:
            found.append(f"{said} better by {value:+.4f} (95 % interval {low:+.4f} to {high:+.4f})")
    return found
