"""Offers as CSV, for those who make them: what is to be done until when, and no score and no reason."""

import csv
import io
from collections.abc import Iterable
from datetime import date

from serving.outreach.states import overdue
from serving.outreach.tables import Offer

__all__ = ["COLUMNS", "csv_of", "row_of"]

COLUMNS = ("offer", "week", "program", "team", "agent", "action", "offered_by", "state", "due_on", "overdue", "outcome")
_RUN = ("=", "+", "-", "@", "\t", "\r")


def row_of(offer: Offer, today: date) -> tuple[object, ...]:
    """The cells of one offer, in the order of `COLUMNS`."""
    return (
        offer.number, offer.week, offer.program, offer.team_id, offer.agent_id, offer.action, offer.offered_by or "",
        offer.state or offer.arm, offer.due_on or "", "overdue" if overdue(offer, today) else "", offer.outcome or "",
    )  # fmt: skip


def csv_of(offers: Iterable[Offer], today: date) -> str:
    """A header and a line an offer; what a spreadsheet would run as a formula begins with an apostrophe."""
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(COLUMNS)
    writer.writerows([_inert(cell) for cell in row_of(one, today)] for one in offers)
    return out.getvalue()


def _inert(cell: object) -> str:
    text = str(cell)
    return f"'{text}" if text.startswith(_RUN) else text
