"""Who is offered support in a week: the highest ranked first, up to a manager's capacity, some held out by lot.

Everything here is data in, data out; the order of rows changes nothing.

The lot is a hash of seed, program and agent. It does not know the week, so that a person stays in one arm while the
program runs; where an arm is on record already, that one counts, even if seed or share were changed since. Going down
the ranking, everyone gets their arm, and the week is full when offers have used up the capacity. So whether someone's
turn comes does not depend on their own arm, and the two arms can be compared.
"""

import hashlib
import math
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from features.errors import InputError

__all__ = ["Arm", "Candidate", "Entry", "Former", "Rules", "drawn", "plan", "rules_of"]

Arm = Literal["offer", "holdout"]


class Rules(BaseModel):
    """What a week of a program keeps to.

    Attributes
    ----------
    week
        The Monday it begins on; any other day is taken for its week.
    capacity
        Offers per manager and week, over all programs.
    cool_down_days
        From the week of one offer (or holdout) of a person to that of the next, over all programs; 42 covers six
        weekly messages.
    holdout
        Share of those whose turn it is to whom nothing is offered.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    week: date
    program: str = Field("care", pattern=r"^[A-Za-z0-9][A-Za-z0-9 ._-]{0,59}$")
    capacity: int = Field(2, ge=0, le=1000)
    cool_down_days: int = Field(42, ge=7, le=730)
    holdout: float = Field(0.1, ge=0, le=0.5)
    seed: int = 0

    @field_validator("week")
    @classmethod
    def _begins_on_monday(cls, day: date) -> date:
        return day - timedelta(days=day.weekday())


@dataclass(frozen=True)
class Candidate:
    """Someone who could be offered support; the higher the `rank`, the sooner: a risk, or an expected benefit."""

    agent_id: str
    manager_id: str
    rank: float


@dataclass(frozen=True)
class Former:
    """An offer or a holdout on record: in which week's plan, and out of which manager's capacity."""

    agent_id: str
    manager_id: str
    program: str
    arm: Arm
    week: date


@dataclass(frozen=True)
class Entry:
    """A line of the plan: whose turn it is, and in which arm."""

    agent_id: str
    manager_id: str
    arm: Arm


def rules_of(**given: object) -> Rules:
    """The rules with what is set otherwise.

    Raises
    ------
    InputError
        A value is out of its range; the sentence names the option.
    """
    try:
        return Rules.model_validate(given)
    except ValidationError as error:
        first = error.errors()[0]
        option = str(first["loc"][0]).replace("_", "-")
        raise InputError(f"--{option} {first['input']}: {first['msg'][0].lower()}{first['msg'][1:]}.") from error


def plan(
    candidates: Iterable[Candidate], former: Iterable[Former], refused: Collection[str], rules: Rules
) -> tuple[Entry, ...]:
    """The plan of a week, by manager and then in the order of their turn.

    What is on record for the week counts towards its capacity, so that planning twice is planning once.

    Parameters
    ----------
    refused
        Agents who opted out of scoring or refuse offers: none of them is in the plan, in neither arm.

    Raises
    ------
    InputError
        An agent is a candidate twice, or a rank is no number.
    """
    past = list(former)
    resting = _resting(past, rules)
    arms = {one.agent_id: one.arm for one in sorted(past, key=_when, reverse=True) if one.program == rules.program}
    waiting = [one for one in _once(candidates) if one.agent_id not in resting and one.agent_id not in refused]
    used = _used(past, rules.week)
    entries = []
    for one in sorted(waiting, key=lambda one: (one.manager_id, -one.rank, _tie(rules, one.agent_id), one.agent_id)):
        if used.get(one.manager_id, 0) >= rules.capacity:
            continue
        arm = arms.get(one.agent_id) or drawn(rules, one.agent_id)
        used[one.manager_id] = used.get(one.manager_id, 0) + (arm == "offer")
        entries.append(Entry(one.agent_id, one.manager_id, arm))
    return tuple(entries)


def drawn(rules: Rules, agent_id: str) -> Arm:
    """The arm that the lot gives a person in a program."""
    return "holdout" if _lot(rules.seed, rules.program, "arm", agent_id) < rules.holdout else "offer"


def _resting(former: Iterable[Former], rules: Rules) -> set[str]:
    """Whoever has had their turn within the cool-down, before the week or, where a later one is planned, after it."""
    return {one.agent_id for one in former if abs((rules.week - one.week).days) < rules.cool_down_days}


def _used(former: Iterable[Former], week: date) -> dict[str, int]:
    used: dict[str, int] = {}
    for one in former:
        if one.week == week and one.arm == "offer":
            used[one.manager_id] = used.get(one.manager_id, 0) + 1
    return used


def _once(candidates: Iterable[Candidate]) -> list[Candidate]:
    found, seen = list(candidates), set()
    for one in found:
        if one.agent_id in seen:
            raise InputError(f"outreach: agent {one.agent_id!r} is a candidate twice; one row an agent is wanted.")
        if not math.isfinite(one.rank):
            raise InputError(f"outreach: agent {one.agent_id!r} has rank {one.rank}; a finite number is wanted.")
        seen.add(one.agent_id)
    return found


def _when(one: Former) -> tuple[date, str]:
    return one.week, one.arm


def _tie(rules: Rules, agent_id: str) -> float:
    """Who is first of equals changes from week to week."""
    return _lot(rules.seed, rules.program, rules.week.isoformat(), agent_id)


def _lot(*parts: object) -> float:
    """A number in [0, 1) that only these parts decide; their lengths keep 'a', 'bc' and 'ab', 'c' apart."""
    text = "".join(f"{len(str(part))}:{part}" for part in parts)
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], "big") / 2**64
