"""Train a sentiment scorer on labeled messages of customers."""

from collections.abc import Callable, Sequence
from datetime import date

import numpy as np
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedKFold

from features.errors import InputError
from features.text import CLASSES, Labels, Scores
from features.text.inputs import Inputs, lexicon_in_use
from features.text.quality import Messages, quality_of
from features.text.trained import About, TrainedScorer

__all__ = ["FOLDS", "LEAST_OF_A_CLASS", "train_scorer"]

FOLDS, LEAST_OF_A_CLASS = 5, 20
STRENGTH = 1.5  # inverse of the regularization
Fitted = tuple[Inputs, Scores, Scores]


def train_scorer(
    texts: Sequence[str],
    labels: Sequence[str],
    *,
    trained_on: date,
    seed: int = 7,
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> TrainedScorer:
    """Fit a scorer, and measure it by 5-fold cross-validation on the same messages.

    Parameters
    ----------
    texts, labels : sequences of equal length
        Messages with words, and negative, neutral or positive for each.
    trained_on : date
        The day to write into the scorer.
    seed : int, default=7
        How the folds are drawn; same seed, same scorer.
    progress : callable, optional
        Told how many of how many models are fitted.

    Raises
    ------
    InputError
        A class has fewer than 20 messages.
    """
    messages = Messages("messages", list(texts), list(labels))
    for name, count in messages.per_class.items():
        if count < LEAST_OF_A_CLASS:
            raise InputError(f"{count} messages are {name}; training needs {LEAST_OF_A_CLASS} of each class.")
    quality = quality_of(messages.labels, _cross_validated(messages, seed, lambda done: progress(done, FOLDS + 1)))
    about = About(
        trained_on=trained_on, messages=messages.per_class, learned_from=messages.fingerprint, folds=FOLDS,
        accuracy=quality.accuracy, macro_f1=quality.macro_f1, f1=quality.f1, lexicon=lexicon_in_use(),
    )  # fmt: skip
    return TrainedScorer(about, *_fit(messages.texts, messages.labels))


def _cross_validated(messages: Messages, seed: int, progress: Callable[[int], None]) -> Labels:
    """The class of each message, from a model that had not seen it."""
    texts, labels = np.array(messages.texts, dtype=object), np.array(messages.labels, dtype=object)
    found = np.empty(len(texts), dtype=object)
    for fold, (learn, ask) in enumerate(StratifiedKFold(FOLDS, shuffle=True, random_state=seed).split(texts, labels)):
        progress(fold)
        inputs, weights, intercept = _fit(texts[learn].tolist(), labels[learn].tolist())
        margins = inputs.transform(texts[ask].tolist()) @ weights + intercept
        found[ask] = np.array(CLASSES, dtype=object)[margins.argmax(axis=1)]
    progress(FOLDS)
    return list(found)


def _fit(texts: Sequence[str], labels: Sequence[str]) -> Fitted:
    inputs = Inputs().fit(texts)
    model = LogisticRegression(C=STRENGTH, class_weight="balanced", max_iter=1000)
    model.fit(inputs.transform(texts), labels)
    order = [list(model.classes_).index(name) for name in CLASSES]
    return inputs, model.coef_[order].T, model.intercept_[order]
