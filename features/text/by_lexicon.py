"""The default sentiment scorer: counts the points of words and phrases by a few rules of English.

It needs no download, and nothing in it was fitted to labels. Only what customers wrote is scored, never the agent's
words.
"""

import math
import re
from collections.abc import Iterable, Iterator
from typing import NamedTuple

import numpy as np

from features.text import Labels, Scores, Texts, labeled
from features.text.lexicon import Entry, Lexicon, Node, read_lexicon
from features.text.words import has_stretched, joined, readable, spellings, unstretched

__all__ = ["LexiconScorer"]

# In points of the scale from -4 to 4. As measured for VADER:
DENIED = -0.74  # "not helpful" for "helpful"
SHOUT = 0.733  # "SLOW" for "slow"
EXCLAIM, MOST_EXCLAIMED = 0.292, 4
BEFORE_BUT, AFTER_BUT = 0.5, 1.5
SPREAD = 15.0  # one word of 4 points scores 0.72
# By judgment:
DENIED_COMPLAINT = -0.4  # what did not go wrong is worth less than what did not go right costs
MILD = 1.0  # milder words are not turned round: "not again" is no praise
REACH = 3  # words from a negation to what it denies
DISBELIEF = -0.9  # "??", "?!"
COMPLAINT, COURTESY = -1.0, 0.4  # thanks beside a complaint or a question counts for less than half
USUAL_WORDS = 40  # in longer texts points add up by chance, as the root of the number of words


class Hit(NamedTuple):
    """Where an entry stands in a text, and the points that it has there."""

    at: int
    points: float
    topic: str


class LexiconScorer:
    """Counts points.

    A text's points are the sum of its entries', each of them denied, boosted, shouted or weighed by a "but". The score
    is points / sqrt(points² + 15), as in VADER; above 40 words the 15 grows with the number of words.

    Examples
    --------
    >>> LexiconScorer().label(["I was on hold for two hours.", "What time do you open?", "Quick and helpful!"])
    ['negative', 'neutral', 'positive']
    """

    name = "lexicon"

    def __init__(self) -> None:
        self._lexicon = read_lexicon()
        self._tokens = _token_pattern(self._lexicon)

    def score(self, texts: Texts) -> Scores:
        """A score in [-1, 1] per text; NaN where there are no words."""
        return np.array([self._score(text) for text in texts], dtype=np.float64)

    def label(self, texts: Texts) -> Labels:
        """The class per text; None where there are no words."""
        return labeled(self.score(texts))

    def _score(self, given: str | None) -> float:
        text = readable(given)
        if text is None:
            return math.nan
        tokens = self._tokens.findall(joined(text))
        words = spellings(tokens)
        if has_stretched(text):
            words = unstretched(words, self._lexicon.starts)
        hits = self._denied(self._hits(tokens, words, text.isupper()))
        points = _total(hits, words)
        if "??" in text or "?!" in text or "!?" in text:
            points += DISBELIEF
        if points:
            points += math.copysign(EXCLAIM * min(text.count("!"), MOST_EXCLAIMED), points)
        return points / math.sqrt(points * points + SPREAD * max(1.0, len(words) / USUAL_WORDS))

    def _hits(self, tokens: list[str], words: list[str], all_shouted: bool) -> Iterator[Hit]:
        """The entries in a text, boosted and shouted; where several start at a word, the longest."""
        at = 0
        while at < len(words):
            node = self._lexicon.starts.get(words[at])
            length, entry = _longest(node, words, at) if node else (1, None)
            if entry is not None:
                points, topic = entry
                if points and topic != "negation":
                    louder = sum(self._lexicon.boosters.get(word, 0.0) for word in words[max(0, at - 2) : at])
                    if not all_shouted and len(tokens[at]) > 1 and tokens[at].isupper():
                        louder += SHOUT
                    points = math.copysign(max(0.0, abs(points) + louder), points)
                yield Hit(at, points, topic)
            at += length

    def _denied(self, hits: Iterable[Hit]) -> list[Hit]:
        """Points after a negation turned round; the negation then says nothing of its own."""
        found: list[Hit] = []
        negation, denial = -REACH - 1, -1
        for hit in hits:
            if hit.topic == "end":
                negation = -REACH - 1
            elif hit.topic == "negation":
                negation, denial = hit.at, len(found)
            elif hit.at - negation <= REACH and abs(hit.points) >= MILD:
                hit = hit._replace(points=hit.points * (DENIED if hit.points > 0 else DENIED_COMPLAINT))
                found[denial] = found[denial]._replace(points=0.0)
            found.append(hit)
        return found


def _longest(node: Node | None, words: list[str], at: int) -> tuple[int, Entry | None]:
    """The longest entry that starts at a word, and its number of words."""
    length, entry, end = 1, None, at + 1
    while node:
        if node.entry is not None:
            length, entry = end - at, node.entry
        node = node.following.get(words[end]) if end < len(words) else None
        end += 1
    return length, entry


def _total(hits: list[Hit], words: list[str]) -> float:
    """The points of a text: more for what follows the last "but", less for thanks beside a complaint or a question."""
    if "but" in words:
        but = len(words) - 1 - words[::-1].index("but")
        hits = [hit._replace(points=hit.points * (BEFORE_BUT if hit.at < but else AFTER_BUT)) for hit in hits]
    complaint = sum(hit.points for hit in hits if hit.points < 0)
    courtesy = sum(hit.points for hit in hits if hit.topic == "courtesy" and hit.points > 0)
    merely_polite = complaint <= COMPLAINT or "?" in words
    return sum(hit.points for hit in hits) - courtesy * (1 - COURTESY) * merely_polite


def _token_pattern(lexicon: Lexicon) -> re.Pattern[str]:
    """Words, numbers, marks that end a clause, and the lexicon's emoji and emoticons."""
    emoji = "".join(sign for sign in lexicon.signs if len(sign) == 1)
    smiles = {case for sign in lexicon.signs if len(sign) > 1 for case in (sign, sign.upper())}
    either = "|".join(re.escape(smile) for smile in sorted(smiles, key=lambda smile: (-len(smile), smile)))
    words = r"[^\W\d_]+(?:'[^\W\d_]+)*|\d+(?:st|nd|rd|th)\b|\d[\d.,:/]*"
    return re.compile(rf"{words}|(?:{either})(?!\w)|[{emoji}]|[.,;:!?…]")
