"""How far the newest date of a build lies from the newest date of the build before, feature by feature.

The population stability index over the deciles of the earlier date: the sum over bins of (now - before) ln(now /
before), shares of the known rows. By convention under 0.1 is little, over 0.25 much.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from math import log

import numpy as np
import numpy.typing as npt

from features.home import Home
from features.quality.coverage import DIGITS

__all__ = ["FORMAT", "LEAST_ROWS", "LITTLE", "MUCH", "Before", "Drift", "FeatureDrift", "Profile", "build_before",
           "compared", "counts_in", "edges_of", "profile_of", "psi"]  # fmt: skip

FORMAT = 1
LEAST_ROWS = 50
LITTLE, MUCH = 0.1, 0.25
TOO_FEW = f"too few rows (under {LEAST_ROWS} with a value)"
NEW = "not in the build before"
SHARED, LEAST_GAP = 0.05, 0.05
_TINY = 1e-9


@dataclass(frozen=True)
class Profile:
    """What later builds are compared with: per feature the edges of its bins and the rows in each.

    Bins are closed above.
    """

    contract_version: str
    as_of: str
    rows: int
    edges: dict[str, list[float]]
    counts: dict[str, list[int]]

    def null_share(self, name: str) -> float:
        return round(1 - sum(self.counts[name]) / max(self.rows, 1), 4)


@dataclass(frozen=True)
class FeatureDrift:
    """The drift of one feature; `said` is why there is no index. `by_chance` is what it would be on average if both
    dates were draws from one population."""

    name: str
    psi: float | None
    by_chance: float | None
    null_share_before: float | None
    null_share: float
    said: str = ""

    @property
    def size(self) -> float:
        """What features are sorted by: the larger of the index and the change of the share null."""
        nulls = 0.0 if self.null_share_before is None else abs(self.null_share - self.null_share_before)
        return max(self.psi or 0.0, nulls)


@dataclass(frozen=True)
class Drift:
    """The newest date of a build against that of the build before (`before` is None where there is none to compare).

    `said` is a sentence: what is compared, or why nothing is. The largest drift comes first.
    """

    as_of: str
    before: str | None
    said: str
    features: list[FeatureDrift] = field(default_factory=list)


@dataclass(frozen=True)
class Before:
    """What is kept of the build before: its profile, and the drift that it reported."""

    profile: Profile
    drift: Drift


def build_before(home: Home) -> Before | None:
    """The build before, from the home's `features/quality.json`; None where there is none that can be read."""
    path = home.features / "quality.json"
    kept = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    if kept.get("format") != FORMAT:
        return None
    drift = kept["drift"]
    features = [FeatureDrift(**part) for part in drift["features"]]
    return Before(Profile(**kept["profile"]), Drift(**drift | {"features": features}))


def profile_of(values: Mapping[str, npt.NDArray[np.float64]], rows: int, contract_version: str, as_of: str) -> Profile:
    """The profile of a date from the known values of its features."""
    known = {name: _steady(column) for name, column in values.items()}
    edges = {name: _edges(column) for name, column in known.items()}
    counts = {name: _counts(column, edges[name]) for name, column in known.items()}
    return Profile(contract_version, as_of, rows, edges, counts)


def edges_of(values: npt.NDArray[np.float64]) -> list[float]:
    """Edges of the bins of a column, from its known values."""
    return _edges(_steady(values))


def counts_in(values: npt.NDArray[np.float64], edges: Sequence[float]) -> list[int]:
    """Known values per bin: up to the first edge, up to the second, ..., above the last."""
    return _counts(_steady(values), edges)


