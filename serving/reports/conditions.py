"""Conditions of work behind a group's mean score, and what the model would expect were they as on the queue.

It is a question about the model: a condition that contributed to a score need not be why something happens, and nobody
has seen the change happen.
"""

from collections.abc import Sequence
from datetime import date
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd

from features.catalog import feature_names, own_usual, peer_usual
from serving.outreach.actions import Action, Catalog
from serving.reports.champions import Champion
from serving.reports.groups import Standing
from serving.reports.material import Material
from serving.reports.sentences import Compared, entry_of
from serving.what_if import moved

__all__ = ["CONDITIONS", "Condition", "actions_for", "conditions"]

CONDITIONS = {
    "contacts_per_hour": "staffing",
    "overtime": "staffing",
    "missed_break_rate": "staffing",
    "quick_returns": "shift pattern",
    "start_sd": "shift pattern",
    "late_change_rate": "shift pattern",
    "escalation_rate": "queue",
    "abuse_per_100": "queue",
    "negative_share": "queue",
}
_LEAST = 0.01  # of probability: less cannot be seen in whole percents
_SHOWN = 3
Floats = npt.NDArray[np.float64]


class Condition(NamedTuple):
    """A condition that is harder here than on the queue, and the group's mean score with the queue's value."""

    kind: str
    found: Compared
    mean: float
    then: float


def conditions(
    material: Material, outcome: str, standing: Standing, compared: Sequence[Compared]
) -> list[Condition] | None:
    """Those of the signals whose queue's value would lower the group's mean score most; None where no model can say.

    Whoever has no score now counts as of the date of their last one, so that an opt-out does not show.
    """
    champion = material.champion(outcome)
    rows = _rows(material, champion, outcome, standing) if champion else pd.DataFrame()
    harder = [one for one in compared if one.name in CONDITIONS and _harder(one, outcome)]
    if champion is None or rows.empty:
        return None
    if not harder:
        return []
    answers = champion.predict(pd.concat([rows, *(_with(rows, one) for one in harder)], ignore_index=True))
    now, *then = np.split(answers, len(harder) + 1)
    found = []
    for one, expected in zip(harder, then, strict=True):
        apart = float(np.nansum(expected - now)) / len(standing.people)
        found.append(Condition(CONDITIONS[one.name], one, standing.group.mean, standing.group.mean + apart))
    told = [one for one in found if one.mean - one.then >= _LEAST]
    return sorted(told, key=lambda one: one.then)[:_SHOWN]


def actions_for(found: Sequence[Condition], catalog: Catalog) -> list[Action]:
    """What the organization can do about the conditions, for everyone, the strongest condition first; at most three."""
    ranked: dict[str, Action] = {}
    for one in found:
        for name, driver in catalog.drivers.items():
            if one.found.name in driver.signals:
                fitting = [a for a in catalog.actions if name in a.drivers and a.level != "individual" and a.for_anyone]
                fitting.sort(key=lambda action: (action.level != "organizational", action.evidence.grade, action.id))
                ranked |= {action.id: action for action in fitting[:1] if action.id not in ranked}
    return list(ranked.values())[:3] or [action for action in catalog.actions if action.always]


def _harder(one: Compared, outcome: str) -> bool:
    way = entry_of(one.name).direction(outcome)
    return bool(way * (one.now - one.queue) > 0)


def _rows(material: Material, champion: Champion, outcome: str, standing: Standing) -> pd.DataFrame:
    """The row of everybody at the date of their score."""
    by_day: dict[date, list[str]] = {}
    for agent in sorted(standing.people):
        by_day.setdefault(material.scores[outcome].rows[agent].as_of, []).append(agent)
    now = material.now[material.now["agent_id"].isin(by_day.pop(material.day, []))]
    more = [column for name in CONDITIONS for column in (own_usual(name), peer_usual(name))]
    earlier = [champion.rows(day, agents, (*feature_names(), *more)) for day, agents in by_day.items()]
    return pd.concat([now, *(rows for rows in earlier if len(rows))], ignore_index=True)


def _with(rows: pd.DataFrame, one: Compared) -> pd.DataFrame:
    return rows.assign(**moved(rows, one.name, one.queue))
