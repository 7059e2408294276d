"""Bearer tokens: hashed, bound to a role, with an end, revocable. No token, no data."""

import hashlib
import re
import secrets
from datetime import UTC, datetime, timedelta

from sqlalchemy import Connection, bindparam, select
from sqlalchemy.exc import IntegrityError

from features.errors import AccessError, InputError
from serving.access.principal import Principal
from serving.store import Store
from serving.tables import Token

__all__ = ["REFUSED", "check", "check_hash", "grant", "hash_of", "list_tokens", "revoke"]

MAX_DAYS = 365
_BY_HASH = select(Token.__table__).where(Token.sha256 == bindparam("sha256"))
REFUSED = "Send 'Authorization: Bearer <token>' with a valid token; `respite access grant NAME --role ROLE` makes one."


def grant(store: Store, who: Principal, days: int, now: datetime) -> str:
    """Make a token; it is returned once and kept only as its hash.

    Raises
    ------
    InputError
        The name is taken or empty, or the days are not 1 to 365.
    """
    if not re.fullmatch(r"[\w.@-]{1,80}", who.name):
        raise InputError(f"access grant '{who.name}': a name has 1 to 80 letters, digits, or . @ - _.")
    if not 1 <= days <= MAX_DAYS:
        raise InputError(f"--days {days}: a token is valid for 1 to {MAX_DAYS} days.")
    token = f"respite_{secrets.token_urlsafe(32)}"
    row = Token(
        name=who.name,
        sha256=hash_of(token),
        expires_at=_naive(now) + timedelta(days=days),
        role=who.role,
        teams=sorted(who.teams),
        agent_id=who.agent_id,
        scopes=sorted(who.scopes),
        manager_id=who.manager_id,
    )
    try:
        with store.writing() as session:
            session.add(row)
    except IntegrityError as error:
        raise InputError(
            f"access grant {who.name}: there is a token of that name; revoke it, or choose another."
        ) from error
    return token


def revoke(store: Store, name: str) -> None:
    """Close a token for good.

    Raises
    ------
    InputError
        There is none of that name.
    """
    with store.writing() as session:
        found = session.get(Token, name)
        if found is None:
            raise InputError(f"access revoke {name}: there is no token of that name; see `respite access list`.")
        found.revoked = True


def list_tokens(store: Store) -> list[Token]:
    """Every token ever granted, by name; never the token itself."""
    with store.session() as session:
        return list(session.scalars(select(Token).order_by(Token.name)))


def check(connection: Connection, authorization: str | None, now: datetime) -> Principal:
    """Whose token this is, as 'Bearer <token>', by an open connection of the store.

    Raises
    ------
    AccessError
        None, an unknown one, an expired one, a revoked one: one sentence for all, so that nothing can be probed.
    """
    scheme, _, token = (authorization or "").partition(" ")
    if scheme.lower() != "bearer" or not token:
        raise AccessError(REFUSED)
    return check_hash(connection, hash_of(token.strip()), now)


def check_hash(connection: Connection, sha256: str, now: datetime) -> Principal:
    """Whose token has this hash.

    Raises
    ------
    AccessError
        Nobody's, or one that has expired or was revoked.
    """
    found = connection.execute(_BY_HASH, {"sha256": sha256}).one_or_none()
    if found is None or found.revoked or found.expires_at <= _naive(now):
        raise AccessError(REFUSED)
    teams, scopes = frozenset(found.teams), frozenset(found.scopes or ())
    return Principal(found.name, found.role, teams, found.agent_id, scopes, found.manager_id)


def hash_of(token: str) -> str:
    """What the store keeps of a secret."""
    return hashlib.sha256(token.encode()).hexdigest()


def _naive(now: datetime) -> datetime:
    """SQLite keeps no zones; the store holds UTC."""
    return now.astimezone(UTC).replace(tzinfo=None)
