"""Whom a batch may score, and what a manager reads where there is no score.

An agent who opted out is not scored; their row says so to them and to the wellbeing partner. To a manager every missing
score reads the same, whatever its reason, and the figures of groups count everyone with no score alike
(`serving.reports.groups`).
"""

from typing import Any

import pandas as pd
from sqlalchemy.orm import Session

from features.errors import NotReadyError
from serving.consent import consent_store, may_score, stopped
from serving.store import Score, Store

__all__ = ["NO_SCORE", "OPTED_OUT", "for_manager", "not_scored", "refuse_if_stopped", "to_be_scored"]

OPTED_OUT = "asked not to be scored"
NO_SCORE = "no score at present"
_ABOUT_THE_SCORE: dict[str, Any] = {"probability": None, "band": None, "base": None, "reasons": []}


def refuse_if_stopped(session: Session) -> None:
    """Nothing is scored while the global switch is on.

    Raises
    ------
    NotReadyError
        It is on; the sentence has the reason.
    """
    why = stopped(session)
    if why is not None:
        raise NotReadyError(f"Scoring is stopped: {why}. `respite resume --reason ...` lets it go on.")


def to_be_scored(store: Store, frame: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Rows that may be scored, and those of agents who opted out.

    Raises
    ------
    NotReadyError
        Scoring is stopped.
    """
    consent_store(store)
    with store.session() as session:
        refuse_if_stopped(session)
        may = frame["agent_id"].isin(may_score(session, frame["agent_id"]))
    return frame[may].reset_index(drop=True), frame[~may].reset_index(drop=True)


def not_scored(frame: pd.DataFrame, like: dict[str, Any]) -> list[dict[str, Any]]:
    """Rows of the store for those who opted out; `like` is any row of the same batch."""
    posts = frame[["agent_id", "team_id", "site_id", "queue"]].to_dict("records")
    return [like | _ABOUT_THE_SCORE | {str(k): v for k, v in post.items()} | {"abstained": OPTED_OUT} for post in posts]


def for_manager(score: Score) -> dict[str, Any]:
    """A score as its agent's manager may read it where the agent shares it: a missing one gives no reason."""
    shown = {column.name: getattr(score, column.name) for column in Score.__table__.columns}
    if score.probability is None:
        shown |= _ABOUT_THE_SCORE | {"abstained": NO_SCORE}
    return shown
