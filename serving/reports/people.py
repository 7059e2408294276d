"""People on a team's page: those alone who share with their manager, by what their work was like, without a score.

Beside the means of a team, numbers of its members tell about the others. So numbers of those who share are told only
where the minimum of people remains who do not, or none; else the same is said without numbers. Survey answers and
absences are kept back in any case.
"""

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from features.catalog import feature, own_usual, peer_usual
from serving.consent import agreed
from serving.outreach.actions import Catalog, catalog
from serving.outreach.choose import Situation, choose
from serving.outreach.listing import offers_of
from serving.outreach.sites import NOTHING, Overrides, at_site
from serving.reports.material import Material
from serving.store import Score, Store

__all__ = ["OpenOffer", "People", "Person", "people_of"]

OUTCOME = "burnout"  # a score about leaving is for nobody's manager
_REASONS, _OFFERS, _MOSTLY = 3, 2, 0.5
_KEPT_BACK = ("last_survey_score", "unplanned_spells")  # answered in confidence; and why somebody was away is theirs


class OpenOffer(NamedTuple):
    """Something that was offered to somebody and is not closed."""

    agent_id: str
    action: str
    state: str
    due: str


class Person(NamedTuple):
    """Somebody who shares, what contributed to their score, and what could be offered."""

    agent_id: str
    reasons: list[str]
    suggestions: list[str]


class People(NamedTuple):
    """`share`: how many of the team share; `people`: those of them in whose work something stands out."""

    share: int
    people: list[Person]
    offers: list[OpenOffer]
    numbers: bool = True


def people_of(
    store: Store, material: Material, team: str, cohort: Iterable[str], offered_by: str | None = None,
    overrides: Overrides = NOTHING,
) -> People:  # fmt: skip
    """What a team's page says of people; `cohort` are those behind the team's own figures."""
    members = material.now[material.now["team_id"] == team].set_index("agent_id")
    shares = sorted(
        agent for agent, granted in agreed(store, "share_with_manager", list(members.index)).items() if granted
    )
    managers = {offered_by} if offered_by is not None else set(members["manager_id"])
    others = len(set(cohort) - set(shares))
    numbers = others == 0 or others >= material.releases.policy.minimum_group
    scores = store.scores(OUTCOME, material.day, shares) if OUTCOME in material.scores and shares else []
    rows = {str(agent): row for agent, row in members.iterrows()}
    found = [
        _person(score, rows[score.agent_id], at_site(catalog(), overrides, score.site_id), numbers)
        for score in scores
        if score.probability is not None and score.band != "usual"
    ]
    return People(len(shares), found, _open(store, team, managers, set(shares)), numbers)


def _open(store: Store, team: str, managers: set[Any], shares: set[str]) -> list[OpenOffer]:
    """Offers of people who share still, made by those who read the page."""
    return [
        OpenOffer(one.agent_id, _name(one.action), str(one.state), one.due_on.isoformat() if one.due_on else "")
        for one in offers_of(store, team=team, still_open=True)
        if one.offered_by in managers and one.agent_id in shares
    ]


def _person(score: Score, row: pd.Series, known: Catalog, numbers: bool) -> Person:
    told = [reason for reason in score.reasons if reason["signal"] not in _KEPT_BACK]
    raised = [reason for reason in told if reason["contribution"] > 0][:_REASONS]
    situation = Situation(
        contributions={reason["signal"]: reason["contribution"] for reason in score.reasons},
        queue=score.queue,
        new_hire=row["new_hire"] == 1,
        remote=bool(row["remote_share"] >= _MOSTLY),
    )
    offers = [one.action.name for one in choose(known, situation)[:_OFFERS]]
    return Person(score.agent_id, [_said(reason, row, numbers) for reason in raised], offers)


def _said(reason: Mapping[str, Any], row: pd.Series, numbers: bool) -> str:
    if numbers:
        return f"{str(reason['sentence'])[:1].upper()}{str(reason['sentence'])[1:]}"
    entry = feature(reason["signal"])
    label = entry.label if entry else str(reason["signal"])
    told = [
        f"{'more' if row[reason['signal']] > row[column] else 'less'} than {whose}"
        for column, whose in (
            (own_usual(reason["signal"]), "in their own past"), (peer_usual(reason["signal"]), "among colleagues"),
        )
        if column in row.index and np.isfinite([row[reason["signal"]], row[column]]).all()
        and row[reason["signal"]] != row[column]
    ]  # fmt: skip
    return f"{label[:1].upper()}{label[1:]}{': ' if told else ''}{' and '.join(told)}"


def _name(action: str) -> str:
    found = catalog().action(action)
    return found.name if found else action
