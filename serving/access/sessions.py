"""Sessions: a sign-in in place of a token with every request, for browsers.

A session is a random id whose hash is in the store. It ends with what it was opened with: a token that is revoked or
has run out opens nothing, and neither does a session of it. It ends by itself after some hours, and earlier where
nobody asks for a while, because machines are shared.
"""

import hashlib
import hmac
import secrets
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import Connection, delete, or_, select, update

from features.errors import AccessError
from serving.access.principal import Principal
from serving.access.tables import SessionRow
from serving.access.tokens import check_hash, hash_of
from serving.store import Store

__all__ = ["ENDED", "Sessions", "proof_of", "proves"]

ENDED = "You are not signed in, or the session has ended; sign in again."
_SEEN_EVERY = timedelta(minutes=1)


class Sessions:
    """The sessions of a store; `hours` at most, `idle_minutes` without a request."""

    def __init__(self, store: Store, hours: int, idle_minutes: int) -> None:
        self.store, self._longest, self._idle = store, timedelta(hours=hours), timedelta(minutes=idle_minutes)

    def open(self, token: str, now: datetime) -> tuple[str, Principal]:
        """Begin a session with a token of Respite's own; its id, which is kept nowhere else.

        Raises
        ------
        AccessError
            The token opens nothing.
        """
        with self.store.reading() as connection:
            who = check_hash(connection, hash_of(token), now)
        return self._begin(now, now + self._longest, token=hash_of(token), agent_id=who.agent_id), who

    def open_for(self, who: Principal, until: datetime, now: datetime) -> str:
        """Begin a session for whom an identity provider vouched, until its token ends at the latest."""
        kept = {"name": who.name, "role": who.role, "teams": sorted(who.teams), "manager_id": who.manager_id}
        return self._begin(now, min(until, now + self._longest), principal=kept, agent_id=who.agent_id)

    def who(self, connection: Connection, name: str | None, now: datetime) -> Principal:
        """Whose session this is.

        Raises
        ------
        AccessError
            There is none, or it has ended, by itself or with its token.
        """
        if not name:
            raise AccessError(ENDED)
        query = select(SessionRow.__table__).where(SessionRow.sha256 == hash_of(name))
        row: Any = connection.execute(query).one_or_none()
        time = _naive(now)
        if row is None or row.ends_at <= time or row.seen_at + self._idle <= time:
            raise AccessError(ENDED)
        try:
            found = check_hash(connection, row.token, now) if row.token else _principal(row.principal, row.agent_id)
        except AccessError:
            raise AccessError(ENDED) from None
        if time - row.seen_at >= _SEEN_EVERY:
            self._change(lambda: update(SessionRow).where(SessionRow.sha256 == row.sha256).values(seen_at=time))
        return found

    def close(self, name: str) -> None:
        """End a session."""
        self._change(lambda: delete(SessionRow).where(SessionRow.sha256 == hash_of(name)))

    def _begin(self, now: datetime, until: datetime, **what: Any) -> str:
        """A row for a new id; those that have ended go at the same time."""
        name, time = secrets.token_urlsafe(32), _naive(now)
        row = SessionRow(sha256=hash_of(name), started_at=time, seen_at=time, ends_at=_naive(until), **what)
        with self.store.writing() as session:
            session.execute(
                delete(SessionRow).where(or_(SessionRow.ends_at <= time, SessionRow.seen_at <= time - self._idle))
            )
            session.add(row)
        return name

    def _change(self, statement: Callable[[], Any]) -> None:
        with self.store.writing() as session:
            session.execute(statement())


def proof_of(name: str) -> str:
    """What a form carries to show that the page with it was given to whoever holds this cookie.

    Only the holder can make it, and the cookie cannot be made from it.
    """
    return hmac.new(name.encode(), b"respite form", hashlib.sha256).hexdigest()


def proves(name: str, given: str) -> bool:
    """Whether a form carries the proof of a cookie; without a cookie none does."""
    return bool(name) and hmac.compare_digest(proof_of(name).encode(), given.encode())


def _principal(kept: dict[str, Any], agent_id: str | None) -> Principal:
    manager = kept.get("manager_id")  # sessions from before have none
    return Principal(kept["name"], kept["role"], frozenset(kept["teams"]), agent_id, manager_id=manager)


def _naive(now: datetime) -> datetime:
    return now.astimezone(UTC).replace(tzinfo=None)
