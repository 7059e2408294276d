"""Contributions of groups of leaves for every outcome of their tests, as tables.

A leaf with value v is reached by a row that meets all its conditions. With r the share of training rows that meet a
condition, by counts, and b 1 or 0 as this row meets it or not, the Shapley value of its feature j is

    v (b_j - r_j) integral from 0 to 1 of the product over i != j of (t b_i + (1 - t) r_i) dt

(the multilinear extension of Owen, 1972; the integral of t^s (1 - t)^(d - 1 - s) is the weight s! (d - 1 - s)! / d!).
The integrand has degree d - 1, so that Gauss and Legendre's rule is exact with d / 2 points, and no term of it is
negative, so that nothing cancels.
"""

from typing import NamedTuple

import numba
import numpy as np

from features.by_agent import Floats, Ints, in_slices
from training.contributions.groups import BITS, Groups, Leaves

__all__ = ["Tables", "shapley", "tables_of"]


class Tables(NamedTuple):
    """The contributions of groups.

    Attributes
    ----------
    start : array, shape (groups + 1,)
        Where a group's table begins; it is empty where the group has too many tests.
    values : array
        By group, slot and outcome.
    rule : array, shape (most conditions + 1, 2, points)
        Points and weights of Gauss and Legendre's rule on [0, 1] by number of conditions; unused ones are 0.
    """

    start: Ints
    values: Floats
    rule: Floats


def tables_of(groups: Groups, bits: int = BITS) -> Tables:
    """The tables of groups with at most `bits` tests."""
    tests, slots = np.diff(groups.tests), np.diff(groups.slots)
    sizes = np.where(tests <= bits, slots << np.minimum(tests, bits), 0)
    start = np.append(0, np.cumsum(sizes))
    tables = Tables(start, np.zeros(start[-1]), _rule(int(np.diff(groups.leaves.conditions).max(initial=0))))
    in_slices(len(tests), lambda low, high: _fill(low, high, groups, tables))
    return tables


def _rule(most: int) -> Floats:
    out = np.zeros((most + 1, 2, (most + 1) // 2))
    for conditions in range(1, most + 1):
        points = (conditions + 1) // 2
        at, weight = np.polynomial.legendre.leggauss(points)
        out[conditions, :, :points] = (at + 1) / 2, weight / 2
    return out


@numba.njit(cache=True, nogil=True)
def _fill(low: int, high: int, groups: Groups, tables: Tables) -> None:
    """Fill the tables of some groups."""
    room = np.empty((4, len(tables.rule)))
    for group in range(low, high):
        start = tables.start[group]
        if tables.start[group + 1] > start:
            outcomes = 1 << (groups.tests[group + 1] - groups.tests[group])
            for leaf in range(groups.leaves.of[group], groups.leaves.of[group + 1]):
                slots = groups.leaves.slot[groups.leaves.conditions[leaf] : groups.leaves.conditions[leaf + 1]]
                for outcome in range(outcomes):
                    found = shapley(groups.leaves, tables.rule, leaf, np.uint64(outcome), room)
                    for place in range(len(slots)):
                        tables.values[start + slots[place] * outcomes + outcome] += found[place]


@numba.njit(cache=True, nogil=True)
def shapley(leaves: Leaves, rule: Floats, leaf: int, outcome: np.uint64, room: Floats) -> Floats:
    """Contributions of a leaf by its conditions, where the tests of its group have this outcome.

    `room`, shape (4, most conditions + 1), is written over; what is given back lies in it.
    """
    first, last = leaves.conditions[leaf], leaves.conditions[leaf + 1]
    count = last - first
    met, factor, before, found = room[0], room[1], room[2], room[3, :count]
    for place in range(count):
        met[place] = 1.0 if outcome & leaves.tests[first + place] == leaves.outcome[first + place] else 0.0
        found[place] = 0.0
    for point in range((count + 1) // 2):
        t, product = rule[count, 0, point], rule[count, 1, point] * leaves.value[leaf]
        for place in range(count):
            factor[place] = t * met[place] + (1 - t) * leaves.share[first + place]
            before[place] = product
            product *= factor[place]
        after = 1.0
        for place in range(count - 1, -1, -1):
            found[place] += before[place] * after
            after *= factor[place]
    for place in range(count):
        found[place] *= met[place] - leaves.share[first + place]
    return found
