"""From contributions to sentences: what the work was like, in the agent's own numbers.

A signal, its change against one's own past and its distance from peers are one reason, not three. The contributions of
all reasons and the base add up to the log-odds of the score.
"""

from dataclasses import dataclass

import numpy as np
import pandas as pd

from features.catalog import Feature, feature, own_usual, peer_usual
from training.explain import Explanation, family_of

__all__ = ["Reason", "reasons"]


@dataclass(frozen=True)
class Reason:
    """One driver of one score. `contribution` is in log-odds; above 0 it raised the score."""

    signal: str
    family: str
    sentence: str
    contribution: float


def reasons(explanation: Explanation, frame: pd.DataFrame) -> list[list[Reason]]:
    """All reasons for every row, strongest first (ties by name).

    Parameters
    ----------
    explanation
        Contributions, shape (n, k).
    frame
        The rows of the feature frame that they explain, with the usual values where it has them.
    """
    signals = [_signal(name) for name in explanation.names]
    order = {signal: [i for i, other in enumerate(signals) if other == signal] for signal in dict.fromkeys(signals)}
    sums = {signal: explanation.values[:, columns].sum(axis=1) for signal, columns in order.items()}
    found = []
    for row in range(len(frame)):
        values = frame.iloc[row]
        one = [
            Reason(signal, family_of(signal), _sentence(signal, values), float(sums[signal][row])) for signal in order
        ]
        found.append(sorted(one, key=lambda reason: (-abs(reason.contribution), reason.signal)))
    return found


def _signal(name: str) -> str:
    entry = feature(name)
    return entry.basis if entry and entry.basis else name


def _sentence(name: str, values: pd.Series) -> str:
    """The value in words, then what is usual for the agent and for peers, where that is known."""
    entry, value = feature(name), values[name]
    if entry is None:
        return f"{name} is {'unknown' if pd.isna(value) else value}"
    if pd.isna(value):
        return f"{entry.label}: not known"
    if name == "tenure":
        return f"{round(float(np.expm1(value))):,} days with the company"
    if name == "new_hire":
        return "in the first 90 days on the job" if value else "past the first 90 days on the job"
    if name == "manager_change":
        return "a new manager within 180 days" if value else "the same manager as 180 days ago"
    usual = [
        f"{word} {_number(entry, values[column])}"
        for word, column in (("usually", own_usual(name)), ("peers", peer_usual(name)))
        if column in values and pd.notna(values[column])
    ]
    text = entry.shown.format(value)
    return f"{text}; {', '.join(usual)}" if usual else text


def _number(entry: Feature, value: float) -> str:
    """The value alone, in the format in which the sentence shows it."""
    start, end = entry.shown.index("{"), entry.shown.index("}") + 1
    return entry.shown[start:end].format(value)
