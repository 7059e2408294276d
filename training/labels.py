"""What came true after each as-of date: 1, 0, or unknown (NaN), which is left out and never counted as 0."""

from datetime import timedelta

import numpy as np
import pandas as pd

from training.config import OutcomeConfig

__all__ = ["burnout_labels", "label", "turnover_labels"]


def label(
    frame: pd.DataFrame, tables: dict[str, pd.DataFrame], config: OutcomeConfig, observed_until: pd.Timestamp
) -> pd.Series:
    """Labels of an outcome for the rows of a feature frame (columns as_of, agent_id), NaN where it is not known.

    Rows whose horizon ends after `observed_until` are unknown: what has not been seen yet did not fail to happen.
    """
    of = {"burnout": burnout_labels, "turnover": turnover_labels}[config.name]
    labels = of(frame, tables, config)
    seen = frame["as_of"] + timedelta(days=config.horizon_days) <= observed_until
    return labels.where(seen)


def burnout_labels(frame: pd.DataFrame, tables: dict[str, pd.DataFrame], config: OutcomeConfig) -> pd.Series:
    """1 where the first survey submitted in [T, T + horizon) scores at or above the threshold; NaN without one."""
    surveys = tables["surveys"]
    wanted = (surveys["instrument"].str.lower() == config.instrument) & (surveys["scale"].str.lower() == config.scale)
    surveys = surveys[wanted].sort_values("submitted_at")
    rows = frame[["as_of", "agent_id"]].reset_index(names="row").sort_values("as_of")
    found = pd.merge_asof(
        rows.astype({"as_of": "datetime64[us]"}),
        surveys[["agent_id", "submitted_at", "score"]].astype({"submitted_at": "datetime64[us]"}),
        left_on="as_of",
        right_on="submitted_at",
        by="agent_id",
        direction="forward",
    ).set_index("row")
    within = found["submitted_at"] < found["as_of"] + timedelta(days=config.horizon_days)
    return (found["score"] >= config.threshold).astype(float).where(within).reindex(frame.index)


def turnover_labels(frame: pd.DataFrame, tables: dict[str, pd.DataFrame], config: OutcomeConfig) -> pd.Series:
    """1 where the agent gives notice in [T + gap, T + horizon); NaN where the answer cannot count.

    The event is the day notice was given, not the last day. Rows after notice are left out, and so are those
    whose notice falls into the gap. Someone who transfers or retires within the horizon is censored (NaN); someone
    who is dismissed did not quit (0).
    """
    exits = tables["exits"].sort_values([name for name in ("notice_on", "recorded_at") if name in tables["exits"]])
    exits = exits.drop_duplicates(["agent_id", "notice_on"], keep="last")
    exits = exits[["agent_id", "notice_on", "last_day", "kind"]]
    exits = exits.assign(notice_on=pd.to_datetime(exits["notice_on"]), last_day=pd.to_datetime(exits["last_day"]))
    rows = frame[["as_of", "agent_id"]].reset_index(names="row")
    # a spell's own exit is the first whose last day is not over yet; earlier ones belong to earlier spells
    pairs = rows.merge(exits, on="agent_id").query("last_day >= as_of")
    nearest = pairs.sort_values("last_day").drop_duplicates("row").set_index("row").reindex(frame.index)
    days = (nearest["notice_on"] - frame["as_of"]).dt.days
    labels = pd.Series(0.0, index=frame.index)
    in_horizon = (days >= config.gap_days) & (days < config.horizon_days)
    labels[in_horizon & (nearest["kind"] == "voluntary")] = 1.0
    labels[in_horizon & nearest["kind"].isin(["transfer", "retirement", "other"])] = np.nan
    labels[days < config.gap_days] = np.nan
    return labels
