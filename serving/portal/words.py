"""Every sentence of the portal, in one file a language: the same keys, the same placeholders."""

from collections.abc import Mapping
from datetime import date, datetime
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from features.errors import ConfigError

__all__ = ["LANGUAGES", "Words", "preferred", "words_in"]

_FOLDER = Path(__file__).with_name("words")
LANGUAGES: tuple[str, ...] = ("en", "de")  # the first is spoken where nothing else is asked for


class Words:
    """The sentences of one language.

    Examples
    --------
    >>> words_in("en")("people.count", count=3)
    '3 people'
    """

    def __init__(self, language: str, sentences: Mapping[str, str]) -> None:
        self.language, self.sentences = language, sentences

    def __call__(self, key: str, **values: object) -> str:
        """The sentence of a key, with its placeholders filled in.

        Raises
        ------
        KeyError
            There is no such sentence, or a placeholder has no value.
        """
        return self.sentences[key].format(**values)

    def has(self, key: str) -> bool:
        return key in self.sentences

    def share(self, value: float | None) -> str:
        """A probability as a percentage."""
        return self("nothing") if value is None else self("share", percent=f"{100 * value:.0f}")

    def day(self, value: date | str | None) -> str:
        """A date as it is written in this language."""
        if value is None or value == "":
            return self("nothing")
        found = datetime.fromisoformat(value) if isinstance(value, str) else value
        return found.strftime(self.sentences["day"])

    def moment(self, value: str) -> str:
        """A time of the store, in UTC."""
        return datetime.fromisoformat(value).strftime(self.sentences["moment"])

    def either(self, prefix: str, name: str) -> str:
        """The sentence of a name that comes from data, or the name itself where there is none."""
        return self.sentences.get(f"{prefix}.{name}", name)


@cache
def words_in(language: str) -> Words:
    """The words of a language of `LANGUAGES`.

    Raises
    ------
    ConfigError
        Something in its file is no sentence.
    """
    found = yaml.load((_FOLDER / f"{language}.yaml").read_text(encoding="utf-8"), Loader=yaml.CSafeLoader)
    return Words(language, dict(_flat(found)))


def preferred(asked: str | None, kept: str | None, accepted: str) -> str:
    """The language of a request: asked for in the address, else kept in a cookie, else the browser's own order.

    Examples
    --------
    >>> preferred(None, None, "fr;q=0.9, de-AT;q=0.8, en;q=0.1")
    'de'
    """
    ranked = sorted((_weighed(part) for part in accepted.split(",")), key=lambda one: -one[0])
    for name in (asked, kept, *(language for weight, language in ranked if weight > 0)):
        if name in LANGUAGES:
            return str(name)
    return LANGUAGES[0]


def _weighed(part: str) -> tuple[float, str]:
    name, _, weight = part.partition(";q=")
    try:
        return float(weight or 1), name.strip().lower()[:2]
    except ValueError:
        return 0.0, ""


def _flat(found: Mapping[str, Any], prefix: str = "") -> list[tuple[str, str]]:
    lines = []
    for key, value in found.items():
        if isinstance(value, dict):
            lines += _flat(value, f"{prefix}{key}.")
        elif isinstance(value, str):
            lines.append((f"{prefix}{key}", value))
        else:  # an unquoted comma within braces, or a bare yes
            raise ConfigError(f"words: {prefix}{key} is {value!r} where a sentence is wanted; quote it.")
    return lines
