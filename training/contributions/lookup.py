"""Rows through tables of contributions, as compiled loops over blocks that stay in the processor's cache."""

import numba
import numpy as np
import numpy.typing as npt

from features.by_agent import Floats
from training.contributions.groups import Bits, Groups
from training.contributions.tables import Tables, shapley
from training.contributions.trees import CATEGORY, NAN_LEFT, TINY

__all__ = ["BLOCK", "add_up"]

BLOCK = 512  # rows


@numba.njit(cache=True, nogil=True)
def add_up(groups: Groups, tables: Tables, X: Floats, out: Floats) -> None:
    """Contributions of some rows, block by block; within a block columns are end to end."""
    rows, width = X.shape
    most = min(rows, BLOCK)
    block, sums = np.empty((width, most)), np.empty((width, most))
    outcome, room = np.empty(most, np.uint64), np.empty((4, len(tables.rule)))
    for low in range(0, rows, BLOCK):
        size = min(BLOCK, rows - low)
        for row in range(size):
            for column in range(width):
                value = X[low + row, column]
                block[column, row] = 0.0 if abs(value) <= TINY else value
        sums[:] = 0.0
        for group in range(len(groups.tests) - 1):
            _test(groups, group, block, outcome[:size])
            if tables.start[group + 1] > tables.start[group]:
                _look_up(groups, tables, group, outcome[:size], sums)
            else:
                _work_out(groups, tables, group, outcome[:size], sums, room)
        for row in range(size):
            out[low + row, :width] = sums[:, row]
            out[low + row, width] = groups.base


@numba.njit(cache=True, nogil=True)
def _test(groups: Groups, group: int, block: Floats, outcome: Bits) -> None:
    """The outcome of a group's tests, a bit each, for the rows of a block."""
    outcome[:] = 0
    nodes = groups.nodes
    for at in range(groups.tests[group], groups.tests[group + 1]):
        node, bit = groups.node[at], np.uint64(1) << np.uint64(at - groups.tests[group])
        values, threshold, kind = block[nodes.feature[node]], nodes.threshold[node], nodes.kind[node]
        if kind == 0:
            for row in range(len(outcome)):
                outcome[row] |= bit if values[row] <= threshold else np.uint64(0)
        elif kind == NAN_LEFT:
            for row in range(len(outcome)):
                outcome[row] |= np.uint64(0) if values[row] > threshold else bit
        elif kind == CATEGORY:
            words = nodes.words[nodes.first[node] : nodes.last[node]]
            for row in range(len(outcome)):
                outcome[row] |= bit if _within(values[row], words) else np.uint64(0)
        else:  # ZERO_ASIDE
            zero = bit if kind & NAN_LEFT else np.uint64(0)
            for row in range(len(outcome)):
                value = values[row]
                outcome[row] |= zero if value == 0 or value != value else bit if value <= threshold else np.uint64(0)


@numba.njit(cache=True, nogil=True)
def _within(value: float, words: npt.NDArray[np.uint32]) -> bool:
    """Whether a category is of a set; fractions are cut off, as LightGBM does."""
    if not -1 < value < 32 * len(words):
        return False
    category = int(value)
    return (words[category >> 5] >> np.uint32(category & 31)) & np.uint32(1) == 1  # type: ignore[no-any-return]


@numba.njit(cache=True, nogil=True)
def _look_up(groups: Groups, tables: Tables, group: int, outcome: Bits, sums: Floats) -> None:
    """Add the contributions of a group from its table."""
    outcomes = 1 << (groups.tests[group + 1] - groups.tests[group])
    start = tables.start[group]
    for at in range(groups.slots[group], groups.slots[group + 1]):
        table, column = tables.values[start : start + outcomes], sums[groups.feature[at]]
        for row in range(len(outcome)):
            column[row] += table[outcome[row]]
        start += outcomes


@numba.njit(cache=True, nogil=True)
def _work_out(groups: Groups, tables: Tables, group: int, outcome: Bits, sums: Floats, room: Floats) -> None:
    """Add the contributions of a group that has no table, leaf by leaf."""
    leaves, features = groups.leaves, groups.feature[groups.slots[group] : groups.slots[group + 1]]
    for leaf in range(leaves.of[group], leaves.of[group + 1]):
        slots = leaves.slot[leaves.conditions[leaf] : leaves.conditions[leaf + 1]]
        for row in range(len(outcome)):
            found = shapley(leaves, tables.rule, leaf, outcome[row], room)
            for place in range(len(slots)):
                sums[features[slots[place]], row] += found[place]
