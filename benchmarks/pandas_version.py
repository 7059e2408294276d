"""The agent-day facts in plain pandas, as one would write them first: only the last versions, no memory of when.

It computes less than the pipeline does (no states, no queues, no snapshots), so the comparison favors it.
"""

import numpy as np
import pandas as pd

from features.home import Home

_COLUMNS = [
    "contact_id", "agent_id", "day", "started_at", "ended_at", "talk_s", "hold_s", "acw_s", "escalated", "transferred",
    "complaint", "abusive", "resolved", "csat", "nps", "ces", "sentiment", "recorded_at", "sign",
]  # fmt: skip
_DAY = ["agent_id", "day"]


def signals_in_pandas(home: Home) -> pd.DataFrame:
    """Sums, pauses, stretches, half-hours and hard runs per agent and day."""
    rows = pd.read_parquet(home.table("contacts"), columns=_COLUMNS)
    rows = rows[rows["sign"] == 1].sort_values("recorded_at").drop_duplicates("contact_id", keep="last")
    rows = rows.sort_values([*_DAY, "started_at"], ignore_index=True)
    rows["handle_s"] = rows["talk_s"] + rows["hold_s"].fillna(0) + rows["acw_s"].fillna(0)
    rows["log_s"] = np.log(rows["handle_s"].where(rows["handle_s"] > 0))
    rows["log_square"] = rows["log_s"] ** 2
    rows["negative"] = rows["sentiment"] <= -0.5
    rows["unhappy_s"] = (-rows["sentiment"]).clip(lower=0) * rows["handle_s"]
    rows["csat_top"] = rows["csat"] >= 4
    rows["busy_end"] = rows["ended_at"] + pd.to_timedelta(rows["acw_s"].fillna(0), unit="s")
    days = rows.groupby(_DAY, sort=False)
    rows["last_end"] = days["busy_end"].cummax()
    rows["gap_s"] = (rows["started_at"] - days["last_end"].shift()).dt.total_seconds().clip(lower=0)
    sums = ["handle_s", "acw_s", "log_s", "log_square", "sentiment", "unhappy_s", "nps", "ces"]
    sums += ["escalated", "transferred", "complaint", "abusive", "resolved", "negative", "csat_top"]
    facts = days[sums].sum()
    facts["contacts"] = days.size()
    facts["gap_median"] = days["gap_s"].median()
    facts["hard_run"] = _hard_runs(rows)
    facts["long_stretches"] = _stretches(rows)
    facts["excess"] = _half_hours(rows)
    return facts


def _hard_runs(rows: pd.DataFrame) -> pd.Series:
    hard = rows["negative"] | rows["abusive"]
    run = (~hard | ~(rows["gap_s"] < 600)).cumsum()
    return hard.groupby([rows["agent_id"], rows["day"], run]).sum().groupby(level=_DAY).max()


def _stretches(rows: pd.DataFrame) -> pd.Series:
    stretch = rows.groupby([*_DAY, (~(rows["gap_s"] < 300)).cumsum()])
    length = (stretch["busy_end"].max() - stretch["started_at"].min()).dt.total_seconds()
    return (length > 7200).groupby(level=_DAY).sum()


def _half_hours(rows: pd.DataFrame) -> pd.Series:
    """Each contact's seconds in the half-hours that it touches first and second, which is nearly all of them."""
    start, end = (rows[name].astype("int64") // 10**6 for name in ("started_at", "busy_end"))
    slot = start // 1800
    first = np.minimum(end, (slot + 1) * 1800) - start
    parts = pd.DataFrame({"slot": slot, "s": first}), pd.DataFrame({"slot": slot + 1, "s": (end - start - first)})
    both = pd.concat([part.assign(agent_id=rows["agent_id"], day=rows["day"]) for part in parts])
    busy = both[both["s"] > 0].groupby([*_DAY, "slot"])["s"].sum().clip(upper=1800) / 1800
    return (busy - 0.85).clip(lower=0).groupby(level=_DAY).mean()
