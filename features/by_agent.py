"""Facts of some days as arrays by agent, for the compiled loops that look back from a date.

A roster row looks at the facts of one agent: `order[start[agent]:start[agent + 1]]` are their positions, the oldest
first. Dates are whole numbers, days since 1970.
"""

import os
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, fields
from threading import Lock
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

__all__ = ["NEVER", "ByAgent", "Codes", "Look", "Piece", "in_slices", "no_piece", "piece_of", "put_together"]

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Days = npt.NDArray[np.int32]

NEVER = 2**31 - 1


class Codes:
    """A number for each word, in the order in which they turn up; several threads may ask."""

    def __init__(self) -> None:
        self._numbers: dict[str, int] = {}
        self._lock = Lock()

    def __call__(self, words: Iterable[str]) -> list[int]:
        with self._lock:
            return [self._numbers.setdefault(word, len(self._numbers)) for word in words]

    def in_order(self) -> Ints:
        """The numbers in the order of the words, which does not hang on who asked first."""
        return np.array([self._numbers[word] for word in sorted(self._numbers)], dtype=np.int64)


@dataclass(frozen=True)
class Piece:
    """Some facts of one kind, in the order of their table.

    Attributes
    ----------
    agent : array
        The agent's number; -1 for an agent who is not counted.
    day, known_on, superseded_on : arrays
        `superseded_on` is `NEVER` for what still holds.
    queue : array
        The number of the contact queue; 0 where facts are not apart by queue.
    values : array, shape (rows, columns)
        NaN where unknown.
    lists
        Per list column, the sizes of the lists and their items end to end.
    """

    agent: Days
    day: Days
    known_on: Days
    superseded_on: Days
    queue: Days
    values: Floats
    lists: dict[str, tuple[Ints, npt.NDArray[Any]]]


@dataclass(frozen=True)
class ByAgent(Piece):
    """Facts of one kind by agent; lists are bounds (rows + 1) and items."""

    start: Ints
    order: Ints


@dataclass(frozen=True)
class Look:
    """Roster rows: the number of the agent, and the date from which one looks back."""

    agent: Days
    date: Days

    def __len__(self) -> int:
        return len(self.agent)


def piece_of(
    table: pa.Table, columns: Sequence[str], agents: pd.Index, queues: Codes, lists: Sequence[str] = ()
) -> Piece:
    """A table of facts as arrays; a missing column is unknown."""
    rows = table.num_rows
    values = np.empty((rows, len(columns)))
    for at, name in enumerate(columns):
        values[:, at] = table.column(name).to_numpy() if name in table.column_names else np.nan
    known = table.column_names
    return Piece(
        _coded(table.column("agent_id"), agents.get_indexer),
        _days(table.column("day")),
        _days(table.column("known_on")),
        _days(table.column("superseded_on")) if "superseded_on" in known else np.full(rows, NEVER, np.int32),
        _coded(table.column("queue"), queues) if "queue" in known else np.zeros(rows, np.int32),
        values,
        {name: _items(table.column(name)) for name in lists},
    )


def no_piece(columns: Sequence[str], lists: Sequence[str] = ()) -> Piece:
    """No facts."""
    nothing = np.zeros(0, np.int32)
    empty = {name: (np.zeros(0, np.int64), np.zeros(0)) for name in lists}
    return Piece(nothing, nothing, nothing, nothing, nothing, np.zeros((0, len(columns))), empty)


def put_together(pieces: Sequence[Piece], agents: int) -> ByAgent:
    """Pieces in the order of their days, by agent."""
    whole = {
        field.name: _joined([getattr(piece, field.name) for piece in pieces])
        for field in fields(Piece)
        if field.name != "lists"
    }
    order = np.argsort(whole["agent"], kind="stable")
    start = np.searchsorted(whole["agent"][order], np.arange(agents + 1))
    lists = {}
    for name in pieces[0].lists:
        sizes, items = (np.concatenate([piece.lists[name][part] for piece in pieces]) for part in (0, 1))
        lists[name] = np.append(0, np.cumsum(sizes)), items
    return ByAgent(start=start, order=order, lists=lists, **whole)


def _joined(parts: Sequence[npt.NDArray[Any]]) -> npt.NDArray[Any]:
    """Arrays end to end."""
    bounds = np.append(0, np.cumsum([len(part) for part in parts]))
    out = np.empty((bounds[-1], *parts[0].shape[1:]), parts[0].dtype)

    def copy(low: int, high: int) -> None:
        for at in range(low, high):
            out[bounds[at] : bounds[at + 1]] = parts[at]

    in_slices(len(parts), copy)
    return out


def in_slices(rows: int, work: Callable[[int, int], Any]) -> list[Any]:
    """`work(low, high)` for as many slices of the rows as there are cores, side by side."""
    cores = min(os.cpu_count() or 1, max(rows, 1))
    bounds = [rows * core // cores for core in range(cores + 1)]
    with ThreadPoolExecutor(cores) as pool:
        return list(pool.map(work, bounds[:-1], bounds[1:]))


def _coded(column: pa.ChunkedArray, number: Callable[[Any], Any]) -> Days:
    """Words as numbers; each word is looked up once a chunk."""
    if not pa.types.is_dictionary(column.type):
        column = column.dictionary_encode()
    found = [
        np.asarray(number(chunk.dictionary.to_pylist()), dtype=np.int32)[chunk.indices.to_numpy()]
        for chunk in column.chunks
        if len(chunk)
    ]
    return np.concatenate(found) if found else np.zeros(0, np.int32)


def _days(column: pa.ChunkedArray) -> Days:
    numbers = pc.fill_null(column.cast(pa.date32()).cast(pa.int32()), NEVER)
    return numbers.to_numpy()  # type: ignore[no-any-return] # pyarrow is untyped


def _items(column: pa.ChunkedArray) -> tuple[Ints, npt.NDArray[Any]]:
    sizes = pc.fill_null(pc.list_value_length(column), 0).to_numpy().astype(np.int64)
    return sizes, pc.list_flatten(column).to_numpy()
