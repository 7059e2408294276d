"""Which aggregates may be shown, given all that was shown before.

A group's figure is over a cohort. Whoever joins or leaves would be told apart by the difference of two weeks, so the
cohort follows the group only when that isolates nobody; else it stays as it was, with the last values of those who
left, and those who came wait. Where neither will do, the figure is held.

What is guaranteed: of all releases of one quantity within the memory, taken together, no linear combination depends on
fewer than the minimum of people, even for a reader who takes everybody's value to be the same each week. Rounding comes
on top and is not relied on. What is not: a reader who knows values of members from elsewhere, or the same fact shown as
another quantity.
"""

from collections.abc import Iterator, Set
from dataclasses import dataclass, field
from datetime import date

from serving.privacy.policy import DEFAULT, PrivacyPolicy
from serving.privacy.space import Groups, Spaces

__all__ = ["Cohort", "Release", "Releases"]


_SEEN = 256  # sets whose equal is known by identity


@dataclass(frozen=True)
class Release:
    """One aggregate that was shown: a mean or sum of a quantity over people. `group` is such as 'team T01'."""

    quantity: str
    as_of: date
    group: str
    people: frozenset[str]


@dataclass(frozen=True)
class Cohort:
    """Over whom a figure may be; None where it is held, and then `why` is a sentence."""

    people: frozenset[str] | None
    why: str = ""


@dataclass
class _Past:
    """What was shown of a quantity within the memory of a date: the groups, and each group's nearest cohort."""

    groups: Groups
    known: set[frozenset[str]] = field(default_factory=set)
    nearest: dict[str, tuple[tuple[int, date], frozenset[str]]] = field(default_factory=dict)


@dataclass
class Releases:
    """The memory of what was shown, and the decision about what may be shown next."""

    policy: PrivacyPolicy = DEFAULT
    shown: list[Release] = field(default_factory=list)
    _spaces: Spaces = field(default_factory=Spaces, repr=False, compare=False)
    _pasts: dict[tuple[str, date], _Past] = field(default_factory=dict, repr=False, compare=False)
    _of: dict[str, dict[Release, None]] = field(default_factory=dict, repr=False, compare=False)
    _sets: dict[frozenset[str], frozenset[str]] = field(default_factory=dict, repr=False, compare=False)
    _seen: dict[int, tuple[frozenset[str], frozenset[str]]] = field(default_factory=dict, repr=False, compare=False)
    _read: int = field(default=0, repr=False, compare=False)

    def admit(self, quantity: str, as_of: date, group: str, present: Set[str], known: Set[str] | None = None) -> Cohort:
        """Decide about a group's figure, and remember it where it may be shown.

        Parameters
        ----------
        present
            Members who have a value now.
        known
            Everyone who has a value that could be carried on, members or not; `present` where it is None.
        """
        minimum = self.policy.minimum_group
        if len(present) < minimum:
            return Cohort(None, f"fewer than {minimum} people")
        past = self._past(quantity, as_of)
        last = past.nearest.get(group)
        for choice in _choices(frozenset(present), known or present, last[1] if last else None):
            if choice is not present and len(choice & present) < minimum:
                continue
            people = self._one(choice)
            if people in past.known or self._withstands(past, people):
                self._remember(Release(quantity, as_of, group, people))
                return Cohort(people)
        return Cohort(None, f"with what was shown before, it would tell fewer than {minimum} people apart")

    def _one(self, people: frozenset[str]) -> frozenset[str]:
        """The same set for equal ones: comparing two of ten thousand people takes longer than all else of a figure."""
        found = self._seen.get(id(people))
        if found is None or found[0] is not people:
            if len(self._seen) >= _SEEN:
                self._seen.clear()
            found = self._seen[id(people)] = people, self._sets.setdefault(people, people)
        return found[1]

    def _withstands(self, past: _Past, people: frozenset[str]) -> bool:
        return self._spaces.withstands(self._spaces.with_group(past.groups, people), self.policy.minimum_group)

    def _past(self, quantity: str, as_of: date) -> _Past:
        self._read_shown()
        if (quantity, as_of) not in self._pasts:
            past = self._pasts[quantity, as_of] = _Past(self._spaces.none)
            for release in self._of.get(quantity, {}):
                self._add(past, as_of, release)
        return self._pasts[quantity, as_of]

    def _read_shown(self) -> None:
        """Take in what was added to `shown` since."""
        for release in self.shown[self._read :]:
            self._sets.setdefault(release.people, release.people)
            self._of.setdefault(release.quantity, {})[release] = None
            for (quantity, as_of), past in self._pasts.items():
                if quantity == release.quantity:
                    self._add(past, as_of, release)
        self._read = len(self.shown)

    def _add(self, past: _Past, as_of: date, release: Release) -> None:
        apart = abs((release.as_of - as_of).days)
        if apart > self.policy.memory_days:
            return
        if release.people not in past.known:
            past.known.add(release.people)
            past.groups = self._spaces.with_group(past.groups, release.people)
        near = (apart, release.as_of)
        if release.group not in past.nearest or near < past.nearest[release.group][0]:
            past.nearest[release.group] = (near, release.people)

    def _remember(self, release: Release) -> None:
        if release not in self._of.get(release.quantity, {}):
            self.shown.append(release)


def _choices(present: frozenset[str], known: Set[str], last: frozenset[str] | None) -> Iterator[frozenset[str]]:
    """Cohorts to try, the most faithful to the group first."""
    yield present
    if last is None:
        return
    carried = (last & known) | (last & present)
    yield carried | present
    yield carried & present
    yield carried
