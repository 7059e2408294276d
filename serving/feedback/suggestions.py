"""Suggestions about the work, without a name: kept so that nobody can tell whose one is, its writer included.

A row has no agent, and a week in place of a time. What else could tell is taken away: all rows of a week are written
anew, in an order by chance and under new keys, whenever one is added; so neither the order of rows nor the transaction
that wrote them leads to an entry of the log. They are read once their week is over, so that nobody sees one come.
"""

import hmac
import secrets
from collections.abc import Collection
from contextlib import suppress
from datetime import UTC, date, datetime, timedelta

from sqlalchemy import ColumnElement, delete, func, insert, select, text, update
from sqlalchemy.orm import Session

from features.errors import InputError
from serving.feedback.origin import Origin
from serving.feedback.tables import Suggestion, SuggestionCount
from serving.privacy.keys import Keys
from serving.store import Store

__all__ = ["A_DAY", "TooManyError", "forget_suggestions", "keep", "read_from", "suggestions_of", "suggestions_shared"]

A_DAY = 3
_PERIOD = "suggestions-"
_LOCK = 5_701_915


class TooManyError(InputError):
    """Somebody suggested as much as a day takes."""


def keep(session: Session, agent_id: str, said: str, origin: Origin, now: datetime) -> None:
    """Keep a suggestion within a transaction; of whom it is, is forgotten once it is counted.

    Raises
    ------
    TooManyError
        As many came from this person today.
    """
    if session.get_bind().dialect.name == "postgresql":
        session.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})
    _count(session, agent_id, now.astimezone(UTC).date())
    week = _week(now)
    before = session.scalars(select(Suggestion).where(Suggestion.week == week))
    rows = [{"team_id": one.team_id, "site_id": one.site_id, "said": one.said} for one in before]
    rows.append({**origin._asdict(), "said": said.strip()})
    secrets.SystemRandom().shuffle(rows)
    session.execute(delete(Suggestion).where(Suggestion.week == week))
    fresh = [{"key": secrets.token_hex(16), "week": week, "shared": False} | row for row in rows]
    session.execute(insert(Suggestion), fresh)


def read_from(now: datetime) -> date:
    """The day from which a suggestion of this moment is read: the Monday after."""
    return _week(now) + timedelta(days=7)


def suggestions_of(store: Store, team: str | None, limit: int, now: datetime) -> list[Suggestion]:
    """Those of weeks that are over, the newest week first; within a week in an order that says nothing."""
    query = select(Suggestion).where(_over(now)).order_by(Suggestion.week.desc(), Suggestion.key).limit(limit)
    with store.session() as session:
        return list(session.scalars(query if team is None else query.where(Suggestion.team_id == team)))


def suggestions_shared(
    store: Store, teams: Collection[str], minimum: int, limit: int, now: datetime
) -> list[Suggestion]:
    """Those that managers of some teams read: a team's only together with `minimum` of it that are new to them."""
    waiting = [_over(now), Suggestion.shared.is_(False), Suggestion.team_id.is_not(None)]
    enough = select(Suggestion.team_id).where(*waiting).group_by(Suggestion.team_id).having(func.count() >= minimum)
    with store.writing() as session:
        session.execute(update(Suggestion).where(*waiting, Suggestion.team_id.in_(enough)).values(shared=True))
        query = select(Suggestion).where(Suggestion.shared, Suggestion.team_id.in_(teams))
        return list(session.scalars(query.order_by(Suggestion.team_id, Suggestion.key).limit(limit)))


def forget_suggestions(session: Session, before: date, today: date, dry_run: bool = False) -> int:
    """Delete those of weeks before a day, and what was counted on days that are over; how many suggestions go."""
    old = Suggestion.week < before
    found = session.scalar(select(func.count()).select_from(Suggestion).where(old)) or 0
    if not dry_run:
        session.execute(delete(Suggestion).where(old))
        _forget_counts(session, today)
    return found


def _count(session: Session, agent_id: str, day: date) -> None:
    """Count one for a person, by a hash that nobody can make again once the day's key is destroyed."""
    _forget_counts(session, day)
    key = Keys.of(session).key(f"{_PERIOD}{day}")
    person = hmac.digest(key, agent_id.encode(), "sha256").hex()
    found = session.get(SuggestionCount, (day, person)) or SuggestionCount(day=day, person=person, count=0)
    if found.count >= A_DAY:
        raise TooManyError(f"said: {A_DAY} suggestions a day are taken from one person; the next is welcome tomorrow.")
    found.count += 1
    session.add(found)
    session.flush()


def _forget_counts(session: Session, today: date) -> None:
    session.execute(delete(SuggestionCount).where(SuggestionCount.day < today))
    keys = Keys.of(session)
    for period in keys.periods():
        if period.startswith(_PERIOD) and period < f"{_PERIOD}{today}":
            with suppress(InputError, FileNotFoundError):  # another process was first
                keys.destroy(period)


def _over(now: datetime) -> ColumnElement[bool]:
    return Suggestion.week < _week(now)


def _week(now: datetime) -> date:
    """The Monday of a moment's week, in UTC."""
    day = now.astimezone(UTC).date()
    return day - timedelta(days=day.weekday())
