"""Seats: who sits where, who is leaving, and how an empty seat is filled: by a move, a return or a new agent."""

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from features.simulation.people import People
from features.simulation.teams import TEAM_SIZE, Teams

__all__ = ["NEVER", "Seats"]

Numbers = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]

NEVER, EMPTY = 10**6, -1
REFILL_WEEKS = 2
MOVES, RETURNS = 0.15, 0.05
AWAY_WEEKS = 13


@dataclass
class Seats:
    """Arrays by seat. `former` remembers (agent, site, week) of those who left of their own will."""

    team: Numbers
    agent: Numbers
    free_until: Numbers
    leaving: Numbers
    former: list[tuple[int, int, int]] = field(default_factory=list)

    @classmethod
    def taken_by(cls, who: Numbers) -> "Seats":
        """Every seat has its agent on the first day."""
        return cls(np.arange(len(who)) // TEAM_SIZE, who, np.zeros_like(who), np.full_like(who, NEVER))

    def fill(self, rng: np.random.Generator, week: int, people: People) -> Numbers:
        """Fill the seats that are due; which have a new face."""
        due = np.flatnonzero((self.agent == EMPTY) & (self.free_until <= week))
        for seat in due.tolist():
            draw = rng.random()
            self.agent[seat] = self._mover(rng, seat, week) if draw < MOVES else EMPTY
            if MOVES <= draw < MOVES + RETURNS:
                self.agent[seat] = self._returning(rng, seat, week, people)
            if self.agent[seat] == EMPTY:
                self.agent[seat] = people.hire(1, week * 7)[0]
        return due

    def _mover(self, rng: np.random.Generator, seat: int, week: int) -> int:
        """Someone of another team of the site, whose seat is then free; nobody who is leaving."""
        site, sites = Teams.site(self.team)[seat], Teams.site(self.team)
        fits = (sites == site) & (self.team != self.team[seat]) & (self.agent != EMPTY) & (self.leaving == NEVER)
        if not fits.any():
            return EMPTY
        old = int(rng.choice(np.flatnonzero(fits)))
        mover = int(self.agent[old])
        self.agent[old], self.free_until[old] = EMPTY, week + REFILL_WEEKS
        return mover

    def _returning(self, rng: np.random.Generator, seat: int, week: int, people: People) -> int:
        """Someone who left the site of their own will some months ago."""
        site = int(Teams.site(self.team)[seat])
        fits = [entry for entry in self.former if entry[1] == site and entry[2] + AWAY_WEEKS <= week]
        if not fits:
            return EMPTY
        chosen = fits[int(rng.integers(len(fits)))]
        self.former.remove(chosen)
        people.come_back(rng, chosen[0], week * 7)
        return chosen[0]

    def give_notice(self, seats: Numbers, last_week: Numbers, voluntary: Flags) -> None:
        """Some leave at the end of a week to come, or of this one."""
        self.leaving[seats] = last_week
        for seat, week in zip(seats[voluntary], last_week[voluntary], strict=True):
            self.former.append((int(self.agent[seat]), int(Teams.site(self.team[seat])), int(week)))

    def empty(self, week: int) -> None:
        """At the end of a week, free the seats of those whose last day it was."""
        gone = (self.agent != EMPTY) & (self.leaving <= week)
        self.agent[gone], self.leaving[gone], self.free_until[gone] = EMPTY, NEVER, week + REFILL_WEEKS
