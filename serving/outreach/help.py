"""Where people find help at a site: its services in its own words, and no link that tells who followed it."""

import re
from typing import Annotated
from urllib.parse import urlsplit

from pydantic import Field, StringConstraints, field_validator

from serving.outreach.actions import Frozen, Text
from serving.outreach.words import refuse_words

__all__ = ["Help", "refuse_links"]

_LINK = re.compile(r"(?:[a-z][a-z0-9+.-]*://|www\.)\S+", re.IGNORECASE)


class Help(Frozen):
    """One service: what it is called, what it is for, how it is reached, and when.

    Examples
    --------
    >>> Help(name="Employee assistance", words="Confidential talks, free of charge.", contact="EXAMPLE 0000").line
    'Employee assistance: Confidential talks, free of charge. EXAMPLE 0000'
    """

    name: Annotated[str, StringConstraints(min_length=3, max_length=80, strip_whitespace=True)]
    words: Text
    contact: Annotated[str, StringConstraints(min_length=3, max_length=160, strip_whitespace=True)]
    hours: Annotated[str, StringConstraints(min_length=3, max_length=120, strip_whitespace=True)] | None = Field(None)

    @field_validator("*")
    @classmethod
    def _keeps_to_words_and_addresses(cls, text: str | None) -> str | None:
        return text if text is None else refuse_links(refuse_words(text))

    @property
    def line(self) -> str:
        """It in one line."""
        return f"{self.name}: {self.words} {self.contact}{f' ({self.hours})' if self.hours else ''}"


def refuse_links(text: str) -> str:
    """The text, where each address in it is one of https that says nothing about who follows it.

    Raises
    ------
    ValueError
        One is of another kind, or carries more than a place.

    Examples
    --------
    >>> refuse_links("Write to https://help.example.org/talk, or call.")
    'Write to https://help.example.org/talk, or call.'
    """
    for found in _LINK.findall(text):
        parts = urlsplit(found if "://" in found else f"https://{found}")
        if parts.scheme.lower() != "https":
            raise ValueError(f"{found!r}: an address begins with https://, so that nobody reads along")
        if "?" in found or "#" in found or "@" in parts.netloc:
            raise ValueError(
                f"{found!r}: what follows ? or # or stands before @ can tell who follows a link; leave it out"
            )
    return text
