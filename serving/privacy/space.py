"""The space that sums over groups of people span, grown one group at a time.

The same answers as `serving.privacy.disclosure`, which decomposes all groups anew each time: with some hundred teams
that takes seconds a figure, here a millisecond. People who are in the same groups are alike to everybody, so they are
one *atom*; a new group splits atoms, and what is new of it (Gram-Schmidt) adds to the leverage of each.
"""

from collections import OrderedDict
from collections.abc import Iterable, Set
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

__all__ = ["Groups", "Spaces"]

_TOLERANCE = 1e-9
_DEPENDENT = 1e-12  # squared length of what is new of a group, against the group's own
_KEPT = 24
Floats = npt.NDArray[np.float64]
Whole = npt.NDArray[np.int64]


@dataclass(frozen=True)
class _Space:
    """`atom_of` people (0: in no group); sizes (a,), an orthonormal basis by person (rank, a), leverages (a,)."""

    atom_of: Whole
    sizes: Floats
    basis: Floats
    leverage: Floats

    def grown(self, members: Whole, people: int) -> "_Space":
        """The space with one more group, given as numbers of people, out of so many."""
        atom_of = np.zeros(people, dtype=np.int64)
        atom_of[: len(self.atom_of)] = self.atom_of
        inside = np.bincount(atom_of[members], minlength=len(self.sizes)).astype(float)
        split = np.flatnonzero((inside > 0) & ((inside < self.sizes) | (np.arange(len(inside)) == 0)))
        new = np.zeros(len(self.sizes), dtype=np.int64)
        new[split] = len(self.sizes) + np.arange(len(split))
        moved = members[new[atom_of[members]] > 0]
        atom_of[moved] = new[atom_of[moved]]
        sizes = np.concatenate([self.sizes, inside[split]])
        sizes[split] -= np.where(split == 0, 0.0, inside[split])
        row = np.zeros(len(sizes))
        row[np.unique(atom_of[members])] = 1.0
        basis = np.hstack([self.basis, self.basis[:, split]])
        return _with_row(atom_of, sizes, basis, np.concatenate([self.leverage, self.leverage[split]]), row)


def _with_row(atom_of: Whole, sizes: Floats, basis: Floats, leverage: Floats, row: Floats) -> _Space:
    rest = row
    for _ in range(2):  # twice, because once leaves what rounding lost
        rest = rest - (basis @ (sizes * rest)) @ basis
    length = float((sizes * rest**2).sum())
    if length <= _DEPENDENT * float((sizes * row).sum()):
        return _Space(atom_of, sizes, basis, leverage)
    return _Space(atom_of, sizes, np.vstack([basis, rest / np.sqrt(length)]), leverage + rest**2 / length)


_NOTHING = _Space(np.zeros(0, dtype=np.int64), np.zeros(1), np.zeros((0, 1)), np.zeros(1))


@dataclass(eq=False)
class Groups:
    """Groups that were shown, in their order; those that come after are found from here."""

    before: "Groups | None" = None
    people: frozenset[str] = frozenset()
    after: dict[frozenset[str], "Groups"] = field(default_factory=dict)


class Spaces:
    """Decides whether one more group can be shown. Quantities that were shown over the same groups share the work."""

    def __init__(self) -> None:
        self.none = Groups()
        self._number: dict[str, int] = {}
        self._members: dict[frozenset[str], Whole] = {}
        self._kept: OrderedDict[Groups, _Space] = OrderedDict()
        self._highest: dict[Groups, float] = {}

    def of(self, groups: Iterable[frozenset[str]]) -> Groups:
        """These groups, in this order."""
        found = self.none
        for people in groups:
            found = self.with_group(found, people)
        return found

    def with_group(self, groups: Groups, people: frozenset[str]) -> Groups:
        """The groups and one more."""
        if people not in groups.after:
            groups.after[people] = Groups(groups, people)
        return groups.after[people]

    def withstands(self, groups: Groups, minimum: int) -> bool:
        """Whether no linear combination of sums over the groups isolates fewer than `minimum` people."""
        if groups not in self._highest:
            self._highest[groups] = float(self._space(groups).leverage.max())
        return self._highest[groups] <= 1 / minimum + _TOLERANCE

    def _space(self, groups: Groups) -> _Space:
        missing, at = [], groups
        while at.before is not None and at not in self._kept:
            missing.append(at)
            at = at.before
        space = self._kept.get(at, _NOTHING)
        for one in reversed(missing):
            members = self._numbers(one.people)
            space = space.grown(members, len(self._number))
        self._keep(groups, space)
        return space

    def _keep(self, groups: Groups, space: _Space) -> None:
        self._kept[groups] = space
        self._kept.move_to_end(groups)
        while len(self._kept) > _KEPT:
            self._kept.popitem(last=False)

    def _numbers(self, people: Set[str]) -> Whole:
        key = frozenset(people)
        if key not in self._members:
            for name in key:
                self._number.setdefault(name, len(self._number))
            self._members[key] = np.array([self._number[name] for name in key], dtype=np.int64)
        return self._members[key]
