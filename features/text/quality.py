"""How well a sentiment scorer finds the classes that people gave to messages."""

import csv
import hashlib
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pandas as pd
from sklearn.metrics import accuracy_score, f1_score

from features.errors import InputError
from features.text import CLASSES, Labels, Scorer
from features.text.lexicon import SAMPLE_MESSAGES
from features.text.trained import TrainedScorer
from features.text.words import readable

__all__ = ["Messages", "Quality", "Result", "evaluate", "quality_of", "read_messages", "sample_messages"]


@dataclass(frozen=True)
class Messages:
    """Labeled messages that have words, and how many had none."""

    source: str
    texts: list[str]
    labels: list[str]
    without_words: int = 0

    @property
    def per_class(self) -> dict[str, int]:
        return {name: self.labels.count(name) for name in CLASSES}

    @property
    def fingerprint(self) -> str:
        """The same for the same texts in any order."""
        return hashlib.sha256("\n".join(sorted(self.texts)).encode("utf-8", "replace")).hexdigest()[:16]


@dataclass(frozen=True)
class Quality:
    """How often the classes agree: share, macro F1, and F1 per class."""

    accuracy: float
    macro_f1: float
    f1: dict[str, float]


@dataclass(frozen=True)
class Result:
    """A scorer's quality on messages, and its speed; with `folds` where the quality is cross-validated."""

    scorer: str
    messages: int
    quality: Quality
    per_second: float
    folds: int | None = None


def read_messages(path: Path, text: str, label: str, least: int = 5) -> Messages:
    """Read labeled messages from a CSV or Parquet file.

    Parameters
    ----------
    text, label : str
        Names of the columns. Labels are negative, neutral and positive, in any case.
    least : int, default=5
        Messages that each class must have.

    Raises
    ------
    InputError
        The file or a column is not there, a label is none of the three, or a class has too few messages.
    """
    frame = _read(path)
    for option, name in (("--text", text), ("--label", label)):
        if name not in frame.columns:
            raise InputError(f"{option} {name}: {path.name} has no such column; it has {', '.join(frame.columns)}.")
    labels = frame[label].astype("string").str.strip().str.lower()
    for row, found in enumerate(labels, start=1):
        if pd.isna(found) or found not in CLASSES:
            shown = "is empty" if pd.isna(found) else f"'{found}' is not a class"
            raise InputError(f"{path.name}, row {row}: {label} {shown}; name negative, neutral or positive.")
    has_words = frame[text].map(lambda value: readable(value) is not None).astype(bool)
    messages = Messages(path.name, frame[text][has_words].tolist(), labels[has_words].tolist(), int((~has_words).sum()))
    for name, count in messages.per_class.items():
        if count < least:
            raise InputError(f"{path.name}: {count} messages are {name}; each class needs {least}.")
    return messages


def sample_messages() -> Messages:
    """Sixty messages to customer services, made up and labeled for this package: to try a scorer, not to judge it."""
    with SAMPLE_MESSAGES.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    return Messages("sample messages", [row["text"] for row in rows], [row["label"] for row in rows])


def evaluate(scorer: Scorer, messages: Messages) -> Result:
    """Let a scorer label messages, and measure how many it scores in a second of processor time.

    A trained scorer that learned from these very messages is not asked: its cross-validated quality is given.
    """
    began = time.process_time()
    scorer.score(messages.texts)
    per_second = len(messages.texts) / max(time.process_time() - began, 1e-6)
    if isinstance(scorer, TrainedScorer) and scorer.about.learned_from == messages.fingerprint:
        about = scorer.about
        quality = Quality(about.accuracy, about.macro_f1, about.f1)
        return Result(scorer.name, len(messages.texts), quality, per_second, about.folds)
    quality = quality_of(messages.labels, scorer.label(messages.texts))
    return Result(scorer.name, len(messages.texts), quality, per_second)


def quality_of(labels: Sequence[str], found: Labels) -> Quality:
    """Compare classes; where a scorer found none, that counts as neutral."""
    guessed = [name or "neutral" for name in found]
    f1 = f1_score(labels, guessed, labels=list(CLASSES), average=None, zero_division=0.0)
    return Quality(
        float(accuracy_score(labels, guessed)), float(f1.mean()), dict(zip(CLASSES, f1.tolist(), strict=True))
    )


def _read(path: Path) -> pd.DataFrame:
    if not path.is_file():
        raise InputError(f"--from {path}: no such file.")
    try:
        return pd.read_parquet(path) if path.suffix == ".parquet" else pd.read_csv(path, dtype="string")
    except (ValueError, OSError) as error:
        raise InputError(f"{path.name} could not be read as a table: {str(error).splitlines()[0]}.") from error
