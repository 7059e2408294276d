"""Coverage and range of every feature over a build: how much is known, why the rest is not, and the values it takes."""

import re
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from math import inf, isfinite
from typing import Any

import numpy as np
import numpy.typing as npt

from features.catalog import Feature, feature
from features.quality.causes import Cause, causes
from features.quality.inputs import Inputs

__all__ = ["DIGITS", "OTHER", "Coverage", "FeatureQuality", "Reason", "allowed", "coverage"]

Flags = npt.NDArray[np.bool_]
Floats = npt.NDArray[np.float64]

OTHER = "other"
MOST_REASONS = 2
DIGITS = 9  # significant ones, so that the order in which a sum was taken does not show
_TINY = 1e-9
_INTERVAL = re.compile(r"(-?[\d.]*\d)(?:-|\.\.)(-?[\d.]*\d)")
_UNITS: dict[str, tuple[float, float]] = {
    "1/h": (0, inf), "s": (0, inf), "sessions": (1, inf), "ratio": (0, inf), "h/week": (0, 168), "per 100": (0, 100),
    "count": (0, inf), "h": (0, inf), "days": (0, inf), "index": (0, inf), "ln days": (0, inf), "flag": (0, 1),
    "points": (0, inf), "SD": (-inf, inf), "1/week": (-inf, inf),
}  # fmt: skip
_QUANTILES = (0.0, 0.01, 0.5, 0.99, 1.0)


@dataclass(frozen=True)
class Reason:
    """Why a feature is null, and in how many rows."""

    text: str
    rows: int


@dataclass(frozen=True)
class FeatureQuality:
    """What a build knows of one feature.

    `reasons` names the two most frequent ones; with `other` their rows add up to `null_rows`. `low` and `high` are the
    bounds of the unit, where it has any; `outside` counts the values beyond them. `all_reasons` is not shortened.
    """

    name: str
    label: str
    family: str
    unit: str
    rows: int
    null_rows: int
    null_share: float
    reasons: list[Reason]
    minimum: float | None
    p01: float | None
    median: float | None
    p99: float | None
    maximum: float | None
    low: float | None
    high: float | None
    outside: int
    all_reasons: dict[str, int] = field(default_factory=dict, repr=False)

    @property
    def constant(self) -> bool:
        """Whether all known values are one and the same."""
        return self.minimum is not None and self.minimum == self.maximum


@dataclass(frozen=True)
class Coverage:
    """Rows, agents and features of a build; rows, and known values by feature, of its newest date."""

    rows: int
    agents: int
    features: list[FeatureQuality]
    newest_rows: int
    newest: dict[str, Floats]


def allowed(entry: Feature) -> tuple[float, float]:
    """The bounds that a feature's unit sets; infinite where there is none.

    A change, or a raw signal that is a difference (its sentence shows the sign, though the unit begins at 0), may be as
    large as the unit is wide, in both directions.

    Examples
    --------
    >>> from features.catalog import feature
    >>> allowed(feature("occupancy")), allowed(feature("occupancy_change")), allowed(feature("ces"))
    ((0.0, 1.0), (-1.0, 1.0), (1.0, 7.0))
    """
    interval = _INTERVAL.fullmatch(entry.unit)
    low, high = (float(interval[1]), float(interval[2])) if interval else _UNITS[entry.unit]
    if entry.version == "change" or (low == 0 and "{:+" in entry.shown):
        return low - high, high - low
    return low, high


