"""What was expected and what came true: scores of the past year whose horizon is over, in classes of the score."""

from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from training.evaluation.proportion import wilson

__all__ = ["Matured", "matured"]

_EDGES = (0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.65)


class Matured(NamedTuple):
    """A class of scores: people, scores, the mean that was expected, the share that came true, and its interval."""

    people: int
    scores: int
    expected: float
    actual: float
    low: float
    high: float


def matured(realized: pd.DataFrame, minimum: int) -> list[Matured]:
    """Classes of scores, lowest first; neighbours are put together until each has the minimum of people.

    The interval takes a person's scores for one, because they answer for the same person.

    Parameters
    ----------
    realized
        Columns agent_id, probability, y; one row a score.
    """
    classes: list[pd.DataFrame] = []
    waiting = realized.head(0)
    for _, rows in realized.groupby(np.searchsorted(_EDGES, realized["probability"])):
        waiting = pd.concat([waiting, rows]) if len(waiting) else rows
        if waiting["agent_id"].nunique() >= minimum:
            classes.append(waiting)
            waiting = realized.head(0)
    if len(waiting) and classes:
        classes[-1] = pd.concat([classes[-1], waiting])
    return [_class(rows) for rows in classes]


def _class(rows: pd.DataFrame) -> Matured:
    people, actual = int(rows["agent_id"].nunique()), float(rows["y"].mean())
    low, high = wilson(actual, people)
    found: dict[str, Any] = {"expected": float(rows["probability"].mean()), "actual": actual}
    return Matured(people, len(rows), **found, low=float(low), high=float(high))
