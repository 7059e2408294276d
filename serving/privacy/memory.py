"""The memory of releases in the store, where it names people by pseudonym only."""

import hashlib
import json
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from threading import Lock
from typing import Any

from sqlalchemy import delete, false, func, select, text
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from serving.privacy.policy import DEFAULT, PrivacyPolicy
from serving.privacy.pseudonyms import pseudonyms
from serving.privacy.releases import Release, Releases
from serving.privacy.tables import CohortRow, ReleaseRow
from serving.store import Base, Store

__all__ = ["PERIOD", "Memory", "forget_old", "load", "releases_of", "save"]

Counts = dict[tuple[str, date], int]  # releases of a quantity and a date
PERIOD = "releases"  # this key lives as long as the memory: rotating it would forget what was shown


@contextmanager
def releases_of(store: Store, agent_ids: Iterable[str], policy: PrivacyPolicy = DEFAULT) -> Iterator[Releases]:
    """The memory of a store; what the body releases is remembered before anyone can read it, or the body fails."""
    agents = list(agent_ids)
    with store.writing() as session:
        _alone(session)
        found = Releases(policy, load(session, agents))
        before = set(found.shown)
        yield found
        save(session, [release for release in found.shown if release not in before])


class Memory:
    """The memory of a store for many pages: read once, then only what others remembered since. Threads may share it.

    Parameters
    ----------
    agent_ids
        People who can be in a cohort; others are known by pseudonym.
    """

    def __init__(self, store: Store, agent_ids: Iterable[str], policy: PrivacyPolicy = DEFAULT) -> None:
        self.store, self.policy, self.agents = store, policy, frozenset(agent_ids)
        self._lock = Lock()
        self._forget()

    def _forget(self) -> None:
        self._found = Releases(self.policy)
        self._counts: Counts = {}

    @contextmanager
    def releases(self) -> Iterator[Releases]:
        """As `releases_of`."""
        with self._lock, self.store.writing() as session:
            _alone(session)
            try:
                self._catch_up(session)
                before = len(self._found.shown)
                yield self._found
                save(session, self._found.shown[before:])
                self._counts = _counts(session)
            except BaseException:
                self._forget()  # what was not remembered was not shown
                raise

    def _catch_up(self, session: Session) -> None:
        """Read the dates and quantities of which there are more, or fewer, than we know of."""
        counts = _counts(session)
        if any(self._counts[key] > counts.get(key, 0) for key in self._counts):
            self._forget()  # something was deleted
        changed = {key for key, count in counts.items() if self._counts.get(key) != count}
        if changed:
            known = set(self._found.shown)
            days = {day for _, day in changed}
            self._found.shown += [one for one in load(session, self.agents, days) if one not in known]
        self._counts = counts


def _counts(session: Session) -> Counts:
    columns = (ReleaseRow.quantity, ReleaseRow.as_of)
    found = session.execute(select(*columns, func.count()).group_by(*columns))
    return {(quantity, day): count for quantity, day, count in found}


def _alone(session: Session) -> None:
    """Let nobody else decide until this transaction ends: two pages, each fine alone, may not be together."""
    if session.get_bind().dialect.name == "postgresql":
        session.execute(text("LOCK TABLE releases IN EXCLUSIVE MODE"))
    else:
        session.execute(delete(ReleaseRow).where(false()))  # SQLite locks with the first statement that could write


def load(session: Session, agent_ids: Iterable[str], days: Iterable[date] | None = None) -> list[Release]:
    """What was shown, with people by agent id where they are among `agent_ids`, else by pseudonym.

    `days` are the dates that are wanted; all where it is None.
    """
    wanted = select(ReleaseRow.quantity, ReleaseRow.as_of, ReleaseRow.group, ReleaseRow.digest)
    if days is not None:
        wanted = wanted.where(ReleaseRow.as_of.in_(sorted(days)))
    rows = session.execute(wanted.order_by(ReleaseRow.as_of, ReleaseRow.group, ReleaseRow.digest)).all()
    if not rows:
        return []
    names = {name: agent_id for agent_id, name in pseudonyms(session, agent_ids, PERIOD).items()}
    digests = {row.digest for row in rows}
    cohorts = {
        row.digest: frozenset(names.get(name, name) for name in row.people)
        for row in session.scalars(select(CohortRow))
        if row.digest in digests
    }
    return [Release(row.quantity, row.as_of, row.group, cohorts[row.digest]) for row in rows]


def save(session: Session, releases: Iterable[Release]) -> None:
    """Remember releases; those whose people left before are known by pseudonym already."""
    new = list(releases)
    agents = {name for people in {release.people for release in new} for name in people if not name.startswith("P-")}
    names = pseudonyms(session, agents, PERIOD)
    listed = {people: _listed(people, names) for people in {release.people for release in new}}
    digests = {people: _digest(found) for people, found in listed.items()}
    _add(session, CohortRow, [{"digest": digests[people], "people": found} for people, found in listed.items()])
    _add(session, ReleaseRow, [_row(release) | {"digest": digests[release.people]} for release in new])


def _row(release: Release) -> dict[str, Any]:
    return {"quantity": release.quantity, "as_of": release.as_of, "group": release.group}


def _add(session: Session, table: type[Base], rows: list[dict[str, Any]]) -> None:
    """Add the rows that are not there yet, all at once: one by one takes most of the time of a page."""
    if rows:
        insert = postgresql.insert if session.get_bind().dialect.name == "postgresql" else sqlite.insert
        session.execute(insert(table).on_conflict_do_nothing(), rows)


def forget_old(session: Session, today: date, policy: PrivacyPolicy) -> int:
    """Delete releases that are older than the memory, and cohorts that none names any more; how many releases."""
    old = ReleaseRow.as_of < today - timedelta(days=policy.memory_days)
    found = len(session.scalars(select(ReleaseRow.as_of).where(old)).all())
    session.execute(delete(ReleaseRow).where(old))
    session.execute(delete(CohortRow).where(CohortRow.digest.not_in(select(ReleaseRow.digest))))
    return found


def _listed(people: Iterable[str], names: dict[str, str]) -> list[str]:
    return sorted(names.get(name, name) for name in people)


def _digest(people: list[str]) -> str:
    return hashlib.sha256(json.dumps(people).encode()).hexdigest()
