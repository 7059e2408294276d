"""What the trained sentiment scorer reads of a text: words, parts of words, and the lexicon's view.

Only what occurs in three messages or more is kept, with every digit read as 0 and addresses left out, so that a model's
files do not hold the names and numbers of single customers.
"""

import hashlib
import re
from collections.abc import Sequence
from typing import Any

import numpy as np
from scipy.sparse import csr_matrix, hstack
from sklearn.feature_extraction.text import TfidfVectorizer

from features.text.by_lexicon import LexiconScorer
from features.text.lexicon import SAMPLE_MESSAGES, SERVICE
from features.text.words import joined, readable

__all__ = ["Inputs", "lexicon_in_use"]

LEAST_MESSAGES = 3
_COUNTS: dict[str, dict[str, Any]] = {
    "words": {"token_pattern": r"\w+", "ngram_range": (1, 2)},
    "characters": {"analyzer": "char_wb", "ngram_range": (2, 4)},
}
_DIGIT = re.compile(r"\d")


class Inputs:
    """TF-IDF of words and pairs of words, and of runs of 2 to 4 characters within words; and the lexicon scorer's view.

    The last two columns are how negative and how positive the lexicon scorer finds the text.

    Parameters
    ----------
    terms : dict of list of str, optional
        The terms of "words" and "characters", in the order of their columns; without them, `fit` finds them.
    idf : dict of arrays, optional
        Their inverse document frequencies.
    """

    def __init__(self, terms: dict[str, list[str]] | None = None, idf: dict[str, Any] | None = None) -> None:
        self._counts = {
            name: TfidfVectorizer(
                lowercase=False,
                sublinear_tf=True,
                min_df=LEAST_MESSAGES,
                vocabulary=terms[name] if terms else None,
                **how,
            )
            for name, how in _COUNTS.items()
        }
        for name, values in (idf or {}).items():
            self._counts[name].idf_ = values

    def fit(self, texts: Sequence[str]) -> "Inputs":
        """Find the terms of some texts."""
        prepared = [_prepared(text) for text in texts]
        for counts in self._counts.values():
            counts.fit(prepared)
        return self

    def transform(self, texts: Sequence[str]) -> Any:
        """A sparse matrix with one row per text."""
        prepared = [_prepared(text) for text in texts]
        scores = LexiconScorer().score(texts)
        tone = csr_matrix(np.column_stack([np.maximum(-scores, 0), np.maximum(scores, 0)]))
        return hstack([*(counts.transform(prepared) for counts in self._counts.values()), tone], format="csr")

    @property
    def terms(self) -> dict[str, list[str]]:
        """The terms by kind, in the order of their columns."""
        return {name: counts.get_feature_names_out().tolist() for name, counts in self._counts.items()}

    @property
    def idf(self) -> dict[str, Any]:
        """Their inverse document frequencies."""
        return {name: counts.idf_ for name, counts in self._counts.items()}


def lexicon_in_use() -> str:
    """A fingerprint of the lexicon scorer: its words, and its scores of the sample messages."""
    scores = LexiconScorer().score(SAMPLE_MESSAGES.read_text(encoding="utf-8").splitlines())
    return hashlib.sha256(SERVICE.read_bytes() + scores.round(9).tobytes()).hexdigest()[:16]


def _prepared(text: str) -> str:
    return _DIGIT.sub("0", joined(readable(text) or "").lower())
