"""Who read or wrote whose data: an append-only log in which every entry carries the hash of the one before.

The hash is keyed: whoever can write to the database, and not to the folder of keys, cannot make a chain that holds.
People are named by pseudonyms that their erasure turns into nobody's, so that the chain outlives them. The end of the
chain is kept twice more: in the store, locked while entries are added, so that several processes keep one order; and in
`audit.head` in the home, so that a log cut off at its end together with that row is found too.
"""

import getpass
import hashlib
import hmac
import json
import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, delete, func, insert, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from features.errors import RespiteError
from features.home import Home
from serving.privacy.keys import Keys
from serving.privacy.pseudonyms import pseudonyms
from serving.store import Store
from serving.tables import AuditEntry, AuditHead

__all__ = [
    "PERIOD",
    "BrokenChainError",
    "Event",
    "append",
    "append_all",
    "forget_before",
    "log_command",
    "read_log",
    "verify",
]

PERIOD = "audit"  # of the pseudonyms in the log; it is not rotated, so that an agent can be told who read about them
FORGOTTEN = "audit retention"
_CHAIN_KEY = "audit-chain"
_START = "0" * 64
_CHAIN = "chain"
_PAGE = 1_000
# built once, and without objects: every request waits for an entry
_HEAD = select(AuditHead.number, AuditHead.sha256).where(AuditHead.name == _CHAIN).with_for_update()
_ADD, _MOVE = insert(AuditEntry), update(AuditHead).where(AuditHead.name == _CHAIN)
_FIELDS = ("number", "who", "what", "whom", "purpose", "model", "status", "previous")


class BrokenChainError(RespiteError):
    """The log was changed; the sentence says where."""


@dataclass(frozen=True)
class Event:
    """One access: who did what, about whom, what for, with which model, and how it ended (an HTTP status).

    `agents` are ids, kept as pseudonyms; `group` is what else it was about, such as 'team T01'. Where `who` is an agent
    themselves, `who_agent` is their id, and the log names them by their pseudonym. `by_day`: the entry has the day in
    place of the moment.
    """

    who: str
    what: str
    status: int
    agents: tuple[str, ...] = ()
    group: str = ""
    purpose: str = ""
    model: str = ""
    who_agent: str | None = None
    by_day: bool = False


def append(store: Store, event: Event, now: datetime) -> int:
    """Add an entry and return its number; whoever calls this answers only once it has returned."""
    return append_all(store, [event], now)


def log_command(home: Home, what: str, purpose: str, agents: tuple[str, ...] = (), group: str = "") -> None:
    """Write down what the command line is about to do, and by which account; what it does comes after."""
    store = Store(home)
    try:
        who = f"account {getpass.getuser()}"
        append(store, Event(who, f"respite {what}", 200, agents, group, purpose), datetime.now(UTC))
    finally:
        store.close()


def append_all(
    store: Store, events: Sequence[Event], now: datetime, also: Callable[[Session], None] | None = None
) -> int:
    """Add entries in their order, in one transaction, and return the number of the last.

    `also` is what is done to the store in the same transaction: both are there, or neither.
    """
    with store.changing() as connection:
        if also is not None:
            with Session(connection, expire_on_commit=False) as session, session.begin():
                also(session)
        number, previous = _locked_head(connection)
        keys = Keys.of(connection)
        named = {agent for event in events for agent in (*event.agents, event.who_agent) if agent}
        names, key, rows = pseudonyms(connection, named, PERIOD, keys), keys.key(_CHAIN_KEY), []
        for event in events:
            entry = _entry(event, names, now) | {"number": (number := number + 1), "previous": previous}
            previous = entry["sha256"] = _hash(entry, key)
            rows.append(entry)
        connection.execute(_ADD, rows)
        connection.execute(_MOVE, {"number": number, "sha256": previous})
    _keep_outside(store, number, previous)
    return number


def verify(store: Store) -> int:
    """Walk the whole chain; the number of its entries.

    Raises
    ------
    BrokenChainError
        An entry was changed, removed, added or moved, or an end was cut off.
    """
    outside = _read_outside(_outside(store))
    with store.session() as session:
        head = session.get(AuditHead, _CHAIN)
        end = (head.number, head.sha256) if head else (0, _START)
        first = session.scalar(select(func.min(AuditEntry.number))) or 1
        keys = Keys.of(session)
        if end[0] and _CHAIN_KEY not in keys.periods():
            raise BrokenChainError(f"audit: its key {_CHAIN_KEY}.key is not among the keys in {keys.folder}.")
        key, forgotten, last = keys.key(_CHAIN_KEY), _START, first - 1
        previous, said = _START, first == 1
        for entry in _entries(session):
            _check(entry, last + 1, key, previous if last >= first else None)
            if last < first:
                forgotten = entry["previous"]
            said = said or (entry["what"] == FORGOTTEN and entry["whom"] == f"1-{first - 1} {forgotten}")
            if outside and outside[0] == entry["number"] and outside[1] != entry["sha256"]:
                raise BrokenChainError(f"audit, entry {outside[0]}: not the one that audit.head in the home names.")
            last, previous = entry["number"], entry["sha256"]
    if not said or (first == 1 and forgotten != _START):
        raise BrokenChainError(f"audit: begins with entry {first}, and no retention says that it may.")
    if end != (last, previous):
        raise BrokenChainError(f"audit: ends with entry {last}, and its head says {end[0]}.")
    if outside and outside[0] > last:
        raise BrokenChainError(f"audit: ends with entry {last}, and audit.head in the home says {outside[0]}.")
    return last - first + 1


