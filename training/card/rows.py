"""Rows of a model card's tables, as text; what is not known is said to be so."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from math import isfinite
from typing import Any

import pandas as pd

from features.catalog import feature
from training.card.words import MEASURES
from training.explain import family_of
from training.promotion import Gate

__all__ = [
    "Signal", "advantages", "blocks", "drivers", "families", "gates", "groups", "measures", "months", "nonresponse",
    "number", "percent", "unseen", "words",
]  # fmt: skip

UNKNOWN = "not known"
MOST_DRIVERS = 15
_VERSIONS = {"own_z": "own past", "peer_z": "peers", "change": "change"}
_DIRECTIONS = {1: "raises it", -1: "lowers it", 0: "free"}
_UNSEEN = ("rows", "base_rate", "auroc", "brier", "calibration_slope")
_WHOLE = ("rows", "positives")
Estimate = tuple[float, float, float]


@dataclass
class Signal:
    """A signal that the model reads, with its versions."""

    label: str
    unit: str
    expected: str
    source: str
    also: list[str] = field(default_factory=list)


def number(value: object, digits: int = 3) -> str:
    """A number for a reader: whole ones with thousands, others with so many digits."""
    if value is None or not isinstance(value, int | float) or not isfinite(value):
        return UNKNOWN
    return f"{value:,}" if isinstance(value, int) else f"{value:z.{digits}f}"


def percent(value: float | None) -> str:
    return UNKNOWN if value is None or not isfinite(value) else f"{100 * value:.1f} %"


def words(name: str) -> str:
    """A name of the code as words."""
    return name.replace("_", " ")


def interval(found: Estimate | None, digits: int = 3) -> str:
    """The bounds of an interval."""
    if found is None or not all(isfinite(end) for end in found[1:]):
        return "interval not known"
    return f"{found[1]:.{digits}f} to {found[2]:.{digits}f}"


def blocks(dates: Mapping[str, str]) -> list[tuple[str, str, str]]:
    """Block, first and last date."""
    return [
        (name, dates.get(f"{name}_from", UNKNOWN), dates.get(f"{name}_to", UNKNOWN))
        for name in ("train", "calibration", "test")
        if f"{name}_from" in dates or f"{name}_to" in dates
    ]


def families(names: Iterable[str], outcome: str) -> dict[str, list[Signal]]:
    """Signals by family; a signal's windows and comparisons are said beside it."""
    found: dict[str, dict[str, Signal]] = {}
    for name in names:
        entry = feature(name)
        base = (feature(entry.basis) if entry.basis else entry) if entry else None
        signals = found.setdefault(entry.family if entry else "columns of the table", {})
        if entry is None or base is None:
            signals[name] = Signal(name, "", _DIRECTIONS[0], "")
            continue
        expected = _DIRECTIONS[base.direction(outcome)]
        signal = signals.setdefault(base.name, Signal(base.label, base.unit, expected, base.source))
        if entry.version != "raw":
            signal.also.append(_VERSIONS.get(entry.version, f"{entry.window_days} days"))
    return {family: list(signals.values()) for family, signals in found.items()}


def measures(
    scores: Mapping[str, Mapping[str, float]], intervals: Mapping[str, Estimate]
) -> list[tuple[str, str, list[tuple[str, str]]]]:
    """Measure, what to make of it, and per score its value with the interval where there is one."""
    table = []
    for name, (label, reading) in MEASURES.items():
        if any(name in values for values in scores.values()):
            cells = []
            for score, values in scores.items():
                value = values.get(name)
                shown = number(int(value)) if name in _WHOLE and value is not None else number(value)
                cells.append((shown, interval(intervals[name]) if score == "model" and name in intervals else ""))
            table.append((label, reading, cells))
    return table


def advantages(found: Mapping[str, Mapping[str, Estimate]]) -> list[tuple[str, list[str]]]:
    """Score that is compared with, and the advantage by measure: AUROC, log-loss, Brier."""
    return [
        (words(other), [_advantage(by_measure.get(name)) for name in ("auroc", "log_loss", "brier")])
        for other, by_measure in found.items()
    ]


def _advantage(found: Estimate | None) -> str:
    return UNKNOWN if found is None else f"{found[0]:+.3f} ({interval(found)})"


def unseen(found: Mapping[str, Mapping[str, float]]) -> list[tuple[str, list[str]]]:
    """Who was not seen in training, and rows, base rate, AUROC, Brier and slope."""
    return [
        (name, [number(int(v[m])) if m in _WHOLE and m in v else number(v.get(m)) for m in _UNSEEN])
        for name, v in found.items()
    ]


def months(table: pd.DataFrame | None) -> list[tuple[str, ...]]:
    """Month, mean score, observed share, its interval, rows."""
    return [
        (str(row["month"]), percent(row["score"]), percent(row["observed"]),
         f"{percent(row['low'])} to {percent(row['high'])}", f"{int(row['rows']):,}")
        for row in _records(table)
    ]  # fmt: skip


def groups(table: pd.DataFrame | None) -> list[tuple[str, ...]]:
    """Attribute, group, agents, share reached, share reached of those concerned, impact ratio, judgement."""
    return [
        (
            str(row["attribute"]), str(row["value"]), f"{int(row['agents']):,}",
            _rate(row, "selection_rate"), _rate(row, "true_positive_rate"),
            number(row["impact_ratio"], 2), _judged(row),
        )
        for row in _records(table)
    ]  # fmt: skip


def _rate(row: Mapping[str, Any], name: str) -> str:
    shown = percent(row[name])
    return shown if shown == UNKNOWN else f"{shown} ({percent(row[f'{name}_low'])} to {percent(row[f'{name}_high'])})"


def _judged(row: Mapping[str, Any]) -> str:
    if row["judgement"] != "below four-fifths":
        return str(row["judgement"])
    return f"below four-fifths; {'more than chance explains' if row['beyond_chance'] else 'chance could explain it'}"


def nonresponse(table: pd.DataFrame | None) -> list[tuple[str, ...]]:
    """Assumption, how common the outcome would be, mean score, difference."""
    return [
        (str(row["assumed"]), percent(row["prevalence"]), percent(row["mean_score"]), f"{100 * row['gap']:+.1f} points")
        for row in _records(table)
    ]


def drivers(found: Mapping[str, float], outcome: str) -> list[tuple[str, str, str, str]]:
    """What moves the score most: label, family, mean contribution, expected direction."""
    most = sorted(found.items(), key=lambda item: -item[1])[:MOST_DRIVERS]
    return [(_label(name), family_of(name), number(float(value)), _expected(name, outcome)) for name, value in most]


def _label(name: str) -> str:
    entry = feature(name)
    return entry.label if entry else name


def _expected(name: str, outcome: str) -> str:
    entry = feature(name)
    return _DIRECTIONS[entry.direction(outcome) if entry else 0]


def gates(found: Sequence[Gate]) -> list[tuple[str, str, str, str]]:
    """Gate, what was found, what was wanted, whether it holds."""
    return [(gate.name, number(float(gate.found)), gate.wanted, "holds" if gate.passed else "fails") for gate in found]


def _records(table: pd.DataFrame | None) -> list[dict[str, Any]]:
    return [] if table is None else [{str(k): v for k, v in row.items()} for row in table.to_dict("records")]
