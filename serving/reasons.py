"""From contributions to sentences: what the work was like, in the agent's own numbers.

A signal, its change against one's own past and its distance from peers are one reason, not three. The contributions of
all reasons and the base add up to the log-odds of the score.

Sentences are made a signal at a time for all rows. They tell of the rows alone and not of the model, so that one making
(`Sentences`) serves every outcome and horizon.
"""

import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple, Self

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from features.catalog import Feature, feature, own_usual, peer_usual
from training.explain import Explanation, family_of

__all__ = ["Ranked", "Reason", "Sentences", "ranked", "reasons"]

Places = npt.NDArray[np.int64]
_UNKNOWN = np.array(None, dtype=object)
_COMMA = pa.scalar(", ", pa.large_string())


@dataclass(frozen=True)
class Reason:
    """One driver of one score. `contribution` is in log-odds; above 0 it raised the score."""

    signal: str
    family: str
    sentence: str
    contribution: float


class Ranked(NamedTuple):
    """Signals of every row, strongest first (ties by name).

    `order`: places in `signals`, shape (n, s); `contributions`: in that order, in log-odds, shape (n, s).
    """

    signals: list[str]
    order: Places
    contributions: npt.NDArray[np.float64]

    def places(self, first: int, end: int | None) -> Self:
        """Of every row, the reasons from one place on up to another."""
        return self._replace(order=self.order[:, first:end], contributions=self.contributions[:, first:end])


class Sentences:
    """What can be said of rows of a feature frame: for each signal, a sentence for every row."""

    def __init__(self, by_signal: dict[str, list[str]]) -> None:
        self.by_signal = by_signal

    @cached_property
    def _escaped(self) -> Any:
        """All of them as JSON, one signal after another."""
        escape = json.JSONEncoder().encode
        return _texts([escape(sentence) for signal in sorted(self.by_signal) for sentence in self.by_signal[signal]])

    @classmethod
    def of(cls, frame: pd.DataFrame, names: Sequence[str]) -> Self:
        """Sentences for the signals of some features; `frame` has their usual values where it knows them."""
        signals = list(dict.fromkeys(map(_signal, names)))
        wanted = [c for s in signals for c in (s, own_usual(s), peer_usual(s)) if c in frame.columns]
        # at once: a column at a time is slow for a single row
        cells = frame[pd.Index(wanted, dtype=object)].to_numpy(dtype=object).T
        columns = dict(zip(wanted, np.where(pd.isna(cells), _UNKNOWN, cells).tolist(), strict=True))
        return cls({signal: _said(signal, columns) for signal in signals})

    def as_json(self, found: Ranked, rows: Places) -> list[str]:
        """Reasons of some rows as the text that the store keeps: a list for each field of `Reason`."""
        fields = self._fields(found, rows)
        joined = [_joined(items, len(rows)) for items in fields.values()]
        names = [f'"{name}": [' for name in fields]
        return [
            f"{{{'], '.join([name + some for name, some in zip(names, one, strict=True)])}]}}"
            for one in zip(*joined, strict=True)
        ]

    def as_answer(self, found: Ranked, rows: Places) -> list[str]:
        """Reasons of some rows as they are answered: a list of objects, without the signal's name."""
        fields, parts = self._fields(found, rows), list[Any]()
        for start, name in zip(("{", ", ", ", "), ("sentence", "family", "contribution"), strict=True):
            parts += [pa.scalar(f'{start}"{name}": ', pa.large_string()), fields[name]]
        end = pa.scalar("}", pa.large_string())
        objects = pc.binary_join_element_wise(*parts, end, pa.scalar("", pa.large_string()))
        return [f"[{one}]" for one in _joined(objects, len(rows))]

    def _fields(self, found: Ranked, rows: Places) -> dict[str, Any]:
        """Each field of `Reason` as JSON, for the reasons of one row after another."""
        order = found.order[rows]
        place = np.searchsorted(sorted(self.by_signal), found.signals) * len(next(iter(self.by_signal.values())))
        return {
            "signal": _texts(map(json.dumps, found.signals)).take(pa.array(order.ravel())),
            "family": _texts(map(json.dumps, map(family_of, found.signals))).take(pa.array(order.ravel())),
            "sentence": self._escaped.take(pa.array((place[order] + rows[:, None]).ravel())),
            "contribution": pa.array(found.contributions[rows].ravel()).cast(pa.large_string()),
        }


