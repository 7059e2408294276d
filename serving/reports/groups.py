"""Figures of groups of people: which group a page may show, and over whom each of its numbers is.

Every number goes through the memory of releases (`serving.privacy.releases`), its whole before its parts, so that the
site is still there when a team has to be held. Values that are not known at a date are carried from the nearest earlier
one (else later one) of the page's weeks: a line over weeks is over the same people from end to end.
"""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from features.errors import InputError
from serving.privacy.cohorts import admit_chain
from serving.reports.material import Material
from serving.reports.scores import Figures

__all__ = ["Group", "Standing", "band", "group_of", "means", "queue_means", "queues_of", "standing", "standing_of"]

PEOPLE = "people"
_BAND = (10, 90)
_BAND_NEEDS = 5  # minimum groups on the queue, so that the ten nearest to an end are not the ends themselves
Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Group:
    """What a page is about: `column` of the frame has `value`; `wholes` contain it, the largest first.

    `hidden` says why it is not the team that was asked for. `cohort` are the people behind what is said of all.
    """

    column: str
    value: str
    wholes: tuple[tuple[str, str], ...]
    cohort: frozenset[str]
    hidden: str = ""

    @property
    def name(self) -> str:
        return f"{self.column.removesuffix('_id')} {self.value}"

    @property
    def chain(self) -> tuple[tuple[str, str], ...]:
        return (*self.wholes, (self.column, self.value))


class Standing(NamedTuple):
    """The scores of a group beside those of everyone: over whom, and their means."""

    people: frozenset[str]
    group: Figures
    everyone: Figures


def group_of(material: Material, team: str) -> Group:
    """The team, or its site where the team's numbers could be traced to a person.

    Raises
    ------
    InputError
        There is no such team, or its site may not be shown either.
    """
    now = material.now
    members = now[now["team_id"] == team]
    if members.empty:
        teams = ", ".join(sorted(set(now["team_id"])))
        raise InputError(f"--team {team}: no such team on {material.day}; those are {teams}.")
    site, minimum = str(members["site_id"].iloc[0]), material.releases.policy.minimum_group
    known = material.weeks.everyone
    whole = _admit(material, PEOPLE, "site_id", site, known)
    cohort = _admit(material, PEOPLE, "team_id", team, known) if whole else None
    if cohort:
        return Group("team_id", team, (("site_id", site),), cohort)
    if not whole:
        raise InputError(
            f"--team {team}: the team and its site have fewer than {minimum} agents; nothing is shown."
            if (now["site_id"] == site).sum() < minimum
            else f"--team {team}: with what was shown before, numbers of its site could be traced to fewer than"
            f" {minimum} people; nothing is shown this week."
        )
    return Group("site_id", site, (), whole, _why(team, site, len(members), minimum))


def means(material: Material, group: Group, name: str) -> Floats | None:
    """The weekly means of a column over a group's cohort, or None where they may not be shown."""
    known = material.weeks.filled(name).known
    for column, value in group.chain:
        cohort = _admit(material, name, column, value, known)
    return material.weeks.mean(name, cohort) if cohort else None


def queues_of(material: Material, group: Group) -> list[str]:
    """The queues that members of a group are on now."""
    return material.weeks.queues(group.column, group.value)


def queue_means(material: Material, group: Group, name: str) -> Floats | None:
    """The same over everyone who is on one of the group's queues."""
    cohort = _on_queues(material, group, name)
    return material.weeks.mean(name, cohort) if cohort else None


def band(material: Material, group: Group, name: str) -> tuple[Floats, Floats] | None:
    """Where 8 of 10 people on the group's queues are, by week, or None where there are too few of them.

    Each end is the mean of as many people around the percentile as the minimum asks for: nobody's own value is drawn.
    """
    cohort, minimum = _on_queues(material, group, name), material.releases.policy.minimum_group
    if cohort is None or len(cohort) < _BAND_NEEDS * minimum:
        return None
    return material.weeks.band(name, cohort, _BAND, minimum)


def standing(material: Material, group: Group, outcome: str) -> Standing | None:
    """The scores behind a group's figures, or None where they may not be shown."""
    return standing_of(material, outcome, group.chain)


def standing_of(material: Material, outcome: str, chain: tuple[tuple[str, str], ...]) -> Standing | None:
    """The same for the last of some columns with values, each of which contains the next."""
    scored = material.scores[outcome]
    groups = [(f"{column} {value}", scored.members(column, value)) for column, value in chain]
    found = admit_chain(material.releases, outcome, material.day, scored.present, scored.known, groups)
    return Standing(found[0], *(scored.figures(people) for people in found)) if found else None


def _on_queues(material: Material, group: Group, name: str) -> frozenset[str] | None:
    queues, known = queues_of(material, group), material.weeks.filled(name).known
    present = _known(material, material.weeks.on_queues(queues), known)
    return material.releases.admit(name, material.day, f"queues {', '.join(queues)}", present, known).people


def _admit(material: Material, quantity: str, column: str, value: str, known: frozenset[str]) -> frozenset[str] | None:
    present = _known(material, material.weeks.members(column, value), known)
    return material.releases.admit(quantity, material.day, f"{column} {value}", present, known).people


def _known(material: Material, people: frozenset[str], known: frozenset[str]) -> frozenset[str]:
    """Those of some people who have a value; where everyone has one, the same set and no copy."""
    return people if known is material.weeks.everyone else people & known


def _why(team: str, site: str, size: int, minimum: int) -> str:
    if size < minimum:
        first = f"Team {team} has {size} agents. Numbers of fewer than {minimum} people could be traced to one of them"
    else:
        first = (
            f"Numbers of team {team} alone, beside others that were shown, could be traced to fewer than {minimum}"
            " people"
        )
    return f"{first}, so this page shows the whole site {site} instead."
