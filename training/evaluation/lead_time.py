"""How early a score spoke up: days from being reached first to the event, for those whose event came."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from features.errors import InputError
from training.evaluate import selected

__all__ = ["LeadTime", "lead_time"]

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class LeadTime:
    """Days between being reached first and event; quartiles over the events that were reached, NaN where none was.

    `events` are those of agents who were scored before the event at all, `unscored` the others; `days` has one value
    per scored event, in the order of the events, NaN where none was before it.
    """

    events: int
    unscored: int
    never_reached: float
    lower_quartile: float
    median: float
    upper_quartile: float
    days: Floats


def lead_time(
    scores: pd.DataFrame,
    events: pd.DataFrame,
    *,
    outreach_share: float | None = None,
    threshold: float | None = None,
    within_days: int | None = None,
) -> LeadTime:
    """Measure how many days before an event its agent was first reached.

    Parameters
    ----------
    scores
        Columns agent_id, as_of, score; one row per agent and date.
    events
        Columns agent_id, event_on. An agent may have several; scores after an event count for the next one only.
    outreach_share, threshold
        Reached are the top share of each date, or scores at or above a threshold. Exactly one is given.
    within_days
        Days longer before the event than this do not count (say, the horizon): early is not the same as by chance.

    Raises
    ------
    InputError
        A column is absent, or neither or both of outreach share and threshold are given.
    """
    for name, frame, columns in (("scores", scores, ["agent_id", "as_of", "score"]),
                                 ("events", events, ["agent_id", "event_on"])):  # fmt: skip
        if absent := [column for column in columns if column not in frame]:
            raise InputError(
                f"lead time, {name}: no column {', '.join(absent)}; those are {', '.join(map(str, frame))}."
            )
    if (outreach_share is None) == (threshold is None):
        raise InputError("lead time: name either outreach_share or threshold.")
    p = scores["score"].to_numpy(dtype=float)
    reached = p >= threshold if threshold is not None else selected(p, outreach_share or 0.0, scores["as_of"])
    days = _days(scores.assign(reached=reached), events, np.inf if within_days is None else within_days)
    known = days[days["scored"]]["days"].to_numpy(dtype=float)
    found = known[~np.isnan(known)]
    lower, median, upper = np.quantile(found, [0.25, 0.5, 0.75]).tolist() if len(found) else [np.nan] * 3
    never = 1 - len(found) / len(known) if len(known) else np.nan
    return LeadTime(len(known), len(days) - len(known), never, lower, median, upper, known)


def _days(scores: pd.DataFrame, events: pd.DataFrame, within: float) -> pd.DataFrame:
    """Per event: whether it was scored before, and days since being reached first; on the day itself is too late."""
    spells = events[["agent_id", "event_on"]].drop_duplicates(ignore_index=True)
    spells["event_on"] = pd.to_datetime(spells["event_on"])
    before = spells.sort_values("event_on", kind="stable").groupby("agent_id")["event_on"].shift()
    spells["since"] = before.reindex(spells.index)
    pairs = spells.reset_index(names="event").merge(scores[["agent_id", "as_of", "reached"]], on="agent_id")
    pairs["days"] = (pairs["event_on"] - pd.to_datetime(pairs["as_of"])).dt.days
    own = pairs["since"].isna() | (pd.to_datetime(pairs["as_of"]) >= pairs["since"])
    pairs = pairs[own & (pairs["days"] > 0) & (pairs["days"] <= within)]
    first = pairs[pairs["reached"]].groupby("event")["days"].max()
    return pd.DataFrame({"scored": spells.index.isin(pairs["event"]), "days": first.reindex(spells.index)})