def reasons(explanation: Explanation, frame: pd.DataFrame, top: int | None = None) -> list[list[Reason]]:
    """Reasons for every row, strongest first (ties by name): the first few, or all.

    Parameters
    ----------
    explanation
        Contributions, shape (n, k).
    frame
        The rows of the feature frame that they explain, with the usual values where it has them.
    """
    found = ranked(explanation).places(0, top)
    named = [found.signals[at] for at in np.unique(found.order)]
    said = {name: (family_of(name), texts) for name, texts in Sentences.of(frame, named).by_signal.items()}
    return [
        [
            Reason(name := found.signals[at], said[name][0], said[name][1][row], value)
            for at, value in zip(*one, strict=True)
        ]
        for row, one in enumerate(zip(found.order.tolist(), found.contributions.tolist(), strict=True))
    ]


def ranked(explanation: Explanation) -> Ranked:
    """Contributions added up by signal, strongest first."""
    owner = [_signal(name) for name in explanation.names]
    columns = np.array(sorted(range(len(owner)), key=owner.__getitem__))
    signals = sorted(set(owner))
    starts = np.searchsorted(np.array(owner)[columns], signals)
    # added row by row: a matrix product's last digits would depend on how many rows there are
    sums = np.add.reduceat(explanation.values[:, columns], starts, axis=1)
    order = np.argsort(-np.abs(sums), axis=1, kind="stable")
    return Ranked(signals, order, np.take_along_axis(sums, order, axis=1))


def _joined(items: Any, rows: int) -> list[str]:
    """As many items a row, with commas between them."""
    starts = pa.array(np.arange(rows + 1) * (len(items) // max(1, rows)))
    found: list[str] = pc.binary_join(pa.LargeListArray.from_arrays(starts, items), _COMMA).to_pylist()
    return found


def _texts(texts: Iterable[str]) -> Any:
    return pa.array(list(texts), pa.large_string())


def _signal(name: str) -> str:
    entry = feature(name)
    return entry.basis if entry and entry.basis else name


def _said(name: str, columns: dict[str, list[Any]]) -> list[str]:
    """The values of a signal in words, then what is usual for the agent and for peers, where that is known."""
    entry, values = feature(name), columns[name]
    if entry is None:
        return [f"{name} is {'unknown' if value is None else value}" for value in values]
    unknown, say = f"{entry.label}: not known", _IN_WORDS.get(name, entry.shown.format)
    texts = [unknown if value is None else say(value) for value in values]
    usual = [
        (word, columns[column])
        for word, column in (("usually", own_usual(name)), ("peers", peer_usual(name)))
        if column in columns
    ]
    if name in _IN_WORDS or not usual:
        return texts
    number = _number(entry).format
    compared = [[None if one is None else f"{word} {number(one)}" for one in known] for word, known in usual]
    return [
        f"{text}; {', '.join(told)}" if value is not None and (told := [one for one in both if one]) else text
        for text, value, *both in zip(texts, values, *compared, strict=True)
    ]


def _number(entry: Feature) -> str:
    """The format of the value alone, as it stands in the sentence."""
    return entry.shown[entry.shown.index("{") : entry.shown.index("}") + 1]


_IN_WORDS: dict[str, Callable[[Any], str]] = {
    "tenure": lambda value: f"{round(float(np.expm1(value))):,} days with the company",
    "new_hire": lambda value: "in the first 90 days on the job" if value else "past the first 90 days on the job",
    "manager_change": lambda value: "a new manager within 180 days" if value else "the same manager as 180 days ago",
}
