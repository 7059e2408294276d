"""What a word is: links, addresses and mentions left out, numbers and contractions in one form, emoji kept."""

import html
import re
from collections.abc import Container

__all__ = ["NUMBER", "has_stretched", "joined", "readable", "spellings", "unstretched"]

NUMBER = "#"
_MASKS = re.compile(r"https?://\S+|www\.\S+|[\w.+-]{0,64}@\w[\w.-]*")
_HASHTAG = re.compile(r"#(\w+)")
_HUMP = re.compile(r"(?<=[a-z])(?=[A-Z])")
_STRETCHED = re.compile(r"([^\W\d_])\1\1+")
_SOMETHING = re.compile(r"[^\W\d_]|[☀-➿⭐🌀-🫿]|[:;=][-']?[()]")
_WRITTEN = {
    "two": NUMBER, "three": NUMBER, "four": NUMBER, "five": NUMBER, "six": NUMBER, "seven": NUMBER, "eight": NUMBER,
    "nine": NUMBER, "ten": NUMBER, "eleven": NUMBER, "twelve": NUMBER, "fifteen": NUMBER, "twenty": NUMBER,
    "thirty": NUMBER, "forty": NUMBER, "fifty": NUMBER, "sixty": NUMBER, "ninety": NUMBER, "hundred": NUMBER,
    "2nd": "second", "3rd": "third", "4th": "fourth", "5th": "fifth", "6th": "sixth", "10th": "tenth",
}  # fmt: skip


def readable(text: object) -> str | None:
    """A text without links, addresses and mentions; None where no letter, emoji or smile is left to score.

    Examples
    --------
    >>> readable("@shop I can’t log in &amp; see #EpicFail")
    "  I can't log in & see  Epic Fail"
    >>> readable("@shop 12:30?") is None
    True
    """
    if not isinstance(text, str):
        return None
    if "&" in text:
        text = html.unescape(text)
    if "@" in text or "http" in text or "www." in text:
        text = _MASKS.sub(" ", text)
    if "#" in text:
        text = _HASHTAG.sub(lambda tag: " " + _HUMP.sub(" ", tag[1]), text)
    if _SOMETHING.search(text) is None:
        return None
    return text.replace("’", "'")


def joined(text: str) -> str:
    """A text with "not" and its verb as one word: `can't` is `cant`, as many customers write it anyway."""
    return text.replace("n't", "nt").replace("N'T", "NT")


def spellings(tokens: list[str]) -> list[str]:
    """Tokens as the lexicon writes them: in lower case, every number as `NUMBER`."""
    lower = map(str.lower, tokens)
    return [_WRITTEN.get(word) or (NUMBER if word[0].isdigit() else word) for word in lower]


def has_stretched(text: str) -> bool:
    """Whether a letter stands three times in a row."""
    return _STRETCHED.search(text) is not None


def unstretched(words: list[str], known: Container[str]) -> list[str]:
    """Words without stretched letters: `sooo` is `so`, and `goood` is `good` where that is known."""
    return [_unstretched(word, known) if has_stretched(word) else word for word in words]


def _unstretched(word: str, known: Container[str]) -> str:
    twice = _STRETCHED.sub(r"\1\1", word)
    return twice if twice in known else _STRETCHED.sub(r"\1", word)
