"""The champions of a home behind its pages: what they said of earlier weeks, and would say of other conditions."""

from collections.abc import Iterable, Sequence, Set
from datetime import date
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow.compute as pc
import pyarrow.parquet as pq

from features.errors import ContractError, NotReadyError
from features.frame import partition
from features.home import Home
from training.task import Model

__all__ = ["Champion", "Frames"]

Floats = npt.NDArray[np.float64]
_NEEDED = "contacts_per_hour"  # unknown where there were too few contacts, and then there is no score


class Champion:
    """The model that is in charge of an outcome. It is loaded when a page first needs it.

    Parameters
    ----------
    frames
        Of the dates that pages show, oldest first.
    """

    def __init__(self, home: Home, outcome: str, frames: "Frames") -> None:
        self.home, self.outcome, self.frames = home, outcome, frames
        self._earlier: dict[str, Floats] = {}

    @cached_property
    def _loaded(self) -> tuple[Model, Any] | None:
        from training.tracking import load_current

        try:
            return load_current(self.home, self.outcome)
        except (NotReadyError, ContractError):  # scores are there, and the model that made them is not
            return None

    @property
    def version(self) -> str | None:
        return self._loaded[1].version if self._loaded else None

    @property
    def metrics(self) -> dict[str, float]:
        return self._loaded[1].metrics if self._loaded else {}

    def predict(self, rows: pd.DataFrame) -> Floats:
        """Probabilities at the main horizon, shape (n,); unknown where there were too few contacts."""
        if self._loaded is None or rows.empty:
            return np.full(len(rows), np.nan)
        model = self._loaded[0]
        found = model.predict_proba(rows[model.feature_names])[:, 1]
        return np.where(rows[_NEEDED].isna(), np.nan, found)

    def earlier(self, people: Set[str]) -> dict[str, Floats]:
        """Scores of people at the dates before the newest, each of shape (weeks - 1,), by one model for all weeks."""
        missing = sorted(people - self._earlier.keys())
        if missing and self._loaded is not None and len(self.frames.dates) > 1:
            rows = self.frames.earlier(missing, [_NEEDED, *self._loaded[0].feature_names])
            wide = np.full((len(missing), len(self.frames.dates) - 1), np.nan)
            agents = pd.Index(missing).get_indexer(pd.Index(rows["agent_id"]))
            wide[agents, rows["week"].to_numpy()] = self.predict(rows)
            self._earlier |= dict(zip(missing, wide, strict=True))
        return {agent: self._earlier[agent] for agent in people if agent in self._earlier}

    def rows(self, day: date, agents: Sequence[str], more: Iterable[str] = ()) -> pd.DataFrame:
        """What the model reads of some people at a date, and more columns; without those who have no row."""
        read = self._loaded[0].feature_names if self._loaded else []
        return self.frames.read(day, agents, [_NEEDED, *read, *more])


class Frames:
    """Rows of some people from the frame; what was read last for one model is there for the next."""

    def __init__(self, home: Home, dates: Iterable[Any]) -> None:
        self.home, self.dates = home, [pd.Timestamp(day).date() for day in dates]
        self._last: tuple[list[str], pd.DataFrame] | None = None

    def earlier(self, agents: list[str], columns: Sequence[str]) -> pd.DataFrame:
        """Their rows at all dates but the newest, with the number of the date as `week`."""
        last = self._last
        if last is None or last[0] != agents or not set(columns) <= set(last[1].columns):
            weeks = [self.read(day, agents, columns).assign(week=week) for week, day in enumerate(self.dates[:-1])]
            last = self._last = agents, pd.concat(weeks, ignore_index=True)
        return last[1]

    def forget(self) -> None:
        """Give the memory of what was read last back."""
        self._last = None

    def read(self, day: date, agents: Sequence[str], columns: Sequence[str]) -> pd.DataFrame:
        path, wanted = partition(self.home, day), list(dict.fromkeys(["agent_id", *columns]))
        if not path.exists():
            return pd.DataFrame(columns=wanted)
        mine = pc.field("agent_id").isin(list(agents))
        found: pd.DataFrame = pq.read_table(path, columns=wanted, filters=mine).to_pandas()
        return found
