"""Twelve weeks of the feature frame as matrices, and means over people: the same for every page, so made once."""

from collections.abc import Iterable, Sequence, Set
from datetime import date
from functools import cached_property
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow.parquet as pq

from features.frame import frame_dates, load_frame, partition
from features.home import Home

__all__ = ["POST", "Filled", "Weeks", "dates_until", "load_weeks"]

POST = ("agent_id", "team_id", "manager_id", "site_id", "queue")
Floats = npt.NDArray[np.float64]


class Filled(NamedTuple):
    """Values of one column, shape (agents, weeks), of those who have any; gaps are carried from the nearest week."""

    agents: dict[str, int]
    known: frozenset[str]
    values: Floats


class Weeks:
    """Rows of some dates (columns as_of, the post, signals), and those of the newest with all columns."""

    def __init__(self, rows: pd.DataFrame, now: pd.DataFrame | None = None) -> None:
        self.rows = rows
        self.dates = sorted(rows["as_of"].unique())
        self.as_of = pd.Timestamp(self.dates[-1])
        self.now = rows[rows["as_of"] == self.as_of] if now is None else now
        self._filled: dict[str, Filled] = {}
        self._means: dict[tuple[str, frozenset[str]], Floats] = {}
        self._bands: dict[tuple[str, frozenset[str]], tuple[Floats, Floats]] = {}
        self._queues: dict[tuple[str, str], list[str]] = {}
        self._members: dict[str, dict[str, frozenset[str]]] = {}

    @cached_property
    def everyone(self) -> frozenset[str]:
        """Whoever is in any of the weeks."""
        return frozenset(self.rows["agent_id"].unique().tolist())

    def members(self, column: str, value: str) -> frozenset[str]:
        """Who has a value of a column of the post now."""
        if column not in self._members:
            groups = self.now.groupby(column)["agent_id"]
            self._members[column] = {str(name): frozenset(agents.tolist()) for name, agents in groups}
        return self._members[column].get(value, frozenset())

    def filled(self, name: str) -> Filled:
        """Everyone's values of a column by date; who has none at all is left out."""
        if name not in self._filled:
            wide = np.full((len(self._agents), len(self.dates)), np.nan)
            wide[self._places] = self.rows[name].to_numpy(dtype=float)
            _fill(wide)
            found = np.flatnonzero(~np.isnan(wide[:, 0]))
            if len(found) == len(self._agents):
                self._filled[name] = Filled(self._place, self.everyone, wide)
            else:
                agents = {self._agents[at]: number for number, at in enumerate(found.tolist())}
                self._filled[name] = Filled(agents, frozenset(agents), wide[found])
        return self._filled[name]

    def of(self, name: str, people: Set[str]) -> Floats:
        """Values of some people, shape (people, weeks)."""
        filled = self.filled(name)
        return filled.values[sorted(filled.agents[agent] for agent in people)]

    def mean(self, name: str, people: frozenset[str]) -> Floats:
        """The mean of some people by week, shape (weeks,)."""
        key = (name, people)
        if key not in self._means:
            self._means[key] = self.of(name, people).mean(axis=0)
        return self._means[key]

    def band(self, name: str, people: frozenset[str], percents: tuple[int, int], around: int) -> tuple[Floats, Floats]:
        """Two percentiles by week, each the mean of so many values around it; shape (weeks,)."""
        key = (name, people)
        if key not in self._bands:
            ordered = np.sort(self.of(name, people), axis=0)
            middles = [round((len(ordered) - 1) * percent / 100) for percent in percents]
            firsts = [min(max(0, middle - around // 2), len(ordered) - around) for middle in middles]
            low, high = (ordered[first : first + around].mean(axis=0) for first in firsts)
            self._bands[key] = low, high
        return self._bands[key]

    def queues(self, column: str, value: str) -> list[str]:
        """The queues that the members of a group are on now."""
        if (column, value) not in self._queues:
            self._queues[column, value] = sorted(set(self.now.loc[self.now[column] == value, "queue"]))
        return self._queues[column, value]

    def on_queues(self, queues: list[str]) -> frozenset[str]:
        """Everyone who is on one of some queues now."""
        first, *others = (self.members("queue", queue) for queue in queues)
        return first.union(*others) if others else first

    @cached_property
    def _agents(self) -> list[str]:
        return sorted(self.everyone)

    @cached_property
    def _place(self) -> dict[str, int]:
        return {agent: place for place, agent in enumerate(self._agents)}

    @cached_property
    def _places(self) -> tuple[npt.NDArray[np.intp], npt.NDArray[np.intp]]:
        """Of every row: which agent, which date."""
        agents = pd.Index(self._agents).get_indexer(pd.Index(self.rows["agent_id"]))
        return agents, pd.Index(self.dates).get_indexer(pd.Index(self.rows["as_of"]))


def _fill(wide: Floats) -> None:
    """Carry values into gaps, from the week before, else from the one after."""
    for week in range(1, wide.shape[1]):
        wide[:, week] = np.where(np.isnan(wide[:, week]), wide[:, week - 1], wide[:, week])
    for week in range(wide.shape[1] - 2, -1, -1):
        wide[:, week] = np.where(np.isnan(wide[:, week]), wide[:, week + 1], wide[:, week])


def dates_until(home: Home, day: date, weeks: int) -> list[date]:
    """The dates of the frame in so many weeks up to a day, oldest first."""
    return [one for one in frame_dates(home) if one <= day and (day - one).days < 7 * weeks]


def load_weeks(home: Home, dates: Sequence[date], signals: Iterable[str]) -> Weeks:
    """Some dates of the frame with some of the signals; of the last one, all columns."""
    now = load_frame(home, dates[-1], dates[-1])
    columns = list(dict.fromkeys((*POST, *signals)))
    earlier = [_read(home, day, columns) for day in dates[:-1]]
    rows = pd.concat([*earlier, now[["as_of", *columns]]], ignore_index=True)
    return Weeks(rows, now)


def _read(home: Home, day: date, columns: Sequence[str]) -> pd.DataFrame:
    found: pd.DataFrame = pq.read_table(partition(home, day), columns=list(columns)).to_pandas()
    found.insert(0, "as_of", pd.Timestamp(day))
    return found
