"""The simulated centre as a whole: settings in, tables of the contract and the truth out."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

import numpy as np
import pandas as pd

from features.errors import InputError
from features.simulation.contacts import draw_contacts
from features.simulation.programs import PEER_SUPPORT, Program
from features.simulation.shifts import draw_shifts
from features.simulation.truth import Truth
from features.simulation.weeks import live

__all__ = ["Centre", "Simulated", "simulate"]

SHIFTS_AT_ONCE = 12_000


@dataclass(frozen=True)
class Centre:
    """Settings of a simulation: seats to fill, days to run, seed, first Monday, care programs.

    Raises
    ------
    InputError
        Fewer than 10 agents or 28 days, or two programs of one name.
    """

    agents: int = 400
    days: int = 540
    seed: int = 7
    start: date = date(2025, 3, 31)
    programs: tuple[Program, ...] = (PEER_SUPPORT,)

    def __post_init__(self) -> None:
        if self.agents < 10:
            raise InputError(f"--agents {self.agents}: a centre has at least 10 agents.")
        if self.days < 28:
            raise InputError(f"--days {self.days}: a simulation runs for at least 28 days.")
        names = [program.name for program in self.programs]
        twice = sorted({name for name in names if names.count(name) > 1})
        if twice:
            raise InputError(f"programs {', '.join(twice)}: a name stands for one program.")


@dataclass(frozen=True)
class Simulated:
    """Tables of the contract but for contacts, which come in chunks; and the truth, kept apart."""

    tables: dict[str, pd.DataFrame]
    truth: Truth
    _worked: pd.DataFrame
    _seed: np.random.SeedSequence

    def contacts(self) -> Iterator[pd.DataFrame]:
        """Contacts in chunks of some ten thousand shifts; the same at every call."""
        rng = np.random.default_rng(self._seed)
        for start in range(0, len(self._worked), SHIFTS_AT_ONCE):
            chunk = self._worked.iloc[start : start + SHIFTS_AT_ONCE].reset_index(drop=True)
            yield draw_contacts(rng, chunk, first_id=start * 100)

    def frames(self) -> dict[str, pd.DataFrame]:
        """Every table in memory, for small centres."""
        return {**self.tables, "contacts": pd.concat(list(self.contacts()), ignore_index=True)}


def simulate(centre: Centre) -> Simulated:
    """Run a centre: same settings, same rows."""
    for_lives, for_shifts, for_contacts = np.random.SeedSequence(centre.seed).spawn(3)
    start = pd.Timestamp(centre.start)
    world = live(for_lives, centre.agents, centre.days, start, centre.programs)
    tables, truth = world.tables(), world.truth()
    end = start + pd.Timedelta(days=centre.days)
    shifts, worked = draw_shifts(np.random.default_rng(for_shifts), truth.weeks, end)
    return Simulated({**tables, "shifts": shifts}, truth, worked, for_contacts)
