"""Words that outreach does not use: about causes, about people as risks, and to people about scores."""

import re

from pydantic import BaseModel

__all__ = ["refuse_words", "texts_of"]

_NEVER = (
    (re.compile(r"\bcaus(e|ed|es|ing)\b", re.IGNORECASE), "write 'contributed to'"),
    (re.compile(r"\bflag(s|ged|ging)?\b", re.IGNORECASE), "an offer is open to anyone"),
    (re.compile(r"\b(flight|at|high)[- ]risks?\b", re.IGNORECASE), "speak of the work, not of a person as a risk"),
    (re.compile(r"\bdiagnos\w+", re.IGNORECASE), "a score says nothing about health"),
)
_NOT_SAID = re.compile(r"\b(scores?d?|risks?|models?|algorithms?|predict\w*|probabilit\w+|burn-?out)\b", re.IGNORECASE)


def refuse_words(text: str, spoken: bool = False) -> str:
    """The text, where it keeps to the words; `spoken` is what an agent hears: no word about a score either.

    Raises
    ------
    ValueError
        It does not; the sentence names the word and what to write.

    Examples
    --------
    >>> refuse_words("Long hours contributed to it.")
    'Long hours contributed to it.'
    """
    for pattern, instead in _NEVER:
        if found := pattern.search(text):
            raise ValueError(f"{found[0]!r} in {text!r}: {instead}")
    if spoken and (found := _NOT_SAID.search(text)):
        raise ValueError(f"{found[0]!r} in {text!r}: an agent is not told of scores; speak of the offer")
    return text


def texts_of(value: object) -> list[str]:
    """Every text within a model, a sequence or a mapping."""
    if isinstance(value, str):
        return [value]
    if isinstance(value, BaseModel):
        return [text for name in type(value).model_fields for text in texts_of(getattr(value, name))]
    if isinstance(value, tuple | list):
        return [text for one in value for text in texts_of(one)]
    return []
