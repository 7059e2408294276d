"""Lists of offers, whole or a page at a time: what is overdue first, then what is due soonest; what is closed last.

Holdouts are in none of them: nobody who makes offers should know who they are. Neither are offers that nobody has
answered yet, of someone who has opted out or refused since: they are not made.

A *place* is where an offer stands in that order. A page begins after one or ends before one, so that an offer that is
closed meanwhile moves no other over the edge of a page.
"""

from collections.abc import Collection
from datetime import date
from typing import NamedTuple, Self, TypedDict, Unpack

from sqlalchemy import ColumnElement, and_, false, func, or_, select

from features.errors import InputError
from serving.consent import deciding
from serving.outreach.states import OPEN
from serving.outreach.tables import Offer
from serving.store import Store

__all__ = ["WELLBEING", "Page", "Place", "Which", "offers_of", "page_of"]

WELLBEING = "wellbeing partner"
_CLOSED = "closed"
_ORDER = (Offer.due_on.is_(None), Offer.due_on, Offer.number)


class Which(TypedDict, total=False):
    """Which offers: those that fit all that is given.

    Who makes offers reads those `offered_by` them; `of_managers` are those that managers make to people who share with
    their manager now.
    """

    team: str | None
    program: str | None
    offered_by: str | None
    manager: str | None
    agent: str | None
    number: int | None
    teams: Collection[str]
    of_managers: bool
    overdue_on: date | None
    still_open: bool


class Place(NamedTuple):
    """Where an offer stands: by the day on which its next step is due, if any, then by its number."""

    due_on: date | None
    number: int

    @classmethod
    def of(cls, name: str, text: str) -> Self:
        """From what `text` makes of it.

        Raises
        ------
        InputError
            It is no place; `name` says what was asked.
        """
        day, _, number = text.partition(".")
        try:
            return cls(None if day == _CLOSED else date.fromisoformat(day), int(number))
        except ValueError:
            raise InputError(f"{name}: {text!r} is no place of an offer; take what a page names.") from None

    @property
    def text(self) -> str:
        """As an address has it.

        Examples
        --------
        >>> Place(date(2026, 9, 27), 12).text
        '2026-09-27.12'
        """
        return f"{self.due_on or _CLOSED}.{self.number}"

    def later(self) -> ColumnElement[bool]:
        """Which offers come after it."""
        if self.due_on is None:
            return and_(Offer.due_on.is_(None), Offer.number > self.number)
        same = and_(Offer.due_on == self.due_on, Offer.number > self.number)
        return or_(Offer.due_on.is_(None), Offer.due_on > self.due_on, same)

    def earlier(self) -> ColumnElement[bool]:
        """Which offers come before it."""
        if self.due_on is None:
            return or_(Offer.due_on.is_not(None), Offer.number < self.number)
        return or_(Offer.due_on < self.due_on, and_(Offer.due_on == self.due_on, Offer.number < self.number))


class Page(NamedTuple):
    """Some offers of a list; `total` and `overdue` count the whole of it, `before` what comes before these."""

    offers: list[Offer]
    total: int
    overdue: int
    before: int

    @property
    def previous(self) -> str | None:
        """The place before which the page before ends."""
        return _place(self.offers[0]).text if self.offers and self.before else None

    @property
    def next(self) -> str | None:
        """The place after which the next page begins."""
        more = self.before + len(self.offers) < self.total
        return _place(self.offers[-1]).text if self.offers and more else None


def offers_of(store: Store, **which: Unpack[Which]) -> list[Offer]:
    """Every offer of a list."""
    with store.session() as session:
        return list(session.scalars(select(Offer).where(*_fitting(which)).order_by(*_ORDER)))


def page_of(
    store: Store, limit: int, today: date, *, after: str | None = None, before: str | None = None,
    **which: Unpack[Which],
) -> Page:  # fmt: skip
    """A page of a list: its first offers, those after a place, or the last of those before one.

    Raises
    ------
    InputError
        A place is none, or both are given.
    """
    if after and before:
        raise InputError("after: name either after or before, not both.")
    fitting = _fitting(which)
    query = select(Offer).where(*fitting).limit(limit)
    if before:
        query = query.where(Place.of("before", before).earlier()).order_by(*(one.desc() for one in _ORDER))
    else:
        query = query.where(*([Place.of("after", after).later()] if after else [])).order_by(*_ORDER)
    with store.session() as session:
        found = list(session.scalars(query))[:: -1 if before else 1]
        first = _place(found[0]).earlier() if found else false()
        late = and_(Offer.state.in_(OPEN), Offer.due_on < today)
        counts = select(func.count(), func.count().filter(late), func.count().filter(first)).where(*fitting)
        total, overdue, earlier = session.execute(counts).one()
    return Page(found, total, overdue, earlier)


def _place(offer: Offer) -> Place:
    return Place(offer.due_on, offer.number)


def _fitting(which: Which) -> list[ColumnElement[bool]]:
    """What holds of every offer of a list."""
    waiting = Offer.state == "offered"
    fitting = [Offer.arm == "offer", *(~and_(waiting, Offer.agent_id.in_(one)) for one in _REFUSED)]
    for column, wanted in (
        (Offer.team_id, which.get("team")), (Offer.program, which.get("program")), (Offer.number, which.get("number")),
        (Offer.offered_by, which.get("offered_by")), (Offer.manager_id, which.get("manager")),
        (Offer.agent_id, which.get("agent")),
    ):  # fmt: skip
        if wanted is not None:
            fitting.append(column == wanted)
    if "teams" in which:
        fitting.append(Offer.team_id.in_(which["teams"]))
    if which.get("of_managers"):
        fitting += [Offer.offered_by != WELLBEING, Offer.agent_id.in_(deciding("share_with_manager", True))]
    if day := which.get("overdue_on"):
        fitting.append(Offer.due_on < day)
    if which.get("still_open") or which.get("overdue_on"):
        fitting.append(Offer.state.in_(OPEN))
    return fitting


_REFUSED = (deciding("scoring", False), deciding("outreach", False))
