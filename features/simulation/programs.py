"""Care programs with a known effect on strain: assigned by lot to agents, or step by step to teams."""

from dataclasses import dataclass, field
from typing import Literal

import numpy as np
import numpy.typing as npt
import pandas as pd

from features.errors import InputError
from features.simulation.people import agent_ids

__all__ = ["ASSIGNED", "PEER_SUPPORT", "Program", "Running"]

Floats = npt.NDArray[np.float64]
Numbers = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]

# columns of the truth about programs
ASSIGNED = (
    "program", "assignment", "agent_id", "team", "arm", "takes_part", "from_week", "until_week", "effect",
)  # fmt: skip


@dataclass(frozen=True)
class Program:
    """A program: its effect is added to the weekly strain of who takes part; below 0 it relieves.

    Randomized: everyone on the job in the first week gets an arm by lot, and of those offered a share takes part.
    Staggered: teams begin in random order, some every few weeks; all agents of a team take part while they are in it.

    Parameters
    ----------
    name, action
        What the program is called, and what it does (the `action` of the table `outreach`).
    effect
        Change of weekly strain, in units of exhaustion; after long participation exhaustion has changed as much.
    assignment
        By lot per agent, or staggered by team.
    start_week, weeks
        The first week (of the first teams) from the start of the simulation, and for how long.
    offered, uptake
        Randomized only: share of agents with an offer, and of those who take part.
    steps, every_weeks
        Staggered only: in how many groups the teams begin, and the weeks between two groups.

    Raises
    ------
    InputError
        A share is not between 0 and 1, or a number of weeks or steps is too small.
    """

    name: str
    action: str
    effect: float
    assignment: Literal["randomized", "staggered"] = "randomized"
    start_week: int = 39
    weeks: int = 26
    offered: float = 0.5
    uptake: float = 0.7
    steps: int = 4
    every_weeks: int = 4

    def __post_init__(self) -> None:
        if self.assignment not in ("randomized", "staggered"):
            raise InputError(f"program {self.name}: assignment {self.assignment!r} is not randomized or staggered.")
        for name in ("offered", "uptake"):
            if not 0 < getattr(self, name) <= 1:
                raise InputError(f"program {self.name}: {name} {getattr(self, name)} is not above 0 and at most 1.")
        for name, least in (("start_week", 0), ("weeks", 1), ("steps", 1), ("every_weeks", 1)):
            if getattr(self, name) < least:
                raise InputError(f"program {self.name}: {name} {getattr(self, name)} is less than {least}.")


# -0.8 x 13 points x 0.7 who take part: about -7 points per offer, where a trial found -8 (openICPSR 148502)
PEER_SUPPORT = Program("peer-support", "peer-stories", effect=-0.8)


@dataclass
class Running:
    """A program as it runs: who is in it (by agent number), or when each team begins."""

    program: Program
    starts: Numbers
    member: Flags
    asked: Flags
    told: list[pd.DataFrame] = field(default_factory=list)
    assigned: list[pd.DataFrame] = field(default_factory=list)

    @classmethod
    def plan(cls, rng: np.random.Generator, program: Program, teams: int, people: int) -> "Running":
        """Draw the order of the teams; agents are assigned when the program begins."""
        step = np.zeros(teams, dtype=np.int64)
        if program.assignment == "staggered":
            step = rng.permutation(teams) * program.steps // teams
        starts = program.start_week + step * program.every_weeks
        return cls(program, starts, np.zeros(people, dtype=bool), np.zeros(people, dtype=bool))

    def effect(
        self, rng: np.random.Generator, week: int, monday: pd.Timestamp, who: Numbers, team: Numbers, staying: Flags
    ) -> Floats:
        """Change of this week's strain, shape (people,); assigns and writes to those whose turn it is."""
        begun = (self.starts[team] <= week) & (week < self.starts[team] + self.program.weeks)
        if self.program.assignment == "staggered":
            self._tell(rng, monday, who, team, week, begun & ~self.asked[who], np.ones(len(who), dtype=bool))
            return np.where(begun, self.program.effect, 0.0)
        if week == self.program.start_week:
            self._tell(rng, monday, who, team, week, staying, rng.random(len(who)) < self.program.offered)
        return np.where(begun & self.member[who], self.program.effect, 0.0)

    def _tell(
        self, rng: np.random.Generator, monday: pd.Timestamp, who: Numbers, team: Numbers, week: int, new: Flags,
        offer: Flags,
    ) -> None:  # fmt: skip
        """Write offers and holdouts down, in the table and in the truth."""
        who, team, offer = who[new], team[new], offer[new]
        by_lot = self.program.assignment == "randomized"
        takes = offer & (rng.random(len(who)) < (self.program.uptake if by_lot else 1.0))
        answers = offer & by_lot & (takes | (rng.random(len(who)) < 0.5))
        offered = monday + pd.to_timedelta(rng.integers(8 * 3600, 16 * 3600, len(who)), unit="s")
        replied = offered + pd.to_timedelta(rng.integers(3600, 4 * 86_400, len(who)), unit="s")
        arm = np.where(offer, "offer", "holdout")
        rows = pd.DataFrame({"agent_id": agent_ids(who), "offered_at": offered, "action": self.program.action,
                             "arm": arm})  # fmt: skip
        response = pd.Series(np.where(takes, "accepted", "declined"), dtype="str").where(answers)
        self.told.append(rows.assign(response=response, responded_at=pd.Series(replied).where(answers)))
        truth = rows[["agent_id", "arm"]].assign(
            program=self.program.name, assignment=self.program.assignment, team=team, takes_part=takes,
            effect=self.program.effect, from_week=week, until_week=self.starts[team] + self.program.weeks,
        )  # fmt: skip
        self.assigned.append(truth[list(ASSIGNED)])
        self.member[who], self.asked[who] = takes, True
