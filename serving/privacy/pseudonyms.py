"""Names for people that only the right key turns back, and only as long as the person is on record.

A pseudonym is HMAC-SHA256 over the agent's salt and id, with the key of a period. The salt lies in the database, the
key in a folder apart: both have to come together. Erasing an agent
deletes the salt; what was written under their pseudonyms stays as it is, so that a chain of hashes over it holds, and
is about nobody. The scheme is described in docs/privacy.md.
"""

import hmac
import json
import secrets
from collections.abc import Iterable
from typing import Any

from sqlalchemy import Connection, bindparam, insert, select, text
from sqlalchemy.orm import Session

from features.errors import AccessError, InputError
from serving.privacy.keys import Keys
from serving.privacy.tables import Identity

__all__ = ["REIDENTIFIERS", "forget", "pseudonym", "pseudonyms", "reidentify"]

REIDENTIFIERS = frozenset({"auditor", "hr"})
PREFIX = "P-"
_BYTES, _AT_ONCE = 15, 500
_LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"
_TEN_BITS, _TENS = [a + b for a in _LETTERS for b in _LETTERS], range(8 * _BYTES - 10, -1, -10)
_SALTS = select(Identity.agent_id, Identity.salt).where(Identity.agent_id.in_(bindparam("some", expanding=True)))
# SQLite reads any number of names from one text; a list would be a longer statement for each length
_SALTS_HERE = text("SELECT agent_id, salt FROM identities WHERE agent_id IN (SELECT value FROM json_each(:some))")
_ADD = insert(Identity)


def pseudonym(session: Session | Connection, agent_id: str, period: str, keys: Keys | None = None) -> str:
    """The name of an agent in a period, such as 'P-7QJ2...' (26 characters); the owner of the session commits."""
    return pseudonyms(session, [agent_id], period, keys)[agent_id]


def pseudonyms(
    session: Session | Connection, agent_ids: Iterable[str], period: str, keys: Keys | None = None
) -> dict[str, str]:
    """Names of some agents in a period, by their id; salts are made for those who have none yet."""
    wanted = sorted(set(agent_ids))
    key = (keys or Keys.of(session)).key(period)
    salts = _salts(session, wanted)
    missing = [agent_id for agent_id in wanted if agent_id not in salts]
    if missing:
        made = {agent_id: secrets.token_hex(16) for agent_id in missing}
        session.execute(_ADD, [{"agent_id": agent_id, "salt": salt} for agent_id, salt in made.items()])
        salts |= made
    return {agent_id: _name(key, salts[agent_id], agent_id) for agent_id in wanted}


def reidentify(session: Session, name: str, period: str, *, role: str, reason: str, keys: Keys | None = None) -> str:
    """Whose pseudonym this is. There is no table of it: every agent's name is made again and compared.

    Raises
    ------
    AccessError
        The role may not ask.
    InputError
        No reason is given, or nobody on record has this name in that period.
    """
    if role not in REIDENTIFIERS:
        raise AccessError(f"role {role}: only {' and '.join(sorted(REIDENTIFIERS))} may turn a pseudonym back.")
    if not reason.strip():
        raise InputError("reason: say why this person has to be known; it is kept with the request.")
    found = keys or Keys.of(session)
    if period not in found.periods():
        raise InputError(f"period {period}: its key is not there; there are {', '.join(found.periods()) or 'none'}.")
    key = found.key(period)
    for agent_id, salt in session.execute(select(Identity.agent_id, Identity.salt)):
        if hmac.compare_digest(_name(key, salt, agent_id), name):
            return str(agent_id)
    raise InputError(f"{name}: nobody on record has this name in {period}; an erased agent has none.")


def forget(session: Session, agent_id: str) -> bool:
    """Delete what links an agent to their pseudonyms; whether there was anything."""
    found = session.get(Identity, agent_id)
    if found is None:
        return False
    session.delete(found)
    session.flush()
    return True


def _salts(session: Session | Connection, agent_ids: list[str]) -> dict[str, str]:
    bind = session.get_bind() if isinstance(session, Session) else session
    if bind.dialect.name == "sqlite":
        return _pairs(session.execute(_SALTS_HERE, {"some": json.dumps(agent_ids)}))
    found: dict[str, str] = {}
    for start in range(0, len(agent_ids), _AT_ONCE):
        found |= _pairs(session.execute(_SALTS, {"some": agent_ids[start : start + _AT_ONCE]}))
    return found


def _pairs(rows: Any) -> dict[str, str]:
    return {row.agent_id: row.salt for row in rows}


def _name(key: bytes, salt: str, agent_id: str) -> str:
    """15 bytes of the hash, in letters and digits; the salt has a fixed length, so no two inputs run together."""
    digest = hmac.digest(key, (salt + agent_id).encode(), "sha256")
    bits = int.from_bytes(digest[:_BYTES])
    # base 32, ten bits at a time: the log names a thousand people in one entry
    return PREFIX + "".join([_TEN_BITS[bits >> at & 1023] for at in _TENS])
