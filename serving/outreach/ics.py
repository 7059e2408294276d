"""Open offers as calendar entries (RFC 5545). An entry says that there is a conversation about support, and no more.

Calendars are read over shoulders and shared: no name, no score, no reason, not even the action. The number of the offer
leads whoever may know to the rest.
"""

from collections.abc import Iterable
from datetime import date, datetime, timedelta

from serving.outreach.states import OPEN
from serving.outreach.tables import Offer

__all__ = ["SUMMARY", "calendar", "escaped", "folded"]

SUMMARY = "A conversation about support"
_OCTETS = 75


def calendar(offers: Iterable[Offer]) -> str:
    """All open offers as one calendar, an entry for the whole of the day on which the next step is due.

    The same offers give the same text. `UID` stays when an entry moves, and `SEQUENCE` counts its steps.
    """
    lines = ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//Respite//Outreach//EN", "CALSCALE:GREGORIAN"]
    for offer in offers:
        if offer.state in OPEN and offer.due_on is not None:
            lines += _entry(offer, offer.due_on)
    return "".join(folded(line) + "\r\n" for line in [*lines, "END:VCALENDAR"])


def escaped(text: str) -> str:
    r"""A value of type TEXT (RFC 5545, 3.3.11).

    Examples
    --------
    >>> print(escaped("a; b, c"))
    a\; b\, c
    """
    for plain, safe in (("\\", "\\\\"), (";", "\\;"), (",", "\\,"), ("\r\n", "\\n"), ("\n", "\\n"), ("\r", "\\n")):
        text = text.replace(plain, safe)
    return text


def folded(line: str) -> str:
    """A content line in pieces of at most 75 octets (RFC 5545, 3.1); no letter is cut in two."""
    pieces, room = [""], _OCTETS
    for letter in line:
        size = len(letter.encode())
        if size > room:
            pieces.append("")
            room = _OCTETS - 1  # a continuation begins with a space
        pieces[-1] += letter
        room -= size
    return "\r\n ".join(pieces)


def _entry(offer: Offer, due: date) -> list[str]:
    changed = max(time for time in (offer.offered_at, offer.responded_at, offer.done_at) if time)
    about = f"Offer {offer.number} in Respite; there you find whom it is for, and a guide for the conversation."
    return [
        "BEGIN:VEVENT",
        f"UID:{escaped(offer.uid)}@respite",
        f"DTSTAMP:{_stamp(changed)}",
        f"SEQUENCE:{OPEN.index(str(offer.state))}",
        f"DTSTART;VALUE=DATE:{due:%Y%m%d}",
        f"DTEND;VALUE=DATE:{due + timedelta(days=1):%Y%m%d}",
        f"SUMMARY:{escaped(SUMMARY)}",
        f"DESCRIPTION:{escaped(about)}",
        "CLASS:PRIVATE",
        "TRANSP:TRANSPARENT",
        "END:VEVENT",
    ]


def _stamp(at: datetime) -> str:
    """A time of the store, which is UTC, in the form that says so."""
    return f"{at:%Y%m%dT%H%M%S}Z"
