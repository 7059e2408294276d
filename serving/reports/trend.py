"""The mean score of a group over twelve weeks: the same people and one model from end to end."""

import numpy as np
import numpy.typing as npt
import pandas as pd

from serving.reports.groups import Standing
from serving.reports.material import Material

__all__ = ["weekly_means"]

Floats = npt.NDArray[np.float64]


def weekly_means(material: Material, outcome: str, standing: Standing) -> Floats | None:
    """Shape (weeks,), the last as it is in the store; None with a single week, or where another model is in charge.

    Weeks of which nothing is known of somebody count with the nearest later one. Whoever has no score now is not scored
    after the date of their last one, and counts with it: an opt-out neither shows nor is passed over.
    """
    champion, scored = material.champion(outcome), material.scores[outcome]
    if champion is None or len(material.weeks.dates) < 2:
        return None
    earlier = champion.earlier(standing.people)
    days = [pd.Timestamp(day).date() for day in material.weeks.dates[:-1]]
    wide = np.full((len(standing.people), len(days) + 1), np.nan)
    for row, agent in enumerate(sorted(standing.people)):
        scored_on = scored.rows[agent].as_of
        wide[row, :-1] = np.where([day < scored_on for day in days], earlier.get(agent, np.nan), np.nan)
    wide[:, -1] = scored.probability(standing.people)
    for week in range(len(days) - 1, -1, -1):
        wide[:, week] = np.where(np.isnan(wide[:, week]), wide[:, week + 1], wide[:, week])
    return np.asarray(wide.mean(axis=0))
