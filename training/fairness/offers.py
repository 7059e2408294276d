"""Does support reach every group alike? Rates of offers, of the groups of protected attributes that may be shown."""

import numpy as np
import numpy.typing as npt
import pandas as pd

from training.evaluation.proportion import wilson
from training.fairness.groups import LEAST_JUDGED, memberships, shown_groups

__all__ = ["offer_rates"]


def offer_rates(protected: pd.DataFrame | None, agents: npt.ArrayLike, offered: npt.ArrayLike) -> pd.DataFrame:
    """A row for each attribute and group: people, rate of those who were offered something, and its 95 % interval.

    Groups of fewer than 30 people are not judged and left out, and so are those that would follow from the others.

    Parameters
    ----------
    protected
        Columns agent_id, attribute, value; None where an organization keeps no such table.
    agents, offered
        People, once each, and whether they were offered anything; shape (n,).

    Returns
    -------
    DataFrame with the columns attribute, group, people, rate, low, high.
    """
    chosen = pd.Series(np.asarray(offered, dtype=float))
    found = []
    for attribute, membership in memberships(protected, agents).items():
        for name in shown_groups(membership.agents):
            people = int(membership.agents[name])
            if people >= LEAST_JUDGED:
                rate = float(chosen[membership.of_rows == name].mean())
                low, high = wilson(rate, people)
                found.append((attribute, name, people, rate, float(low), float(high)))
    return pd.DataFrame(found, columns=["attribute", "group", "people", "rate", "low", "high"])
