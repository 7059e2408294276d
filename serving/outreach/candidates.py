"""Who could be offered support: those with a score, on the roster in the week, with actions that fit their work."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime
from typing import Any

import pandas as pd

from features.errors import InputError, NotReadyError
from features.frame import load_frame
from features.home import Home
from features.raw import rows
from serving.outreach.actions import Catalog
from serving.outreach.choose import Situation, choose
from serving.outreach.offers import Person
from serving.outreach.order import BY_RISK, Order
from serving.outreach.sites import Overrides, at_site
from serving.store import Score, Store
from training.config import OUTCOMES

__all__ = ["BANDS", "candidates_of", "people_of", "posts_on"]

BANDS = ("usual", "elevated", "high")
_STALE_DAYS = 28
_MOSTLY = 0.5
_ALSO = 3


def candidates_of(
    home: Home, store: Store, outcome: str, week: date, catalog: Catalog, overrides: Overrides, least: str = "elevated",
    order: Order = BY_RISK,
) -> list[Person]:  # fmt: skip
    """Candidates of a week by the newest scores of an outcome; the rank is the score, or their place in the order.

    Who has no score, has one under the band `least`, or is not on the roster on the week's first day is none.

    Raises
    ------
    InputError
        There is no such outcome or band.
    NotReadyError
        Nothing was scored, or so long ago that it says nothing about the week.
    """
    for option, value, valid in (("--outcome", outcome, tuple(OUTCOMES)), ("--least-band", least, BANDS)):
        if value not in valid:
            raise InputError(f"{option} {value}: name one of {', '.join(valid)}.")
    as_of = store.latest(outcome)
    if as_of is None:
        raise NotReadyError(f"There are no {outcome} scores yet; run `respite score` first.")
    if abs((week - as_of).days) > _STALE_DAYS:
        raise NotReadyError(
            f"--week {week}: the newest {outcome} scores are as of {as_of}, more than {_STALE_DAYS} days away; run"
            " `respite features` and `respite score`, or name a week near that date."
        )
    bands = BANDS[BANDS.index(least) :]
    scores = [one for one in store.scores(outcome, as_of) if one.probability is not None and one.band in bands]
    frame = load_frame(home, since=as_of)
    now = frame[frame["as_of"] == pd.Timestamp(as_of)].set_index("agent_id")
    people = people_of(scores, posts_on(rows(home, "agents"), week), now, catalog, overrides)
    ranks = order.ranks(scores, now)
    return [replace(one, rank=ranks[one.agent_id]) for one in people]


def people_of(
    scores: Sequence[Score], posts: pd.DataFrame, signals: pd.DataFrame, catalog: Catalog, overrides: Overrides
) -> list[Person]:
    """Those of the scores who hold a post, each with the actions that fit at their site.

    Parameters
    ----------
    posts, signals
        By agent id: manager_id, team_id, site_id; new_hire and remote_share (0 to 1) as of the scores.
    """
    sites = {str(site): at_site(catalog, overrides, str(site)) for site in set(posts["site_id"])}
    post: Any = posts.to_dict("index")
    signal: Any = signals[["new_hire", "remote_share"]].to_dict("index")
    found = []
    for score in scores:
        held = post.get(score.agent_id)
        if held is None or score.probability is None:
            continue
        situation = _situation(score, signal.get(score.agent_id, {}))
        actions = tuple(one.action.id for one in choose(sites[held["site_id"]], situation)[: 1 + _ALSO])
        found.append(Person(score.agent_id, **held, rank=score.probability, actions=actions))
    return found


def posts_on(agents: pd.DataFrame, day: date) -> pd.DataFrame:
    """Everyone's manager_id, team_id and site_id on a day, by agent id; of two versions the one known later."""
    at = datetime.combine(day, datetime.min.time())
    holds = (agents["valid_from"] <= at) & (agents["valid_to"].isna() | (agents["valid_to"] > at))
    newest = agents[holds].sort_values(["valid_from", "recorded_at"]).groupby("agent_id").tail(1)
    return newest.set_index("agent_id")[["manager_id", "team_id", "site_id"]]


def _situation(score: Score, signals: dict[str, Any]) -> Situation:
    return Situation(
        contributions={reason["signal"]: reason["contribution"] for reason in score.reasons},
        queue=score.queue,
        new_hire=signals.get("new_hire") == 1,
        remote=(signals.get("remote_share") or 0.0) >= _MOSTLY,
    )
