"""Who read or wrote whose data: an append-only log in which every entry carries the hash of the one before.

The end of the chain is kept twice more: in the store, locked while an entry is added, so that several processes keep
one order; and in `audit.head` in the home, so that a log cut off at its end together with that row is found too.
"""

import hashlib
import json
import os
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import func, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from features.errors import RespiteError
from serving.store import Store
from serving.tables import AuditEntry, AuditHead

__all__ = ["BrokenChainError", "Event", "append", "verify"]

_START = "0" * 64
_CHAIN = "chain"
_PAGE = 1_000
_FIELDS = ("number", "who", "what", "whom", "purpose", "model", "status", "previous")


class BrokenChainError(RespiteError):
    """The log was changed; the sentence says where."""


@dataclass(frozen=True)
class Event:
    """One access: who did what, about whom, what for, with which model, and how it ended (an HTTP status)."""

    who: str
    what: str
    status: int
    whom: str = ""
    purpose: str = ""
    model: str = ""


def append(store: Store, event: Event, now: datetime) -> int:
    """Add an entry and return its number; whoever calls this answers only once it has returned."""
    with store.writing() as session:
        head = _locked_head(session)
        entry = AuditEntry(
            number=head.number + 1, at=now.astimezone(UTC).replace(tzinfo=None), previous=head.sha256, **vars(event)
        )
        entry.sha256 = _hash(entry)
        head.number, head.sha256 = entry.number, entry.sha256
        session.add(entry)
    _keep_outside(store, entry.number, entry.sha256)
    return entry.number


def verify(store: Store) -> int:
    """Walk the whole chain; the number of entries.

    Raises
    ------
    BrokenChainError
        An entry was changed, removed, added or moved, or the end was cut off.
    """
    previous, count, outside = _START, 0, _read_outside(_outside(store))
    with store.session() as session:
        head = session.get(AuditHead, _CHAIN)
        end = (head.number, head.sha256) if head else (0, _START)
        for entry in _entries(session):
            count += 1
            if entry.number != count:
                raise BrokenChainError(f"audit, entry {count}: missing; the next that is there is {entry.number}.")
            if entry.previous != previous or entry.sha256 != _hash(entry):
                raise BrokenChainError(f"audit, entry {count}: changed, or not the one that followed {count - 1}.")
            if outside and outside[0] == count and outside[1] != entry.sha256:
                raise BrokenChainError(f"audit, entry {count}: not the one that audit.head in the home names.")
            previous = entry.sha256
    if end != (count, previous):
        raise BrokenChainError(f"audit: ends with entry {count}, and its head says {end[0]}.")
    if outside and outside[0] > count:
        raise BrokenChainError(f"audit: ends with entry {count}, and audit.head in the home says {outside[0]}.")
    return count


def _entries(session: Session) -> Iterator[AuditEntry]:
    """All entries in their order, a page at a time."""
    last: int | None = None
    while True:
        query = select(AuditEntry).order_by(AuditEntry.number).limit(_PAGE)
        page = list(session.scalars(query if last is None else query.where(AuditEntry.number > last)))
        yield from page
        if len(page) < _PAGE:
            return
        last = page[-1].number
        session.expunge_all()


def _locked_head(session: Session) -> AuditHead:
    """The end of the chain, which nobody else moves until this transaction ends."""
    insert = postgresql.insert if session.get_bind().dialect.name == "postgresql" else sqlite.insert
    found = session.get(AuditHead, _CHAIN, with_for_update=True)
    if found is None:
        # a head that was taken away is not begun anew: the next number is where the entries end, and `verify` tells
        last = session.scalar(select(func.max(AuditEntry.number))) or 0
        row = insert(AuditHead).values(name=_CHAIN, number=last, sha256=_START)
        session.execute(row.on_conflict_do_nothing())
        found = session.get_one(AuditHead, _CHAIN, with_for_update=True)
    return found


def _hash(entry: AuditEntry) -> str:
    content = [entry.at.isoformat(), *(getattr(entry, name) for name in _FIELDS)]
    return hashlib.sha256(json.dumps(content).encode()).hexdigest()


def _outside(store: Store) -> Path:
    return store.home.root / "audit.head"


def _keep_outside(store: Store, number: int, sha256: str) -> None:
    """After the commit: a crash between both leaves an older end, which is still one of the chain."""
    place = _outside(store)
    draft = place.with_suffix(f".{os.getpid()}-{number}")
    draft.write_text(f"{number} {sha256}\n", encoding="utf-8")
    draft.replace(place)


def _read_outside(place: Path) -> tuple[int, str] | None:
    if not place.exists():
        return None
    number, sha256 = place.read_text(encoding="utf-8").split()
    return int(number), sha256
