"""What came true after each as-of date: 1, 0, or unknown (NaN), which is left out and never counted as 0."""

from datetime import timedelta

import pandas as pd

from training.config import OutcomeConfig
from training.hazard import follow_up, within_horizon

__all__ = ["burnout_labels", "label", "next_answers", "next_scores", "seen_whole", "turnover_labels"]


def label(
    frame: pd.DataFrame, tables: dict[str, pd.DataFrame], config: OutcomeConfig, observed_until: pd.Timestamp
) -> pd.Series:
    """Labels of an outcome for the rows of a feature frame (columns as_of, agent_id), NaN where it is not known.

    Rows whose horizon ends after `observed_until` are unknown: what has not been seen yet did not fail to happen.
    """
    of = {"burnout": burnout_labels, "turnover": turnover_labels}[config.name]
    labels = of(frame, tables, config)
    return labels.where(seen_whole(frame, config.horizon_days, observed_until))


def seen_whole(frame: pd.DataFrame, horizon_days: int, observed_until: pd.Timestamp) -> pd.Series:
    """Which rows have a horizon that ended before the end of what was observed."""
    return frame["as_of"] + timedelta(days=horizon_days) <= observed_until


def next_scores(frame: pd.DataFrame, surveys: pd.DataFrame, config: OutcomeConfig) -> pd.Series:
    """Score of the first survey submitted in [T, T + horizon); NaN without one."""
    return next_answers(frame, surveys, config)["score"]


def next_answers(frame: pd.DataFrame, surveys: pd.DataFrame, config: OutcomeConfig) -> pd.DataFrame:
    """`score` and `submitted_at` of the first survey submitted in [T, T + horizon); null without one."""
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
    return found[["score", "submitted_at"]].where(within).reindex(frame.index)


def burnout_labels(frame: pd.DataFrame, tables: dict[str, pd.DataFrame], config: OutcomeConfig) -> pd.Series:
    """1 where the first survey submitted in [T, T + horizon) scores at or above the threshold; NaN without one."""
    scores = next_scores(frame, tables["surveys"], config)
    return (scores >= config.threshold).astype(float).where(scores.notna())


def turnover_labels(frame: pd.DataFrame, tables: dict[str, pd.DataFrame], config: OutcomeConfig) -> pd.Series:
    """1 where the agent gives notice in [T + gap, T + horizon); NaN where the answer cannot count.

    The event is the day notice was given, not the last day. Rows after notice are left out, and so are those
    whose notice falls into the gap. Someone who transfers or retires within the horizon is censored (NaN); someone
    who is dismissed did not quit (0).
    """
    spells = follow_up(frame, tables["exits"], frame["as_of"].max() + timedelta(days=config.horizon_days))
    return pd.Series(within_horizon(spells, config.gap_days, config.horizon_days), index=frame.index)
