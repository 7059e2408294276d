"""Leaves of trees in groups that share their tests.

Neighboring leaves of a tree have most of their tests in common. A *group* is some of them that have at most `BITS`
tests together, so that there are few *outcomes*: a bit a test, 1 is left. A leaf with more tests is alone. A
*condition* is what a leaf asks of one feature: all tests on its path that are about it.
"""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from features.by_agent import Floats, Ints
from training.contributions.trees import Nodes, Tree, nodes_of

__all__ = ["BITS", "DEEPEST", "Bits", "Groups", "Leaves", "groups_of"]

BITS = 8  # tests of a group: one more doubles its outcomes, and saves a part of the groups
DEEPEST = 64  # tests of a leaf that is alone: their outcome is one whole number

Bits = npt.NDArray[np.uint64]
_Path = list[tuple[int, bool]]  # inner nodes from the root on, and whether the leaf is on their left


class Leaves(NamedTuple):
    """Leaves by group, each with its conditions.

    Attributes
    ----------
    of : array, shape (groups + 1,)
        The leaves of a group.
    value : array
    conditions : array, shape (leaves + 1,)
    slot : array
        Which of the group's features a condition is about.
    share : array
        Share of the training rows that meet the condition.
    tests, outcome : array
        The condition is met where `tests`, bits of the group's tests, have this outcome (1 is left).
    """

    of: Ints
    value: Floats
    conditions: Ints
    slot: Ints
    share: Floats
    tests: Bits
    outcome: Bits


class Groups(NamedTuple):
    """Groups of leaves.

    Attributes
    ----------
    tests : array, shape (groups + 1,)
    node : array
        The inner node of a test.
    slots : array, shape (groups + 1,)
    feature : array
        The feature of a slot.
    base : float
        Expected margin.
    nodes, leaves
    """

    tests: Ints
    node: Ints
    slots: Ints
    feature: Ints
    base: float
    nodes: Nodes
    leaves: Leaves


def groups_of(trees: Sequence[Tree], bits: int = BITS) -> Groups:
    """The groups of all trees, with at most `bits` tests each, or one leaf with more."""
    found, offset = _Lists(), 0
    for tree in trees:
        for group in _grouped(_leaves(tree), bits):
            found.add(group, tree, offset)
        offset += len(tree.left)
    return found.groups(nodes_of(trees))


def _leaves(tree: Tree) -> Iterator[tuple[int, _Path]]:
    """Leaves with their paths, from left to right."""
    ahead: list[tuple[int, _Path]] = [(0 if tree.left else ~0, [])]
    while ahead:
        node, path = ahead.pop()
        if node < 0:
            yield ~node, path
        else:
            ahead += [(tree.right[node], [*path, (node, False)]), (tree.left[node], [*path, (node, True)])]


def _grouped(leaves: Iterator[tuple[int, _Path]], bits: int) -> Iterator[list[tuple[int, _Path]]]:
    """Neighbors as long as their tests are not more than `bits`."""
    group, tests = list[tuple[int, _Path]](), set[int]()
    for leaf, path in leaves:
        own = {node for node, _ in path}
        if group and len(tests | own) > bits:
            yield group
            group, tests = [], set()
        group.append((leaf, path))
        tests |= own
    yield group


class _Lists:
    """Groups while they are collected, end to end."""

    def __init__(self) -> None:
        self.tests, self.slots, self.of, self.conditions = [0], [0], [0], [0]
        self.node, self.feature, self.value = list[int](), list[int](), list[float]()
        self.slot, self.share, self.mask, self.outcome = list[int](), list[float](), list[int](), list[int]()
        self.base = 0.0

    def add(self, group: list[tuple[int, _Path]], tree: Tree, offset: int) -> None:
        """A group of a tree whose first node has the number `offset` among those of all trees."""
        nodes = list(dict.fromkeys(node for _, path in group for node, _ in path))
        features = list(dict.fromkeys(tree.feature[node] for node in nodes))
        for leaf, path in group:
            self._leaf(leaf, path, tree, nodes, features)
        self.node += [offset + node for node in nodes]
        self.feature += features
        self.tests.append(len(self.node))
        self.slots.append(len(self.feature))
        self.of.append(len(self.value))

    def _leaf(self, leaf: int, path: _Path, tree: Tree, nodes: list[int], features: list[int]) -> None:
        met: dict[int, tuple[float, int, int]] = {}
        reached = 1.0
        for node, left in path:
            child = tree.left[node] if left else tree.right[node]
            share = (tree.rows[child] if child >= 0 else tree.leaf_rows[~child]) / tree.rows[node]
            bit = 1 << nodes.index(node)
            slot = features.index(tree.feature[node])
            before, tests, outcome = met.get(slot, (1.0, 0, 0))
            met[slot] = before * share, tests | bit, outcome | bit * left
            reached *= share
        self.slot += met
        self.share += [share for share, _, _ in met.values()]
        self.mask += [tests for _, tests, _ in met.values()]
        self.outcome += [outcome for _, _, outcome in met.values()]
        self.conditions.append(len(self.slot))
        self.value.append(tree.leaf_value[leaf])
        self.base += reached * tree.leaf_value[leaf]

    def groups(self, nodes: Nodes) -> Groups:
        """All of them as arrays."""
        leaves = Leaves(
            np.array(self.of),
            np.array(self.value),
            np.array(self.conditions),
            np.array(self.slot, dtype=np.int64),
            np.array(self.share, dtype=np.float64),
            np.array(self.mask, dtype=np.uint64),
            np.array(self.outcome, dtype=np.uint64),
        )
        node, feature = np.array(self.node, dtype=np.int64), np.array(self.feature, dtype=np.int64)
        return Groups(np.array(self.tests), node, np.array(self.slots), feature, self.base, nodes, leaves)
