"""What is never let in: signals that are refused by name, and attributes that no model may read."""

import re
from collections.abc import Iterable
from dataclasses import dataclass

from features.errors import BannedInputError

__all__ = ["BANNED", "PROTECTED", "Banned", "is_protected", "refuse_banned", "refuse_banned_words", "words"]


@dataclass(frozen=True)
class Banned:
    """A kind of signal that is refused by name, and why."""

    pattern: str
    why: str


BANNED: tuple[Banned, ...] = (
    Banned(
        r"(voice|vocal|speech|acoustic)_.*(pitch|tone|tempo|stress|emotion|jitter|shimmer)"
        r"|(pitch|tone|tempo|stress|emotion)_.*(voice|vocal|speech)"
        r"|^(pitch|jitter|shimmer)|mfcc|acoustic|speech_rate",
        "voice acoustics infer emotions of employees, which EU AI Act article 5(1)(f) prohibits",
    ),
    Banned(
        r"video|webcam|(^|_)fac(e|ial)(_|$)|posture|(^|_)gaze|eye_?track|heart_?rate|biometric",
        "video and biometric signals infer emotions of employees, which EU AI Act article 5(1)(f) prohibits",
    ),
    Banned(
        r"key_?stroke|mouse_?(move|click|dynamic|speed|distance)|screenshot|key_?log",
        "keystroke, mouse and screen surveillance is out of proportion to any support it could give",
    ),
    Banned(
        r"(private|personal|colleague|coworker)_?(chat|message)|agent_((chat|message|reply)_)?(text|transcript)",
        "what colleagues write to one another is private; only customers' words are scored",
    ),
    Banned(r"(^|_)union(_|$)|works_council|(^|_)strike", "union activity must never inform a score"),
    Banned(r"diagnos|sick_reason|(^|_)icd_?10", "diagnoses are health data that no score may use"),
    Banned(
        r"home_?(post|zip|address)|^(post_?code|zip_?code)$",
        "where people live stands in for who they are",
    ),
)

PROTECTED: tuple[str, ...] = (
    "age",
    "birth",
    "gender",
    "sex",
    "race",
    "ethnic",
    "nationality",
    "religion",
    "disability",
    "pregnan",
    "marital",
    "over18",
    "orientation",
    "veteran",
)


def words(column: str) -> str:
    """`VoicePitch`, `voice pitch` and `voice-pitch` all read as `voice_pitch`."""
    spaced = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", column)
    return re.sub(r"[^a-z0-9]+", "_", spaced.lower()).strip("_")


def refuse_banned(columns: Iterable[str], place: str) -> None:
    """Refuse a table that holds a signal which must never be ingested.

    Raises
    ------
    BannedInputError
        Names the place, the column and the reason.
    """
    for column in columns:
        for banned in BANNED:
            if re.search(banned.pattern, words(column)):
                raise BannedInputError(
                    f"{place}: column '{column}' is never ingested: {banned.why}. Remove it from the export."
                )


def refuse_banned_words(found: object, place: str) -> None:
    """Refuse a configuration in which any name or value is that of a banned signal.

    Raises
    ------
    BannedInputError
        Names the place, the word and the reason.
    """
    for word in _words_of(found):
        for banned in BANNED:
            if re.search(banned.pattern, words(word)):
                raise BannedInputError(f"{place}: '{word}' may not be named: {banned.why}.")


def _words_of(found: object) -> list[str]:
    """Every name and every word of nested sections and lists."""
    if isinstance(found, dict):
        return [word for key, value in found.items() for word in (str(key), *_words_of(value))]
    if isinstance(found, list | tuple):
        return [word for value in found for word in _words_of(value)]
    return [found] if isinstance(found, str) else []


def is_protected(column: str) -> bool:
    """Whether a column names a protected attribute, which no model may read (the fairness audit alone may).

    Examples
    --------
    >>> is_protected("MaritalStatus"), is_protected("head_gender"), is_protected("average_handle_time")
    (True, True, False)
    """
    parts = words(column).split("_")
    return any(part == word or (len(word) > 4 and part.startswith(word)) for word in PROTECTED for part in parts)