def _steady(values: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """The known values in 9 significant digits: the order in which a sum was taken moves no value over an edge."""
    known = values[np.isfinite(values)]
    size = np.floor(np.log10(np.abs(known), out=np.zeros_like(known), where=known != 0))
    scale = 10.0 ** (DIGITS - 1 - np.clip(size, -200, 200))
    return np.asarray(np.round(known * scale) / scale + 0.0)


def _edges(values: npt.NDArray[np.float64]) -> list[float]:
    """Edges between observed values: after each decile, and around values that many rows share.

    Where many rows share a value, as a z score of zero events does, a small move of that value is no drift; so an edge
    beside it needs a gap of a twentieth of the spread.
    """
    found, rows = np.unique(values, return_counts=True)
    if len(found) < 2:
        return [float(value + side * max(abs(value), 1) * _TINY) for value in found for side in (-1, 1)]
    low, high = np.quantile(found.repeat(rows), [0.01, 0.99])
    shared = rows >= SHARED * len(values)
    beside = shared[:-1] | shared[1:]
    wide = np.diff(found) >= LEAST_GAP * ((high - low) or (found[-1] - found[0]))
    below = np.cumsum(rows)[:-1] / len(values)
    decile = np.diff(np.floor(below * 10 + _TINY), prepend=0) > 0
    cuts = np.flatnonzero(np.where(beside, wide, decile))
    return [float(edge) for edge in (found[cuts] + found[cuts + 1]) / 2]


def _counts(values: npt.NDArray[np.float64], edges: Sequence[float]) -> list[int]:
    """Rows per bin: up to the first edge, up to the second, ..., above the last."""
    at = np.searchsorted(edges, values, side="left")
    return [int(count) for count in np.bincount(at, minlength=len(edges) + 1)]


def psi(before: Sequence[int], now: Sequence[int]) -> float:
    """The population stability index of two counts over the same bins; an empty bin counts half a row.

    Examples
    --------
    >>> round(psi([50, 50], [80, 20]), 4)  # 0.3 ln(0.8 / 0.5) - 0.3 ln(0.2 / 0.5)
    0.4159
    """
    pairs = zip(_shares(before, now), _shares(now, before), strict=True)
    return sum((new - old) * log(new / old) for old, new in pairs)


def _shares(counts: Sequence[int], others: Sequence[int]) -> list[float]:
    total = sum(counts)
    used = [count for count, other in zip(counts, others, strict=True) if count or other]
    return [max(count, 0.5) / total for count in used]


def compared(profile: Profile, values: Mapping[str, npt.NDArray[np.float64]], build: Before | None) -> Drift:
    """The drift of a date against the profile of the build before; the same build again says what it said before.

    Parameters
    ----------
    profile, values
        The newest date of this build, and its known values.
    build
        The build before; None for a first one.
    """
    if build is None:
        return Drift(profile.as_of, None, "There is no other build before this one to compare with.")
    before = build.profile
    if before == profile:
        return build.drift
    if before.contract_version != profile.contract_version:
        said = (
            f"The build before was made by feature contract {before.contract_version}, this one by"
            f" {profile.contract_version}: the features may mean something else, so they are not compared."
        )
        return Drift(profile.as_of, None, said)
    features = [_feature_drift(name, profile, values[name], before) for name in profile.edges]
    features.sort(key=lambda drift: (-drift.size, drift.name))
    return Drift(profile.as_of, before.as_of, _said(profile, before), features)


def _said(profile: Profile, before: Profile) -> str:
    if profile.as_of == before.as_of:
        return (
            f"Both builds end on {profile.as_of}: what differs is the input that came in or became visible in between,"
            " not a later week."
        )
    return f"{profile.as_of} ({profile.rows:,} rows) against {before.as_of} ({before.rows:,} rows) of the build before."


def _feature_drift(name: str, profile: Profile, values: npt.NDArray[np.float64], before: Profile) -> FeatureDrift:
    null_share = profile.null_share(name)
    if name not in before.edges:
        return FeatureDrift(name, None, None, None, null_share, NEW)
    old = before.counts[name]
    now = _counts(_steady(values), before.edges[name])
    if min(sum(old), sum(now)) < LEAST_ROWS:
        return FeatureDrift(name, None, None, before.null_share(name), null_share, TOO_FEW)
    bins = sum(1 for count in old if count)
    chance = (bins - 1) * (1 / sum(old) + 1 / sum(now))
    return FeatureDrift(name, round(psi(old, now), 4), round(chance, 4), before.null_share(name), null_share)
