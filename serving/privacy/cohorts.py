"""Over whom the figures of a group may be: its wholes first, and remembered (`serving.privacy.releases`)."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Generic, TypeVar

from serving.privacy.releases import Releases

__all__ = ["Cohorts", "cohorts"]


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
    everyone = releases.admit(outcome, day, "all", frozenset(present), frozenset(found)).people
    people = everyone
    for column, value in chain if everyone is not None else ():
        members = frozenset(agent for agent, one in present.items() if getattr(one, column) == value)
        people = releases.admit(outcome, day, f"{column} {value}", members, frozenset(found)).people
    if people is None or everyone is None:
        return None
    return Cohorts(*([found[agent] for agent in sorted(chosen)] for chosen in (people, everyone)))


def _usable(people: Iterable[Any]) -> dict[str, Any]:
    return {one.agent_id: one for one in people if one.probability is not None}
