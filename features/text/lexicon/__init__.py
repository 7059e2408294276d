"""The words that the default sentiment scorer counts, on VADER's scale from -4 to 4.

An *entry* is a word or a phrase with its points and a topic. The general lexicon is VADER's (Hutto and Gilbert 2014):
about 7,000 words, each rated by ten people. `service.csv` holds what customers of a service complain of, ask and
praise; it overrides the general lexicon, and in it a later line overrides an earlier one. `|` stands between
alternatives, `_` between the words of one alternative, `#` for any number. Topics that mean more than a heading:
*courtesy* (thanks), *negation*, *booster*, *emoji*.

`sample_messages.csv` and `anchors.csv` hold messages that were made up for this package, with labels.
"""

import csv
import math
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from itertools import product
from pathlib import Path
from typing import NamedTuple

__all__ = ["ANCHORS", "BOOST", "SAMPLE_MESSAGES", "SERVICE", "Entry", "Lexicon", "Node", "read_lexicon"]

SERVICE, SAMPLE_MESSAGES, ANCHORS = (
    Path(__file__).with_name(f"{name}.csv") for name in ("service", "sample_messages", "anchors")
)
BOOST = 0.293  # points that "very" adds, as measured for VADER
_END = ".,;:!?…"


class Entry(NamedTuple):
    """What a word or a phrase says."""

    points: float
    topic: str


@dataclass(slots=True)
class Node:
    """The entry that ends at a word, and the words by which longer entries go on."""

    entry: Entry | None = None
    following: dict[str, "Node"] = field(default_factory=dict)


@dataclass(frozen=True)
class Lexicon:
    """Entries by their first word, then by the words after it; what boosters add; and emoji and emoticons."""

    starts: dict[str, Node]
    boosters: dict[str, float]
    signs: list[str]


@cache
def read_lexicon() -> Lexicon:
    """The general lexicon, overridden by the service lexicon."""
    with SERVICE.open(encoding="utf-8", newline="") as file:
        rows = [(row["phrase"], Entry(float(row["points"]), row["topic"])) for row in csv.DictReader(file)]
    boosters = {
        word: math.copysign(BOOST, entry.points)
        for phrase, entry in rows
        if entry.topic == "booster"
        for (word,) in _wordings(phrase)
    }
    entries: dict[tuple[str, ...], Entry] = {
        (word,): Entry(points, "general") for word, points in _general() if word not in boosters
    }
    entries |= dict.fromkeys([*((mark,) for mark in _END), ("but",)], Entry(0.0, "end"))
    for phrase, entry in rows:
        if entry.topic != "booster":
            entries |= dict.fromkeys(_wordings(phrase), entry)
    return Lexicon(_tree(entries), boosters, [words[0] for words, entry in entries.items() if entry.topic == "emoji"])


def _tree(entries: dict[tuple[str, ...], Entry]) -> dict[str, Node]:
    root = Node()
    for words, entry in entries.items():
        node = root
        for word in words:
            node = node.following.setdefault(word, Node())
        node.entry = entry
    return root.following


def _general() -> Iterator[tuple[str, float]]:
    """VADER's words with their mean rating, without its emoticons and two-letter abbreviations."""
    for line in files("vaderSentiment").joinpath("vader_lexicon.txt").read_text(encoding="utf-8").splitlines():
        word, rating = line.split("\t")[:2]
        if len(word) > 2 and word.isalpha():
            yield word, float(rating)


def _wordings(phrase: str) -> Iterator[tuple[str, ...]]:
    """Every wording of a phrase, with "not" and its verb as one word."""
    for wording in product(*(slot.split("|") for slot in phrase.split(" "))):
        yield tuple(" ".join(wording).replace("_", " ").replace("n't", "nt").split())
