"""What snapshots look back on: the facts of the days before some dates, by agent.

Pieces of facts, such as the files of weeks in a home, are read once and kept for as long as dates look back on them.
"""

from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import date
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from features.by_agent import ByAgent, Codes, Ints, Look, Piece, no_piece, piece_of, put_together
from features.days import SUMMED
from features.weeks import DAY_FACTS
from features.workdays import WORK_FACTS

__all__ = ["Past", "Pieces"]

Pieces = Mapping[str, Mapping[str, Callable[[], Any]]]
"""Per kind of facts, how to read each piece, by its name and in the order of days."""

_STAND_IN = "stand_in"
_LISTS = ("segments", "notices")
_COLUMNS: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "increments": (SUMMED, ()), "contact_states": (DAY_FACTS, ()), "work_states": (WORK_FACTS, _LISTS),
    _STAND_IN: (WORK_FACTS, _LISTS),
}  # fmt: skip


class Past:
    """The facts that are in view.

    Parameters
    ----------
    agents
        Whose facts count.
    shifts_since
        The day on which the first shift was known; where a date saw none, a day's contacts stand in for shifts.
    """

    def __init__(self, agents: Iterable[str], shifts_since: date | None) -> None:
        self._agents = pd.Index(sorted(agents), dtype=object)
        self._since = None if shifts_since is None else _number(shifts_since)
        self._codes = Codes()
        self._kept: dict[str, dict[str, Piece]] = {}
        self.queues: Ints
        self.increments: ByAgent
        self.contact_states: ByAgent
        self.work_states: ByAgent

    def show(self, pieces: Pieces, first: date) -> None:
        """Bring these pieces into view and let go of all others; `first` is the earliest date that looks back."""
        wanted = dict(pieces)
        if self._since is None or _number(first) <= self._since:
            wanted[_STAND_IN] = wanted["contact_states"]
        with ThreadPoolExecutor(2) as pool:
            coming = {
                kind: {name: pool.submit(self._known, kind, name, read) for name, read in named.items()}
                for kind, named in wanted.items()
            }
        self._kept = {kind: {name: piece.result() for name, piece in named.items()} for kind, named in coming.items()}
        del coming
        self.queues = self._codes.in_order()
        self.increments = self._together("increments")
        self.contact_states = self._together("contact_states")
        self.work_states = self._together("work_states", _STAND_IN)

    def _together(self, *kinds: str) -> ByAgent:
        """The pieces of some kinds by agent; they are kept as views of it, so that values are in memory once."""
        named = [(kind, name, piece) for kind in kinds for name, piece in self._kept.get(kind, {}).items()]
        pieces = [piece for _, _, piece in named] or [no_piece(*_COLUMNS[kinds[0]])]
        whole = put_together(pieces, len(self._agents))
        low = 0
        for kind, name, piece in named:
            self._kept[kind][name] = replace(piece, values=whole.values[low : low + len(piece.values)])
            low += len(piece.values)
        return whole

    def _known(self, kind: str, name: str, read: Callable[[], Any]) -> Piece:
        return self._kept.get(kind, {}).get(name) or self._piece(kind, read())

    def _piece(self, kind: str, table: pa.Table) -> Piece:
        if kind == "work_states":
            table = _with_logged(table)
        elif kind == _STAND_IN:
            table = _from_contacts(table)
        columns, lists = _COLUMNS[kind]
        return piece_of(table, columns, self._agents, self._codes, lists)

    def look(self, roster: pd.DataFrame) -> Look:
        """The rows of a roster as numbers."""
        dates = pd.to_datetime(roster["as_of"]).to_numpy().astype("datetime64[D]").astype(np.int32)
        return Look(self._agents.get_indexer(pd.Index(roster["agent_id"], dtype=object)).astype(np.int32), dates)

    def from_shifts(self, look: Look) -> npt.NDArray[np.bool_]:
        """Which rows look back from a date that knew of shifts."""
        return np.zeros(len(look), dtype=bool) if self._since is None else look.date > self._since


def _number(day: date) -> int:
    return (day - date(1970, 1, 1)).days


def _with_logged(work: pa.Table) -> pa.Table:
    """Logged time is worked time less auxiliary time."""
    logged = pc.subtract(work.column("worked_s"), pc.fill_null(work.column("aux_s"), 0.0))
    return work.append_column("logged_s", logged)


def _from_contacts(states: pa.Table) -> pa.Table:
    """Working days that contacts make one suppose: from the first start to the last end."""
    states = states.filter(pc.is_valid(states.column("first_s")))
    first, last, start = (states.column(name).to_numpy() for name in ("first_s", "last_s", "start_s"))
    length, start_h = last - first, start / 3600
    end_h = start_h + length / 3600
    night_h = np.maximum(0, np.minimum(end_h, 30) - np.maximum(start_h, 23)) + np.maximum(
        0, np.minimum(end_h, 6) - start_h
    )
    segment = (start * 2**20 + np.minimum(length, 2**20 - 1)).astype(np.int64)
    one_each = pa.array(np.arange(len(segment) + 1), pa.int32())
    facts = {
        "work_start": first, "work_end": last, "worked_s": length, "paid_s": length, "logged_s": length,
        "night_s": 3600 * night_h, "stands_in": np.ones(len(first)),
    }  # fmt: skip
    none = pa.ListArray.from_arrays(pa.array(np.zeros(len(segment) + 1), pa.int32()), pa.array([], pa.float64()))
    table = states.select(["agent_id", "day", "known_on", "superseded_on"])
    for name, values in facts.items():
        table = table.append_column(name, pa.array(values, pa.float64()))
    table = table.append_column("segments", pa.ListArray.from_arrays(one_each, pa.array(segment)))
    return table.append_column("notices", none)
