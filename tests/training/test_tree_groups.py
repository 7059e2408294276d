"""Groups of leaves: small enough for tables, and every leaf in one of them."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from training.contributions.groups import groups_of
from training.contributions.trees import Tree


def tree_of(leaves: int, seed: int) -> Tree:
    """A tree grown by splitting leaves at random, each into 40 % and 60 % of its rows, on three features."""
    rng = np.random.default_rng(seed)
    left, right, rows, leaf_rows = list[int](), list[int](), list[int](), [10**12]
    parents: dict[int, tuple[list[int], int]] = {}
    for node in range(leaves - 1):
        leaf = int(rng.integers(len(leaf_rows)))
        if leaf in parents:
            children, at = parents[leaf]
            children[at] = node
        left.append(~leaf)
        right.append(~len(leaf_rows))
        parents[leaf], parents[len(leaf_rows)] = (left, node), (right, node)
        rows.append(leaf_rows[leaf])
        leaf_rows.append(rows[-1] - rows[-1] * 2 // 5)
        leaf_rows[leaf] = rows[-1] * 2 // 5
    many = leaves - 1
    return Tree(
        feature=rng.integers(0, 3, many).tolist(), threshold=[0.0] * many, decision=[0] * many, left=left, right=right,
        rows=rows, bounds=[], words=[], leaf_rows=leaf_rows, leaf_value=rng.normal(size=leaves).tolist(),
    )  # fmt: skip


@settings(max_examples=60, deadline=None)
@given(st.integers(1, 40), st.integers(0, 10**6), st.integers(1, 9))
def test_every_leaf_is_in_one_group_and_only_lone_leaves_have_more_tests(leaves: int, seed: int, bits: int) -> None:
    tree = tree_of(leaves, seed)
    groups = groups_of([tree, tree], bits)
    assert sorted(groups.leaves.value) == sorted(tree.leaf_value * 2)
    tests, members = np.diff(groups.tests), np.diff(groups.leaves.of)
    assert ((tests <= bits) | (members == 1)).all()
    assert (members >= 1).all()


@settings(max_examples=60, deadline=None)
@given(st.integers(1, 40), st.integers(0, 10**6))
def test_the_base_is_the_mean_of_the_leaves_by_their_rows(leaves: int, seed: int) -> None:
    tree = tree_of(leaves, seed)
    mean = np.average(tree.leaf_value, weights=tree.leaf_rows)
    assert groups_of([tree]).base == pytest.approx(mean, abs=1e-12)


@settings(max_examples=40, deadline=None)
@given(st.integers(2, 30), st.integers(0, 10**6))
def test_every_outcome_of_a_tree_in_one_group_reaches_exactly_one_leaf(leaves: int, seed: int) -> None:
    tree = tree_of(leaves, seed)
    found = groups_of([tree], bits=64).leaves
    outcome = np.random.default_rng(seed).integers(0, 2**63, dtype=np.uint64)
    reached = [
        all(outcome & found.tests[at] == found.outcome[at] for at in range(*found.conditions[leaf : leaf + 2]))
        for leaf in range(leaves)
    ]
    assert sum(reached) == 1
