"""The memory of releases in the store, where it names people by pseudonym only."""

import hashlib
import json
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import date, timedelta

from sqlalchemy import delete, false, select, text
from sqlalchemy.orm import Session

from serving.privacy.policy import DEFAULT, PrivacyPolicy
from serving.privacy.pseudonyms import pseudonyms
from serving.privacy.releases import Release, Releases
from serving.privacy.tables import CohortRow, ReleaseRow
from serving.store import Store

__all__ = ["PERIOD", "forget_old", "load", "releases_of", "save"]

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


def _alone(session: Session) -> None:
    """Let nobody else decide until this transaction ends: two pages, each fine alone, may not be together."""
    if session.get_bind().dialect.name == "postgresql":
        session.execute(text("LOCK TABLE releases IN EXCLUSIVE MODE"))
    else:
        session.execute(delete(ReleaseRow).where(false()))  # SQLite locks with the first statement that could write


def load(session: Session, agent_ids: Iterable[str]) -> list[Release]:
    """What was shown, with people by agent id where they are among `agent_ids`, else by pseudonym."""
    names = {name: agent_id for agent_id, name in pseudonyms(session, agent_ids, PERIOD).items()}
    rows = session.scalars(select(ReleaseRow)).all()
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
    agents = {name for release in new for name in release.people if not name.startswith("P-")}
    names = pseudonyms(session, agents, PERIOD)
    for people in {release.people for release in new}:
        listed = _listed(people, names)
        session.merge(CohortRow(digest=_digest(listed), people=listed))
    session.flush()
    for release in new:
        row = {"quantity": release.quantity, "as_of": release.as_of, "group": release.group}
        session.merge(ReleaseRow(**row, digest=_digest(_listed(release.people, names))))


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