def coverage(db: Any, names: Sequence[str], inputs: Inputs, parts: int = 1) -> Coverage:
    """Coverage and range of some features over a build, in their order.

    Parameters
    ----------
    db
        A DuckDB connection with the relation `frame`: the feature frame with `as_of`, `agent_id` and all columns of the
        catalog.
    names
        Features of the catalog.
    inputs
        What the tables hold.
    parts
        In how many parts the columns are read, so that memory stays bounded.
    """
    entries = [entry for name in names if (entry := feature(name)) is not None]
    size = -(-len(entries) // parts)
    found = [_some(db, entries[start : start + size], inputs) for start in range(0, len(entries), size)]
    return Coverage(
        rows=found[0].rows,
        agents=found[0].agents,
        features=[quality for part in found for quality in part.features],
        newest_rows=found[0].newest_rows,
        newest={name: values for part in found for name, values in part.newest.items()},
    )


def _some(db: Any, entries: Sequence[Feature], inputs: Inputs) -> Coverage:
    why = {entry.name: causes(entry, inputs) for entry in entries}
    seen_in = {name for found in why.values() for cause in found for name in cause.null}
    columns = ", ".join(f'"{name}"' for name in sorted({*why, *seen_in}))
    frame = db.execute(f"SELECT as_of, hash(agent_id) AS agent, {columns} FROM frame").fetchnumpy()
    nulls = {name: np.ma.getmaskarray(frame[name]) for name in {*why, *seen_in}}
    as_of = frame["as_of"]
    newest = as_of == as_of.max() if len(as_of) else np.zeros(0, dtype=bool)
    found = Coverage(len(as_of), len(np.unique(frame["agent"])), [], int(newest.sum()), {})

    def told(entry: Feature) -> tuple[FeatureQuality, Floats]:
        values, null = np.ma.getdata(frame[entry.name]), nulls[entry.name]
        reasons = _reasons(null, why[entry.name], nulls, as_of)
        return _quality(entry, values[~null] if reasons else values, reasons), values[newest & ~null]

    with ThreadPoolExecutor() as pool:
        for entry, (quality, values) in zip(entries, pool.map(told, entries), strict=True):
            found.features.append(quality)
            found.newest[entry.name] = values
    return found


def _reasons(
    null: Flags, found: Sequence[Cause], nulls: Mapping[str, Flags], as_of: npt.NDArray[np.datetime64]
) -> dict[str, int]:
    """Null rows by reason: each counts for the first cause that holds; what none explains is the empty text."""
    left, reasons = np.flatnonzero(null), dict[str, int]()
    for cause in found:
        holds = np.ones(len(left), dtype=bool) if cause.until is None else as_of[left] <= np.datetime64(cause.until)
        for name in cause.null:
            holds &= nulls[name][left]
        reasons[cause.text] = reasons.get(cause.text, 0) + int(holds.sum())
        left = left[~holds]
        if not len(left):
            break
    reasons[""] = len(left)
    return {text: rows for text, rows in reasons.items() if rows}


def _quality(entry: Feature, values: Floats, reasons: dict[str, int]) -> FeatureQuality:
    low, high = allowed(entry)
    null_rows = sum(reasons.values())
    rows = len(values) + null_rows
    finite = values[np.isfinite(values)]
    least, p01, median, p99, most = _ends(finite)
    return FeatureQuality(
        name=entry.name,
        label=entry.label,
        family=entry.family,
        unit=entry.unit,
        rows=rows,
        null_rows=null_rows,
        null_share=round(null_rows / max(rows, 1), 4),
        reasons=_ranked(reasons),
        minimum=least,
        p01=p01,
        median=median,
        p99=p99,
        maximum=most,
        low=_bound(low),
        high=_bound(high),
        outside=len(values) - len(finite) + _outside(finite, low, high),
        all_reasons=reasons,
    )


def _ends(values: Floats) -> list[float] | list[None]:
    if not len(values):
        return [None] * len(_QUANTILES)
    return [float(f"{end:.{DIGITS}g}") for end in np.quantile(values, _QUANTILES)]


def _outside(values: Floats, low: float, high: float) -> int:
    return int(((values < low - _TINY) | (values > high + _TINY)).sum())


def _bound(value: float) -> float | None:
    return value if isfinite(value) else None


def _ranked(reasons: dict[str, int]) -> list[Reason]:
    ranked = sorted(((text, rows) for text, rows in reasons.items() if text), key=lambda reason: -reason[1])
    kept = [Reason(text, rows) for text, rows in ranked[:MOST_REASONS]]
    rest = sum(reasons.values()) - sum(reason.rows for reason in kept)
    return [*kept, Reason(OTHER, rest)] if rest else kept
