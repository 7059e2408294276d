"""Teams, their sites and queues, and their managers, who change now and then."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

__all__ = ["QUEUES", "SITES", "TEAM_SIZE", "Teams"]

Floats = npt.NDArray[np.float64]
Numbers = npt.NDArray[np.int64]

TEAM_SIZE = 13
SITES = (("BER", "Europe/Berlin"), ("NYC", "America/New_York"), ("MNL", "Asia/Manila"))
QUEUES = ("billing", "technical", "orders", "retention")
MANAGER_LEAVES = 0.006


@dataclass
class Teams:
    """Arrays by team: the manager's number and quality (standard normal), voluntary notices of late."""

    manager: Numbers
    quality: Floats
    contagion: Floats
    managers: int

    @classmethod
    def draw(cls, rng: np.random.Generator, number: int) -> "Teams":
        return cls(np.arange(number), rng.standard_normal(number), np.zeros(number), number)

    def change_managers(self, rng: np.random.Generator) -> npt.NDArray[np.bool_]:
        """Replace some managers; in which teams."""
        changed: npt.NDArray[np.bool_] = rng.random(len(self.manager)) < MANAGER_LEAVES
        self.manager[changed] = self.managers + np.arange(changed.sum())
        self.quality[changed] = rng.standard_normal(changed.sum())
        self.managers += int(changed.sum())
        return changed

    @staticmethod
    def site(team: Numbers) -> Numbers:
        """Positions in `SITES`."""
        return team % len(SITES)

    @staticmethod
    def queue(team: Numbers) -> Numbers:
        """Positions in `QUEUES`."""
        return team % len(QUEUES)