def read_log(store: Store, after: int, limit: int) -> dict[str, Any]:
    """A page of entries after a number, oldest first, without the hashes; `next` where there are more."""
    query = select(AuditEntry.__table__).where(AuditEntry.number > after).order_by(AuditEntry.number).limit(limit + 1)
    with store.reading() as connection:
        rows = [dict(row) for row in connection.execute(query).mappings()]
    names = ("number", "who", "what", "whom", "purpose", "model", "status")
    entries = [{name: row[name] for name in names} | {"at": f"{row['at'].isoformat()}Z"} for row in rows[:limit]]
    return {"entries": entries, "next": entries[-1]["number"] if len(rows) > limit else None}


def forget_before(store: Store, moment: datetime, now: datetime, dry_run: bool = False) -> int:
    """Delete entries from before a moment; the chain says how many, and begins anew where they ended."""
    with store.session() as session:
        old = AuditEntry.at < _naive(moment)
        last: int | None = session.scalar(select(func.max(AuditEntry.number)).where(old))
        first: int | None = session.scalar(select(func.min(AuditEntry.number)))
        if last is None or first is None:
            return 0
        if dry_run:
            return last - first + 1
        sha256 = session.get_one(AuditEntry, last).sha256
    # said first: killed between the two, the chain says more than was done, and the next run does it
    append(store, Event("retention", FORGOTTEN, 200, group=f"1-{last} {sha256}", purpose="oversight"), now)
    with store.writing() as session:
        session.execute(delete(AuditEntry).where(AuditEntry.number <= last))
    return last - first + 1


def _entry(event: Event, names: dict[str, str], now: datetime) -> dict[str, Any]:
    whom = " ".join(filter(None, [event.group, *(names[agent] for agent in event.agents)]))
    who = f"agent {names[event.who_agent]}" if event.who_agent else event.who
    kept = {"what": event.what, "purpose": event.purpose, "model": event.model, "status": event.status}
    at = datetime.combine(_naive(now), time.min) if event.by_day else _naive(now)
    return {"at": at, "who": who, "whom": whom} | kept


def _check(entry: dict[str, Any], number: int, key: bytes, previous: str | None) -> None:
    """One entry against its place, its hash, and the hash of the one before where that is there."""
    if entry["number"] != number:
        raise BrokenChainError(f"audit, entry {number}: missing; the next that is there is {entry['number']}.")
    if entry["sha256"] != _hash(entry, key) or previous not in (None, entry["previous"]):
        raise BrokenChainError(f"audit, entry {number}: changed, or not the one that followed {number - 1}.")


def _entries(session: Session) -> Iterator[dict[str, Any]]:
    """All entries in their order, a page at a time."""
    last = -1
    while True:
        query = select(AuditEntry.__table__).order_by(AuditEntry.number).limit(_PAGE).where(AuditEntry.number > last)
        page = [dict(row) for row in session.execute(query).mappings()]
        yield from page
        if len(page) < _PAGE:
            return
        last = int(page[-1]["number"])


def _locked_head(connection: Connection) -> tuple[int, str]:
    """The end of the chain, which nobody else moves until this transaction ends."""
    found = connection.execute(_HEAD).one_or_none()
    if found is None:
        insert_ = postgresql.insert if connection.dialect.name == "postgresql" else sqlite.insert
        # a head that was taken away is not begun anew: the next number is where the entries end, and `verify` tells
        last = connection.scalar(select(func.max(AuditEntry.number))) or 0
        row = insert_(AuditHead).values(name=_CHAIN, number=last, sha256=_START)
        connection.execute(row.on_conflict_do_nothing())
        found = connection.execute(_HEAD).one()
    return found.number, found.sha256


def _hash(entry: dict[str, Any], key: bytes) -> str:
    at = entry["at"]
    content = [at.isoformat() if isinstance(at, datetime) else at, *(entry[name] for name in _FIELDS)]
    return hmac.new(key, json.dumps(content).encode(), hashlib.sha256).hexdigest()


def _naive(moment: datetime) -> datetime:
    return moment.astimezone(UTC).replace(tzinfo=None)


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
