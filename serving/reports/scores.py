"""Scores of one outcome as numbers by person: means over people, made once for all pages."""

import json
from collections.abc import Sequence, Set
from datetime import date, timedelta
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd
from sqlalchemy import String, cast, select

from serving.store import Store
from serving.tables import Score
from training.explain import FAMILIES

__all__ = ["Figures", "ScoreRow", "Scored", "load_scores"]

Floats = npt.NDArray[np.float64]
_READ = (
    Score.agent_id, Score.as_of, Score.probability, Score.base, cast(Score.families, String), Score.team_id,
    Score.site_id, Score.queue, Score.horizon_days, Score.model_version,
)  # fmt: skip


class ScoreRow(NamedTuple):
    """One score without its reasons; what the columns of the store mean."""

    agent_id: str
    as_of: date
    probability: float | None
    base: float | None
    families: dict[str, float]
    team_id: str
    site_id: str
    queue: str
    horizon_days: int
    model_version: str


class Figures(NamedTuple):
    """Means over people: probability, starting point and log-odds, and the sum of contributions of each family."""

    people: int
    mean: float
    base: float
    log_odds: float
    families: dict[str, float]


class Scored:
    """Scores of a date (`now`), and the last ones of before (`carried`) of whoever has none at that date.

    Rows have agent_id, as_of, probability, base, families, team_id, site_id, queue, horizon_days and model_version.
    """

    def __init__(self, outcome: str, now: Sequence[Any], carried: Sequence[Any] = ()) -> None:
        self.outcome, self.now, self.carried = outcome, now, carried
        self._figures: dict[frozenset[str], Figures] = {}
        self._members: dict[str, dict[str, frozenset[str]]] = {}

    @property
    def horizon_days(self) -> int:
        return int(self.now[0].horizon_days)

    @property
    def model_version(self) -> str:
        return str(self.now[0].model_version)

    @cached_property
    def rows(self) -> dict[str, Any]:
        """Whoever has a score, now or before, by id."""
        return {row.agent_id: row for row in (*self.carried, *self.now) if row.probability is not None}

    @cached_property
    def known(self) -> frozenset[str]:
        return frozenset(self.rows)

    @cached_property
    def present(self) -> frozenset[str]:
        """Who has a score now."""
        return frozenset(row.agent_id for row in self.now if row.probability is not None)

    def members(self, column: str, value: str) -> frozenset[str]:
        """Who has a score now, and a value of a column of the post."""
        if column not in self._members:
            found: dict[str, set[str]] = {}
            for agent in self.present:
                found.setdefault(getattr(self.rows[agent], column), set()).add(agent)
            self._members[column] = {name: frozenset(agents) for name, agents in found.items()}
        return self._members[column].get(value, frozenset())

    def probability(self, people: Set[str]) -> Floats:
        """Scores of some people, in the order of their ids."""
        return np.array([self.rows[agent].probability for agent in sorted(people)], dtype=float)

    def figures(self, people: frozenset[str]) -> Figures:
        """Means over some people."""
        if people not in self._figures:
            mean = self._numbers[[self._place[agent] for agent in sorted(people)]].mean(axis=0).tolist()
            families = dict(zip(FAMILIES, mean[2:], strict=True))
            self._figures[people] = Figures(len(people), mean[0], mean[1], mean[1] + sum(mean[2:]), families)
        return self._figures[people]

    @cached_property
    def _place(self) -> dict[str, int]:
        return {agent: place for place, agent in enumerate(self.rows)}

    @cached_property
    def _numbers(self) -> Floats:
        """Probability, base, and families of everyone."""
        rows = self.rows.values()
        families = pd.DataFrame([row.families for row in rows]).reindex(columns=list(FAMILIES)).fillna(0.0)
        ends = np.array([(row.probability, row.base or 0.0) for row in rows], dtype=float).reshape(-1, 2)
        return np.hstack([ends, families.to_numpy(dtype=float)])


def load_scores(store: Store, outcome: str, day: date, weeks: int) -> Scored:
    """Scores of a date, without reasons: reading those of everyone would take longer than all pages."""
    query = select(*_READ).where(Score.outcome == outcome, Score.main)
    before = query.where(
        Score.as_of < day, Score.as_of > day - timedelta(weeks=weeks), Score.probability.is_not(None)
    ).order_by(Score.as_of)
    with store.reading() as connection:
        now = _rows(connection.execute(query.where(Score.as_of == day).order_by(Score.agent_id)).all())
        scored = {row.agent_id for row in now if row.probability is not None}
        carried = {row[0]: row for row in connection.execute(before) if row[0] not in scored}
    return Scored(outcome, now, _rows(list(carried.values())))


def _rows(found: Sequence[Any]) -> list[ScoreRow]:
    """Rows with their families read from text all at once, which is ten times faster than one by one."""
    place = ScoreRow._fields.index("families")
    families = json.loads(f"[{', '.join(row[place] for row in found)}]")
    return [ScoreRow._make((*row[:place], read, *row[place + 1 :])) for row, read in zip(found, families, strict=True)]
