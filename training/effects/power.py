"""How many people, or teams, a program needs before it starts, so that its effect could be seen."""

import math
from dataclasses import dataclass

from scipy.stats import norm
from statsmodels.stats.power import NormalIndPower, TTestIndPower
from statsmodels.stats.proportion import proportion_effectsize

from features.errors import InputError

__all__ = ["Needed", "detectable_share", "needed_for_mean", "needed_for_share"]


@dataclass(frozen=True)
class Needed:
    """People per arm, exact and by the rule of thumb, and after inflation for clusters."""

    per_arm: int
    rule_of_thumb: int
    inflation: float
    per_arm_clustered: int
    sentence: str


def needed_for_share(
    rate: float, change: float, power: float = 0.8, level: float = 0.95, cluster: int = 1, icc: float = 0.0
) -> Needed:
    """People per arm to see a share of `rate` change by `change`.

    The rule of thumb is 15.7 p (1 - p) / d^2 (80 % power, 95 % level); clusters of m people inflate by 1 + (m - 1) icc.

    Raises
    ------
    InputError
        A share is not between 0 and 1, or the change is none.
    """
    _refuse(rate, change, power, cluster, icc)
    after = rate + change
    if not 0 < after < 1:
        raise InputError(f"--effect {change}: {rate} changed by it is {after:.3g}, which is no share between 0 and 1.")
    size = abs(proportion_effectsize(rate, after))
    exact = NormalIndPower().solve_power(size, power=power, alpha=1 - level)
    middle = (rate + after) / 2
    return _needed(exact, 15.7 * middle * (1 - middle) / change**2, cluster, icc, f"{rate:.1%} to {after:.1%}")


def needed_for_mean(
    sd: float, change: float, power: float = 0.8, level: float = 0.95, cluster: int = 1, icc: float = 0.0
) -> Needed:
    """People per arm to see a mean of standard deviation `sd` change by `change`, in the same unit."""
    if sd <= 0:
        raise InputError(f"--sd {sd}: a standard deviation is above 0.")
    _refuse(0.5, change, power, cluster, icc)
    exact = TTestIndPower().solve_power(abs(change) / sd, power=power, alpha=1 - level)
    return _needed(exact, 15.7 * sd**2 / change**2, cluster, icc, f"by {change:g} at a standard deviation of {sd:g}")


def detectable_share(rate: float, per_arm: int, power: float = 0.8, level: float = 0.95) -> float:
    """The smallest change of a share that so many people per arm would show, by the normal approximation."""
    reach = norm.ppf(0.5 + level / 2) + norm.ppf(power)
    return float(reach * math.sqrt(2 * rate * (1 - rate) / per_arm))


def _needed(exact: float, thumb: float, cluster: int, icc: float, change: str) -> Needed:
    inflation = 1 + (cluster - 1) * icc
    per_arm, clustered = math.ceil(exact), math.ceil(exact * inflation)
    said = f"To see a change of {change}: {per_arm:,} people per arm"
    if inflation > 1:
        teams = math.ceil(clustered / cluster)
        said += f"; {clustered:,} where whole teams of {cluster} are drawn ({teams:,} teams per arm)"
    return Needed(per_arm, math.ceil(thumb), inflation, clustered, said + ".")


def _refuse(rate: float, change: float, power: float, cluster: int, icc: float) -> None:
    for option, value, holds, wanted in (
        ("--rate", rate, 0 < rate < 1, "between 0 and 1"),
        ("--effect", change, change != 0, "not 0"),
        ("--power", power, 0 < power < 1, "between 0 and 1"),
        ("--team-size", cluster, cluster >= 1, "at least 1"),
        ("--icc", icc, 0 <= icc < 1, "from 0 to below 1"),
    ):
        if not holds:
            raise InputError(f"{option} {value:g}: wanted is a number {wanted}.")
