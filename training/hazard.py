"""Turnover as two hazards that compete: who quits, who is dismissed, who stays, day by day.

From each as-of date the days ahead are cut into bands that end at the horizons. Within a band a person's daily hazard
is constant, so a row for each (person, as-of date, band) holds all that daily rows would: days without an event count
as many rows with outcome 0, the day of the event as one with outcome 1. The likelihood is the same. People who
transfer, retire or are still there at the end of what was seen are censored: they count until then.
"""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd

__all__ = ["BAND", "CAUSES", "Bands", "Spells", "follow_up", "incidence", "person_periods", "within_horizon"]

Floats = npt.NDArray[np.float64]
CAUSES = ("voluntary", "involuntary")
BAND = "days_ahead"


@dataclass(frozen=True)
class Bands:
    """Days from an as-of date on, cut at `ends`; the first band begins after the gap.

    Examples
    --------
    >>> Bands(gap=14, ends=(30, 90, 180)).days
    array([16, 60, 90])
    """

    gap: int
    ends: tuple[int, ...]

    @property
    def starts(self) -> tuple[int, ...]:
        return (self.gap, *self.ends[:-1])

    @property
    def days(self) -> npt.NDArray[np.int64]:
        return np.asarray(np.subtract(self.ends, self.starts))


class Spells(NamedTuple):
    """What became of each row of a feature frame: day of the end counted from its as-of date, and how it ended.

    `day`: the event's day, or the first day of which nothing is known. `cause`:
    voluntary, involuntary or "" (censored).
    """

    day: npt.NDArray[np.int64]
    cause: npt.NDArray[np.str_]


def follow_up(frame: pd.DataFrame, exits: pd.DataFrame, until: pd.Timestamp) -> Spells:
    """Follow the rows of a feature frame (columns as_of, agent_id) up to `until`.

    The event is the day notice was given, not the last day: rows on or after it have a `day` of 0 or less. An exit
    that was recorded several times counts as it was recorded last; a rehire is a new spell.
    """
    exits = exits.sort_values([name for name in ("notice_on", "recorded_at") if name in exits])
    exits = exits.drop_duplicates(["agent_id", "notice_on"], keep="last")
    exits = exits[["agent_id", "notice_on", "last_day", "kind"]]
    exits = exits.assign(notice_on=pd.to_datetime(exits["notice_on"]), last_day=pd.to_datetime(exits["last_day"]))
    rows = frame[["as_of", "agent_id"]].reset_index(drop=True).reset_index(names="row")
    # a spell's own exit is the first whose last day is not over yet; earlier ones belong to earlier spells
    pairs = rows.merge(exits, on="agent_id").query("last_day >= as_of")
    nearest = pairs.sort_values("last_day").drop_duplicates("row").set_index("row").reindex(rows["row"])
    seen = (until - rows["as_of"]).dt.days.to_numpy()
    notice = (nearest["notice_on"].to_numpy() - rows["as_of"].to_numpy()) / np.timedelta64(1, "D")
    ended = notice < seen
    kinds = nearest["kind"].where(nearest["kind"].isin(CAUSES), "").fillna("").to_numpy(dtype=str)
    return Spells(np.where(ended, np.nan_to_num(notice), seen).astype(np.int64), np.where(ended, kinds, ""))


def person_periods(spells: Spells, bands: Bands) -> pd.DataFrame:
    """Rows that the hazards are fitted on.

    Returns
    -------
    frame
        `row` (place in the feature frame), `band` (its number), `days` at risk without an event, `cause` of the event
        that ended the band's days or "". Rows whose event falls into the gap, or before, are left out.
    """
    parts = []
    for band, (start, end) in enumerate(zip(bands.starts, bands.ends, strict=True)):
        at_risk = np.where(spells.cause != "", spells.day >= start, spells.day > start)
        happened = at_risk & (spells.cause != "") & (spells.day < end)
        days = np.minimum(spells.day, end) - start
        rows = np.flatnonzero(at_risk)
        parts.append(
            pd.DataFrame(
                {
                    "row": rows,
                    "band": band,
                    "days": days[rows],
                    "cause": np.where(happened, spells.cause, "")[rows],
                }
            )
        )
    return pd.concat(parts, ignore_index=True)


def within_horizon(spells: Spells, gap: int, horizon: int) -> Floats:
    """1 where someone quit in days [gap, horizon), 0 where not; NaN where that is not known or does not count."""
    happened = (spells.cause == "voluntary") & (spells.day >= gap) & (spells.day < horizon)
    stayed = (spells.day >= horizon) | ((spells.cause == "involuntary") & (spells.day >= gap))
    return np.where(happened, 1.0, np.where(stayed, 0.0, np.nan))


def incidence(hazards: Floats, days: npt.NDArray[np.int64]) -> Floats:
    """Cumulative incidence of each cause at the end of each band, shape (causes, n, bands).

    Parameters
    ----------
    hazards
        Daily hazards, shape (causes, n, bands).
    days
        Length of each band.

    Notes
    -----
    `CIF_c(H) = sum over days k <= H of h_c(k) * product over days j < k of (1 - sum of h(j))`: within a band a
    geometric series. What is left is survival; all of them add up to 1. Source: Schmid and Berger (2021), Competing
    risks analysis for discrete time-to-event data.
    """
    total = hazards.sum(axis=0)  # (n, bands)
    stay = np.maximum(1 - total, 0.0) ** days
    before = np.concatenate([np.ones((len(total), 1)), np.cumprod(stay, axis=1)[:, :-1]], axis=1)
    share = np.divide(hazards, total, out=np.zeros_like(hazards), where=total > 0)
    return np.asarray(np.cumsum(share * (before * (1 - stay)), axis=2))
