"""How customers sounded: a score in [-1, 1] for each text that a customer wrote or said.

Only the customer's words are scored, never the agent's: a score tells what an agent had to hear, and nothing about how
the agent answered. A scorer reads one contact's text, and knows neither the customer nor the agent.

A *scorer* gives scores and classes. Three kinds: the bundled lexicon (default), one that you train on your own labeled
messages, and one on sentence embeddings (the extra `embeddings`).
"""

import math
from collections.abc import Sequence
from pathlib import Path
from typing import Protocol, TypeAlias

import numpy as np
import numpy.typing as npt

from features.errors import InputError

__all__ = ["CLASSES", "NEUTRAL_BAND", "Labels", "Scorer", "Scores", "Texts", "class_of", "labeled", "load_scorer"]

Texts: TypeAlias = Sequence[str | None]
Labels: TypeAlias = list[str | None]
Scores: TypeAlias = npt.NDArray[np.float64]

CLASSES = ("negative", "neutral", "positive")
NEUTRAL_BAND = 0.2  # 0.8 points of the lexicon's 4: a bare "not" just leaves it, half a point does not


class Scorer(Protocol):
    """Scores the texts of customers; each text by itself, so neither their order nor their company matters."""

    @property
    def name(self) -> str:
        """What it is called in tables."""

    def score(self, texts: Texts) -> Scores:
        """A score in [-1, 1] per text; NaN where there are no words."""

    def label(self, texts: Texts) -> Labels:
        """`negative`, `neutral` or `positive` per text; None where there are no words."""


def load_scorer(name: str | Path = "lexicon") -> Scorer:
    """A scorer by its name, or by the folder of one that was trained.

    Parameters
    ----------
    name : str or Path, default="lexicon"
        "lexicon", "embedding", or the folder that `respite sentiment train` wrote.

    Raises
    ------
    ConfigError
        "embedding" without the extra `embeddings`.
    InputError
        There is no such folder, or its files are damaged.
    """
    if str(name) == "lexicon":
        from features.text.by_lexicon import LexiconScorer

        return LexiconScorer()
    if str(name) == "embedding":
        from features.text.embedding import EmbeddingScorer

        return EmbeddingScorer()
    if not Path(name).is_dir():
        raise InputError(f"Scorer '{name}': name lexicon, embedding, or the folder of a trained scorer.")
    from features.text.trained import TrainedScorer

    return TrainedScorer.load(Path(name))


def class_of(score: float) -> str | None:
    """The class of a score by fixed thresholds; None for NaN.

    Examples
    --------
    >>> class_of(-0.4), class_of(0.1), class_of(0.2), class_of(float("nan"))
    ('negative', 'neutral', 'positive', None)
    """
    if math.isnan(score):
        return None
    if abs(score) < NEUTRAL_BAND:
        return "neutral"
    return "positive" if score > 0 else "negative"


def labeled(scores: Scores) -> Labels:
    """The class of each score."""
    return [class_of(score) for score in scores.tolist()]
