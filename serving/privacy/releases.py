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

from serving.privacy.disclosure import withstands
from serving.privacy.policy import DEFAULT, PrivacyPolicy

__all__ = ["Cohort", "Release", "Releases"]


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
class Releases:
    """The memory of what was shown, and the decision about what may be shown next."""

    policy: PrivacyPolicy = DEFAULT
    shown: list[Release] = field(default_factory=list)

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
        past = self._within_memory(quantity, as_of)
        groups = list({release.people for release in past})
        for people in _choices(frozenset(present), frozenset(known or present), _last(past, group, as_of)):
            if len(people & present) < minimum:
                continue
            if people in groups or withstands([*groups, people], minimum):
                self._remember(Release(quantity, as_of, group, people))
                return Cohort(people)
        return Cohort(None, f"with what was shown before, it would tell fewer than {minimum} people apart")

    def _within_memory(self, quantity: str, as_of: date) -> list[Release]:
        days = self.policy.memory_days
        return [r for r in self.shown if r.quantity == quantity and abs((r.as_of - as_of).days) <= days]

    def _remember(self, release: Release) -> None:
        if release not in self.shown:
            self.shown.append(release)


def _last(past: list[Release], group: str, as_of: date) -> frozenset[str] | None:
    """The group's cohort at the date nearest to this one."""
    own = [release for release in past if release.group == group]
    return min(own, key=lambda r: (abs((r.as_of - as_of).days), r.as_of)).people if own else None


def _choices(present: frozenset[str], known: frozenset[str], last: frozenset[str] | None) -> Iterator[frozenset[str]]:
    """Cohorts to try, the most faithful to the group first."""
    yield present
    if last is None:
        return
    carried = last & (known | present)
    yield carried | present
    yield carried & present
    yield carried
