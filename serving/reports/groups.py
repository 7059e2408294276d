"""Figures of groups of people: which group a page may show, and over whom each of its numbers is.

Every number goes through the memory of releases (`serving.privacy.releases`), its whole before its parts, so that the
site is still there when a team has to be held. Values that are not known at a date are carried from the nearest earlier
one (else later one) of the page's weeks: a line over weeks is over the same people from end to end.
"""

from dataclasses import dataclass

import pandas as pd

from features.errors import InputError
from serving.privacy.cohorts import Cohorts, cohorts
from serving.reports.material import Material
from serving.store import Score

__all__ = ["Group", "group_of", "means", "queue_means", "scored_in"]

PEOPLE = "people"


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
        raise InputError(f"--team {team}: no such team on {material.as_of:%Y-%m-%d}; those are {teams}.")
    site, minimum = str(members["site_id"].iloc[0]), material.releases.policy.minimum_group
    known = frozenset(material.weeks["agent_id"])
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


def means(material: Material, group: Group, name: str) -> pd.Series | None:
    """The weekly means of a column over a group's cohort, or None where they may not be shown."""
    values = _filled(material, name)
    for column, value in (*group.wholes, (group.column, group.value)):
        cohort = _admit(material, name, column, value, frozenset(values.index))
    return values.loc[sorted(cohort)].mean() if cohort else None


def queue_means(material: Material, group: Group, name: str) -> pd.Series | None:
    """The same over everyone who is on one of the group's queues."""
    now = material.now
    queues = sorted(set(now.loc[now[group.column] == group.value, "queue"]))
    values = _filled(material, name)
    present = frozenset(now.loc[now["queue"].isin(queues), "agent_id"]) & frozenset(values.index)
    label = f"queues {', '.join(queues)}"
    found = material.releases.admit(name, material.as_of.date(), label, present, frozenset(values.index))
    return values.loc[sorted(found.people)].mean() if found.people else None


def scored_in(material: Material, group: Group, outcome: str) -> Cohorts[Score] | None:
    """The scores behind a group's figures, or None where they may not be shown."""
    now, carried = material.scores[outcome], material.carried.get(outcome, [])
    chain = (*group.wholes, (group.column, group.value))
    return cohorts(material.releases, outcome, material.as_of.date(), now, carried, chain)


def _filled(material: Material, name: str) -> pd.DataFrame:
    """Everyone's values of a column by date; who has none at all is left out."""
    wide = material.weeks.pivot_table(index="agent_id", columns="as_of", values=name, dropna=False)
    wide = wide.reindex(columns=sorted(material.weeks["as_of"].unique()))
    return wide.ffill(axis=1).bfill(axis=1).dropna()


def _admit(material: Material, quantity: str, column: str, value: str, known: frozenset[str]) -> frozenset[str] | None:
    now = material.now
    present = frozenset(now.loc[now[column] == value, "agent_id"]) & known
    return material.releases.admit(quantity, material.as_of.date(), f"{column} {value}", present, known).people


def _why(team: str, site: str, size: int, minimum: int) -> str:
    if size < minimum:
        first = f"Team {team} has {size} agents. Numbers of fewer than {minimum} people could be traced to one of them"
    else:
        first = (
            f"Numbers of team {team} alone, beside others that were shown, could be traced to fewer than {minimum}"
            " people"
        )
    return f"{first}, so this page shows the whole site {site} instead."
