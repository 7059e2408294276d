"""What a reader could work out from sums over groups of people, by linear algebra alone.

Every released sum is a row of zeros and ones over people. Whatever anyone can compute from all of them is a linear
combination of the rows. A person's *leverage* is the diagonal of the projection onto the space of the rows: the
largest share that the person has in the squared weights of any combination. It is also the share of the variance of
individual values that the best linear guess explains. A group of n alone gives each member 1/n, a person who can be
worked out exactly has 1.

If no leverage exceeds 1/k, every combination that is not zero depends on at least k people: among fewer, one would
have a greater share.
Source: for leverage, Hoaglin and Welsch (1978), The hat matrix in regression and ANOVA.
"""

from collections import Counter
from collections.abc import Collection, Sequence, Set

import numpy as np
import numpy.typing as npt

__all__ = ["leverages", "withstands"]

_TOLERANCE = 1e-9


def leverages(groups: Sequence[Set[str]]) -> dict[str, float]:
    """The leverage of everyone who is in any of the groups.

    Examples
    --------
    >>> found = leverages([{"a", "b", "c"}, {"a", "b"}])
    >>> {name: round(found[name], 9) for name in "abc"}
    {'a': 0.5, 'b': 0.5, 'c': 1.0}
    """
    patterns = _patterns(groups)
    by_pattern = _by_pattern(Counter(patterns.values()), len(groups))
    return {name: by_pattern[pattern] for name, pattern in patterns.items()}


def withstands(groups: Sequence[Set[str]], minimum: int) -> bool:
    """Whether no linear combination of sums over the groups isolates fewer than `minimum` people."""
    found = _by_pattern(Counter(_patterns(groups).values()), len(groups))
    return max(found.values(), default=0.0) <= 1 / minimum + _TOLERANCE


def _patterns(groups: Sequence[Set[str]]) -> dict[str, int]:
    """For everyone, in which of the groups they are, as the bits of a number."""
    found: dict[str, int] = {}
    for at, group in enumerate(groups):
        for name in group:
            found[name] = found.get(name, 0) | 1 << at
    return found


def _by_pattern(sizes: Counter[int], rows: int) -> dict[int, float]:
    """The leverage of each pattern. People of one pattern are alike to everybody, so one column stands for them all."""
    patterns = list(sizes)
    people = np.array([sizes[pattern] for pattern in patterns], dtype=float)
    space = _row_space(_matrix(patterns, rows) * np.sqrt(people))
    shares = (space**2).sum(axis=0) / people
    return dict(zip(patterns, shares.tolist(), strict=True))


def _matrix(patterns: Collection[int], rows: int) -> npt.NDArray[np.float64]:
    found = [[pattern >> at & 1 for pattern in patterns] for at in range(rows)]
    return np.array(found, dtype=float).reshape(rows, len(patterns))


def _row_space(matrix: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """An orthonormal basis of the rows, shape (rank, columns)."""
    if not matrix.size:
        return np.zeros((0, matrix.shape[1]))
    _, sizes, basis = np.linalg.svd(matrix, full_matrices=False)
    kept = sizes > sizes[0] * max(matrix.shape) * np.finfo(float).eps
    return np.asarray(basis[kept])
