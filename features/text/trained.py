"""A sentiment scorer that learned from your own labeled messages; plain files on disk, no pickles.

Only what customers wrote is to be scored, never the agent's words.
"""

import hashlib
import json
import zipfile
from datetime import date
from pathlib import Path
from typing import Literal

import numpy as np
from pydantic import BaseModel, ConfigDict
from scipy.special import softmax

from features.errors import ContractError, InputError
from features.text import CLASSES, Labels, Scores, Texts
from features.text.inputs import Inputs, lexicon_in_use
from features.text.words import readable

__all__ = ["About", "TrainedScorer"]

_ABOUT, _TERMS, _NUMBERS = "about.json", "terms.json", "numbers.npz"


class About(BaseModel):
    """What a trained scorer learned from, how well it does on messages that it had not seen, and its files."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    format: Literal[1] = 1
    trained_on: date
    classes: tuple[Literal["negative"], Literal["neutral"], Literal["positive"]] = ("negative", "neutral", "positive")
    messages: dict[str, int]
    learned_from: str
    folds: int
    accuracy: float
    macro_f1: float
    f1: dict[str, float]
    lexicon: str
    files: dict[str, str] = {}


class TrainedScorer:
    """A logistic regression on words, parts of words and the lexicon's view.

    The score is P(positive) - P(negative); the class is the most probable one.

    Parameters
    ----------
    about : About
    inputs : Inputs
    weights, intercept : arrays of shape (inputs, 3) and (3,)
        In the order of `CLASSES`.
    name : str, default="trained"
        What it is called in tables.
    """

    def __init__(self, about: About, inputs: Inputs, weights: Scores, intercept: Scores, name: str = "trained") -> None:
        self.about, self.name = about, name
        self._inputs, self._weights, self._intercept = inputs, weights, intercept

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
        known = {row: text for row, text in enumerate(texts) if text is not None and readable(text) is not None}
        if known:
            margins = self._inputs.transform(list(known.values())) @ self._weights + self._intercept
            found[list(known)] = softmax(margins, axis=1)
        return found

    def save(self, folder: Path) -> None:
        """Write the scorer's files; those of an earlier one in the folder are replaced.

        Raises
        ------
        InputError
            The folder cannot be written.
        """
        numbers = self._inputs.idf | {"weights": self._weights, "intercept": self._intercept}
        try:
            folder.mkdir(parents=True, exist_ok=True)
            (folder / _TERMS).write_text(json.dumps(self._inputs.terms, ensure_ascii=False), encoding="utf-8")
            np.savez_compressed(folder / _NUMBERS, **numbers)
            about = self.about.model_copy(update={"files": _digests(folder)})
            (folder / _ABOUT).write_text(about.model_dump_json(indent=2) + "\n", encoding="utf-8")
        except OSError as error:
            raise InputError(f"{folder} cannot be written: {error.strerror}.") from error

    @classmethod
    def load(cls, folder: Path) -> "TrainedScorer":
        """Read a scorer; it scores exactly as it did when it was saved.

        Raises
        ------
        InputError
            A file is missing or damaged.
        ContractError
            The lexicon, whose view is one of its inputs, has changed since.
        """
        try:
            about = About.model_validate_json((folder / _ABOUT).read_bytes())
            if about.files != _digests(folder):
                raise InputError(f"{folder}: {_TERMS} or {_NUMBERS} is not as it was saved; train the scorer again.")
            if about.lexicon != lexicon_in_use():
                raise ContractError(f"{folder} was trained beside another version of the lexicon; train it again.")
            terms = json.loads((folder / _TERMS).read_text(encoding="utf-8"))
            with np.load(folder / _NUMBERS, allow_pickle=False) as stored:
                numbers = dict(stored)
            weights, intercept = numbers.pop("weights"), numbers.pop("intercept")
            return cls(about, Inputs(terms, numbers), weights, intercept, folder.name)
        except InputError:
            raise
        except FileNotFoundError as error:
            missing = Path(error.filename).name
            raise InputError(f"{folder} has no {missing}; name the folder of a trained scorer.") from error
        except (OSError, ValueError, KeyError, zipfile.BadZipFile) as error:
            raise InputError(f"{folder} holds no trained scorer that can be read; train it again.") from error


def _digests(folder: Path) -> dict[str, str]:
    return {name: hashlib.sha256((folder / name).read_bytes()).hexdigest() for name in (_TERMS, _NUMBERS)}
