"""Who may ask: bearer tokens, hashed, with an end, revocable. No token, no data."""

import hashlib
import re
import secrets
from datetime import UTC, datetime, timedelta

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from features.errors import AccessError, InputError
from serving.store import Store, Token

__all__ = ["check", "grant", "list_tokens", "revoke"]

MAX_DAYS = 365
_REFUSED = "Send 'Authorization: Bearer <token>' with a token that is valid; `respite access grant NAME` makes one."


def grant(store: Store, name: str, days: int, now: datetime) -> str:
    """Make a token for a wellbeing partner or a service; it is returned once and kept only as its hash.

    Raises
    ------
    InputError
        The name is taken or empty, or the days are not 1 to 365.
    """
    if not re.fullmatch(r"[\w.@-]{1,80}", name):
        raise InputError(f"access grant '{name}': a name has 1 to 80 letters, digits, or . @ - _.")
    if not 1 <= days <= MAX_DAYS:
        raise InputError(f"--days {days}: a token is valid for 1 to {MAX_DAYS} days.")
    token = f"respite_{secrets.token_urlsafe(32)}"
    try:
        with store.writing() as session:
            session.add(Token(name=name, sha256=_hash(token), expires_at=_naive(now) + timedelta(days=days)))
    except IntegrityError as error:
        raise InputError(
            f"access grant {name}: there is a token of that name; revoke it, or choose another."
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


def check(store: Store, authorization: str | None, now: datetime) -> str:
    """Whose token this is.

    Raises
    ------
    AccessError
        None, an unknown one, an expired one, a revoked one: one sentence for all, so that nothing can be probed.
    """
    scheme, _, token = (authorization or "").partition(" ")
    if scheme.lower() == "bearer" and token:
        with store.session() as session:
            found = session.scalar(select(Token).where(Token.sha256 == _hash(token.strip())))
        if found is not None and not found.revoked and found.expires_at > _naive(now):
            return found.name
    raise AccessError(_REFUSED)


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def _naive(now: datetime) -> datetime:
    """SQLite keeps no zones; the store holds UTC."""
    return now.astimezone(UTC).replace(tzinfo=None)
