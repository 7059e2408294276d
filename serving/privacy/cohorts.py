"""Over whom the figures of a group may be: its wholes first, and remembered (`serving.privacy.releases`)."""

from collections.abc import Iterable, Sequence, Set
from dataclasses import dataclass
from datetime import date
from typing import Any, Generic, TypeVar

from serving.privacy.releases import Releases

__all__ = ["Cohorts", "admit_chain", "cohorts"]


Person = TypeVar("Person")  # a score with the post of a person: agent_id, probability, team_id, site_id, queue


@dataclass(frozen=True)
class Cohorts(Generic[Person]):
    """People that a group's figures may be over, and those of the whole centre."""

    group: list[Person]
    everyone: list[Person]


def cohorts(
    releases: Releases,
    outcome: str,
    day: date,
    now: Sequence[Person],
    carried: Sequence[Person],
    chain: Sequence[tuple[str, str]],
) -> Cohorts[Person] | None:
    """The cohorts, or None where the group's figures may not be shown.

    Whoever has no score now, for whatever reason, counts with the last one until the cohort changes.

    Parameters
    ----------
    now, carried
        Scores of the date, and the last ones of before.
    chain
        Columns with values, from the largest whole to the group itself.
    """
    present, found = _usable(now), _usable(carried) | _usable(now)
    members = [
        (f"{column} {value}", frozenset(agent for agent, one in present.items() if getattr(one, column) == value))
        for column, value in chain
    ]
    admitted = admit_chain(releases, outcome, day, frozenset(present), frozenset(found), members)
    return Cohorts(*([found[agent] for agent in sorted(chosen)] for chosen in admitted)) if admitted else None


def admit_chain(
    releases: Releases,
    outcome: str,
    day: date,
    present: Set[str],
    known: Set[str],
    chain: Sequence[tuple[str, Set[str]]],
) -> tuple[frozenset[str], frozenset[str]] | None:
    """The same by ids: the cohort of the chain's last group, and that of everyone, or None.

    Parameters
    ----------
    present, known
        Who has a score now, and whoever has one that could be carried on.
    chain
        Groups with those of `present` who are in them, from the largest whole on.
    """
    everyone = people = releases.admit(outcome, day, "all", present, known).people
    for group, members in chain if everyone is not None else ():
        people = releases.admit(outcome, day, group, members, known).people
    return None if people is None or everyone is None else (people, everyone)


def _usable(people: Iterable[Any]) -> dict[str, Any]:
    return {one.agent_id: one for one in people if one.probability is not None}
