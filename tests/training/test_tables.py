"""Tables: leaves against Shapley values of their conditions, by the definition."""

from itertools import combinations, pairwise
from math import factorial, prod

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from training.contributions.groups import groups_of
from training.contributions.tables import shapley, tables_of
from training.contributions.trees import Tree


def chain(shares: list[float], value: float) -> Tree:
    """A tree whose first leaf asks one condition of every feature; all other leaves are 0."""
    rows = [10**15]
    for share in shares:
        rows.append(round(rows[-1] * share))
    k = len(shares)
    return Tree(
        feature=list(range(k)), threshold=[0.0] * k, decision=[0] * k, left=[*range(1, k), ~0],
        right=[~at for at in range(1, k + 1)], rows=rows[:-1], bounds=[], words=[],
        leaf_rows=[rows[-1], *(before - after for before, after in pairwise(rows))],
        leaf_value=[value] + [0.0] * k,
    )  # fmt: skip


def by_definition(met: list[int], shares: list[float], value: float) -> list[float]:
    """A set of known features is worth the value if it meets its conditions, times the shares of the unknown."""
    k = len(met)

    def worth(known: frozenset[int]) -> float:
        return value * prod(met[at] if at in known else shares[at] for at in range(k))

    found = []
    for feature in range(k):
        others = [at for at in range(k) if at != feature]
        sets = [frozenset(c) for size in range(k) for c in combinations(others, size)]
        weights = [factorial(len(known)) * factorial(k - len(known) - 1) / factorial(k) for known in sets]
        found.append(sum(w * (worth(s | {feature}) - worth(s)) for w, s in zip(weights, sets, strict=True)))
    return found


@settings(max_examples=100, deadline=None)
@given(st.data())
def test_a_leaf_s_contributions_are_shapley_values_of_its_conditions(data: st.DataObject) -> None:
    shares = data.draw(st.lists(st.floats(0.01, 1), min_size=1, max_size=7))
    met = data.draw(st.lists(st.integers(0, 1), min_size=len(shares), max_size=len(shares)))
    tree = chain(shares, 3.0)
    counts = [*tree.rows, tree.leaf_rows[0]]
    exact = [after / before for before, after in pairwise(counts)]
    groups = groups_of([tree])
    tables = tables_of(groups)
    outcome = sum(bit << at for at, bit in enumerate(met))
    found = shapley(groups.leaves, tables.rule, 0, np.uint64(outcome), np.empty((4, len(tables.rule))))
    np.testing.assert_allclose(found, by_definition(met, exact, 3.0), rtol=0, atol=1e-12)


def test_the_rule_is_exact_for_a_path_of_many_conditions() -> None:
    k = 40
    groups = groups_of([chain([0.9] * k, 1.0)])
    tables = tables_of(groups)
    room = np.empty((4, len(tables.rule)))
    found = shapley(groups.leaves, tables.rule, 0, np.uint64(2**k - 1), room)
    share = groups.leaves.share[:k].prod()
    np.testing.assert_allclose(found.sum(), 1 - share, rtol=1e-12)  # where all is met, all is explained
    np.testing.assert_allclose(found, found[0], rtol=1e-9)  # and like conditions contribute alike


def test_a_table_is_the_sum_of_its_leaves() -> None:
    tree = chain([0.5, 0.25, 0.75], 2.0)._replace(leaf_value=[2.0, -1.0, 4.0, 0.5])
    groups = groups_of([tree])
    tables = tables_of(groups)
    table = tables.values.reshape(3, 8)
    room = np.empty((4, len(tables.rule)))
    for outcome in range(8):
        total = np.zeros(3)
        for leaf in range(4):
            slots = groups.leaves.slot[groups.leaves.conditions[leaf] : groups.leaves.conditions[leaf + 1]]
            total[slots] += shapley(groups.leaves, tables.rule, leaf, np.uint64(outcome), room)
        np.testing.assert_allclose(table[:, outcome], total, atol=1e-15)
    assert tables_of(groups, bits=2).values.size == 0
