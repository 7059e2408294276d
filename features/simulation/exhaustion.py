"""How exhaustion follows from the work: a slow average of strain, one unit of which is about one SD of strain."""

import numpy as np
import numpy.typing as npt

from features.simulation.conditions import CONDITIONS

__all__ = ["DEMANDS", "EXPOSED", "KEEP", "NOISE_SD", "RELIEF", "SETTLED", "expose", "settle", "step", "strain"]

Floats = npt.NDArray[np.float64]

KEEP, NOISE_SD = 0.86, 0.36
# weighs on people by their susceptibility
DEMANDS = {"load": 0.39, "escalation": 0.34, "abuse": 0.30, "schedule": 0.39}
# recovery (breaks taken, share of the five working days off) and support relieve everyone alike
RELIEF = {"support": 0.30, "breaks": 0.25, "days_off": 2.0}
MEAN_DAYS_OFF = 0.1
# how far the first day's staff has come to where their first week would lead them
SETTLED = 0.8
EXPOSED = (*CONDITIONS, "days_off")


def strain(susceptibility: Floats, now: dict[str, Floats]) -> Floats:
    """susceptibility x demands - recovery - support, shape (people,); `now` has every condition and days_off."""
    demands = sum((weight * now[name] for name, weight in DEMANDS.items()), np.zeros(len(susceptibility)))
    relief = sum(weight * now[name] for name, weight in RELIEF.items() if name != "days_off")
    relief = relief + RELIEF["days_off"] * (now["days_off"] - MEAN_DAYS_OFF)
    found: Floats = susceptibility * demands - relief
    return found


def step(rng: np.random.Generator, before: Floats, trait: Floats, weighs: Floats) -> Floats:
    """Exhaustion after a week of `weighs` (strain and what a program changes of it)."""
    found: Floats = KEEP * before + (1 - KEEP) * (trait + weighs) + rng.normal(0, NOISE_SD, len(before))
    return found


def settle(rng: np.random.Generator, trait: Floats, weighs: Floats) -> Floats:
    """Where the staff of the first day has come to: most of the way to where the first week leads."""
    found: Floats = trait + SETTLED * weighs + rng.normal(0, NOISE_SD, len(trait))
    return found


def expose(before: Floats, now: dict[str, Floats]) -> Floats:
    """Slow averages of the conditions with exhaustion's own memory, shape (people, conditions)."""
    found: Floats = KEEP * before + (1 - KEEP) * np.column_stack([now[name] for name in EXPOSED])
    return found
