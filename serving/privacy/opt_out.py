"""Whom a batch may score, and what a manager reads where there is no score.

An agent who opted out is not scored; their row says so to them and to the wellbeing partner. To a manager every missing
score reads the same, whatever its reason, and the figures of groups count everyone with no score alike
(`serving.reports.groups`).
"""

from collections.abc import Mapping
from typing import Any

import pandas as pd

from serving.consent import may_score, refuse_when_stopped
from serving.store import Store

__all__ = ["NO_SCORE", "OPTED_OUT", "for_manager", "to_be_scored"]

OPTED_OUT = "asked not to be scored"
NO_SCORE = "no score at present"
_ABOUT_THE_SCORE: dict[str, Any] = {
    **dict.fromkeys(("probability", "low", "high", "band", "base")), "reasons": [], "more_reasons": [], "families": {},
}  # fmt: skip


def to_be_scored(store: Store, frame: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Rows that may be scored, and those of agents who opted out.

    Raises
    ------
    StoppedError
        Someone stopped Respite.
    """
    refuse_when_stopped(store)
    may = frame["agent_id"].isin(may_score(store, frame["agent_id"]))
    return frame[may].reset_index(drop=True), frame[~may].reset_index(drop=True)


def for_manager(row: Mapping[str, Any]) -> Mapping[str, Any]:
    """A score as its agent's manager may read it where the agent shares it: a missing one gives no reason."""
    return row if row["probability"] is not None else {**row, **_ABOUT_THE_SCORE, "abstained": NO_SCORE}
