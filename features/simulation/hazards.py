"""Weekly hazards: the probability that notice is given, by cause, as a log-linear function of named drivers."""

import numpy as np
import numpy.typing as npt

__all__ = ["FADES", "INVOLUNTARY", "LIKELIEST", "TRANSFER", "VOLUNTARY", "hazard", "log_hazard", "newness"]

Floats = npt.NDArray[np.float64]

# `base` is the logarithm of the weekly hazard where every driver is 0
VOLUNTARY = {
    "base": -6.25,
    "exhaustion": 0.70,
    "newness": 2.1,
    "log_pay": -3.0,
    "quit_season": 0.2,
    "manager": -0.2,
    "schedule": 0.40,
    "abuse": 0.25,
    "contagion": 2.0,
}
INVOLUNTARY = {"base": -6.75, "newness": 1.2, "performance": -0.6}
TRANSFER = 0.0004
LIKELIEST = 0.3
# share of the contagion that is left a week later
FADES = 0.8
NEW_DAYS = 180
# people look around at the turn of the year
QUIT_PEAK = 20


def newness(days_employed: npt.ArrayLike) -> Floats:
    """1 on the first day, fading with time on the job."""
    found: Floats = np.exp(-np.asarray(days_employed, dtype=float) / NEW_DAYS)
    return found


def log_hazard(weights: dict[str, float], drivers: dict[str, Floats]) -> Floats:
    """The sum of drivers by weight, before it is bounded."""
    found = sum(weight * drivers[name] for name, weight in weights.items() if name != "base")
    return np.asarray(weights["base"] + found, dtype=float)


def hazard(weights: dict[str, float], drivers: dict[str, Floats]) -> Floats:
    """Probability of notice within the week, at most `LIKELIEST`."""
    found: Floats = np.minimum(np.exp(log_hazard(weights, drivers)), LIKELIEST)
    return found
