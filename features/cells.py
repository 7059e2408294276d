"""Rows of events gathered by agent-day, as arrays that compiled loops read, and the tables that come out of them.

A cell is an agent-day. Cells are numbered in order of week, agent and day, so that facts come out in the order in which
they are stored.
"""

from typing import Any

import numba
import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from features.by_agent import Days, Floats, Ints, in_slices

__all__ = ["FIRST_MONDAY", "cells_of", "coded", "gathered", "table_of", "whole", "with_ends", "with_nulls"]

FIRST_MONDAY = 4  # 1970-01-05


def whole(column: pa.ChunkedArray) -> npt.NDArray[Any]:
    """A column as numbers, to read only: dates as days since 1970, times as microseconds, flags as 1 or 0.

    What is unknown is -1 in a flag and NaN elsewhere.
    """
    if pa.types.is_boolean(column.type):
        column = pc.fill_null(column.cast(pa.int8()), pa.scalar(-1, pa.int8()))
    elif pa.types.is_date(column.type):
        column = column.cast(pa.date32()).cast(pa.int32())
    elif pa.types.is_timestamp(column.type):
        column = column.cast(pa.timestamp("us")).cast(pa.int64())
    found: npt.NDArray[Any] = column.to_numpy()
    found.setflags(write=False)  # loops are compiled once for what may be written and once for what may not
    return found


def coded(column: pa.ChunkedArray) -> tuple[Days, pa.Array]:
    """Words as numbers in the order of the words, and the words."""
    if not len(column):
        return np.zeros(0, np.int32), pa.array([], pa.string())
    words_of = column if pa.types.is_dictionary(column.type) else column.dictionary_encode()
    words_of = words_of.unify_dictionaries()
    words = words_of.chunk(0).dictionary.cast(pa.string())
    order = pc.sort_indices(words)
    rank = np.empty(len(order), np.int32)
    rank[order.to_numpy()] = np.arange(len(order), dtype=np.int32)
    return np.concatenate([rank[chunk.indices.to_numpy()] for chunk in words_of.chunks]), words.take(order)


def cells_of(agent: Days, day: Days, agents: int) -> tuple[Ints, int]:
    """Each row's agent-day as a number, in order of week, agent and day; and how many there can be."""
    if not len(day):
        return np.zeros(0, np.int64), 0
    first, last = ((int(end) - FIRST_MONDAY) // 7 for end in (day.min(), day.max()))
    cell = np.empty(len(day), np.int64)
    in_slices(len(day), lambda low, high: _number_cells(low, high, agent, day, first, agents, cell))
    return cell, (last - first + 1) * agents * 7


@numba.njit(cache=True, nogil=True)
def _number_cells(low: int, high: int, agent: Days, day: Days, first: int, agents: int, cell: Ints) -> None:
    for row in range(low, high):
        since = day[row] - FIRST_MONDAY - 7 * first
        cell[row] = (since // 7 * agents + agent[row]) * 7 + since % 7


@numba.njit(cache=True, nogil=True)
def gathered(cell: Ints, cells: int) -> tuple[Ints, Ints]:
    """Positions of the rows by cell: those of cell i are `order[start[i]:start[i + 1]]`."""
    start = np.zeros(cells + 1, dtype=np.int64)
    for one in cell:
        start[one + 1] += 1
    for one in range(cells):
        start[one + 1] += start[one]
    order, free = np.empty(len(cell), dtype=np.int64), start.copy()
    for row in range(len(cell)):
        order[free[cell[row]]] = row
        free[cell[row]] += 1
    return start, order


def with_ends(states: pa.Table) -> pa.Table:
    """States in order of their days, with `superseded_on`: when the next one of their agent-day begins."""
    agent, (day, known_on) = (
        coded(states.column("agent_id"))[0],
        (whole(states.column(n)) for n in ("day", "known_on")),
    )
    last = np.append((agent[1:] != agent[:-1]) | (day[1:] != day[:-1]), True)[: len(day)]
    ends = pa.array(np.append(known_on[1:], np.int32(0))[: len(day)], pa.int32(), mask=last)
    return states.add_column(3, "superseded_on", ends.cast(pa.date32()))


def table_of(keys: dict[str, Any], of: Ints, names: tuple[str, ...], values: Floats) -> pa.Table:
    """Columns of keys, taken from rows, and of values, shape (names, rows); NaN becomes null."""
    columns: dict[str, pa.Array] = {}
    for name, key in keys.items():
        if isinstance(key, tuple):
            columns[name] = pa.DictionaryArray.from_arrays(key[0][of], key[1])
        else:
            columns[name] = pa.array(key[of], pa.int32()).cast(pa.date32())
    columns |= {name: with_nulls(column) for name, column in zip(names, values, strict=True)}
    return pa.table(columns)


def with_nulls(column: Floats) -> pa.Array:
    """The same memory as an array in which NaN is null."""
    known = ~np.isnan(column)
    valid = None if known.all() else pa.py_buffer(np.packbits(known, bitorder="little"))
    values = pa.py_buffer(np.ascontiguousarray(column))
    return pa.Array.from_buffers(pa.float64(), len(column), [valid, values])
