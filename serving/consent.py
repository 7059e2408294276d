"""What agents allowed or refused, and the switches that people turned: asked before anything is scored or shown."""

from collections.abc import Iterable, Sequence
from contextlib import nullcontext
from datetime import UTC, datetime
from typing import Literal

from sqlalchemy import Connection, Select, func, select

from features.errors import NotReadyError
from serving.store import Consent, Store, Switch

__all__ = [
    "STOP",
    "StoppedError",
    "agreed",
    "deciding",
    "decision",
    "may_score",
    "record",
    "refuse_when_stopped",
    "turn",
]

What = Literal["scoring", "share_with_manager", "outreach"]
STOP = "stop"
_STOP = select(Switch.__table__).where(Switch.name == STOP)


class StoppedError(NotReadyError):
    """Someone stopped Respite, and said why."""


def record(store: Store, agent_id: str, what: What, granted: bool, now: datetime) -> None:
    """Write down what an agent decided; former decisions are kept as history."""
    with store.writing() as session:
        session.add(decision(agent_id, what, granted, now))


def decision(agent_id: str, what: What, granted: bool, now: datetime) -> Consent:
    """The row that says what an agent decided."""
    return Consent(agent_id=agent_id, what=what, granted=granted, at=_naive(now))


def agreed(store: Store, what: What, agent_ids: Sequence[str] | None = None) -> dict[str, bool]:
    """The newest decision of everyone who decided, or of those of some agents who did."""
    newest = _newest(what)
    if agent_ids is not None:
        newest = newest.where(Consent.agent_id.in_(agent_ids))
    with store.session() as session:
        rows = session.execute(select(Consent.agent_id, Consent.granted).where(Consent.number.in_(newest)))
        return {row.agent_id: row.granted for row in rows}


def deciding(what: What, granted: bool) -> Select[str]:
    """Agents whose newest decision is a yes, or a no: a part of other queries."""
    return select(Consent.agent_id).where(Consent.number.in_(_newest(what)), Consent.granted.is_(granted))


def may_score(store: Store, agent_ids: Iterable[str]) -> set[str]:
    """Those of them who did not opt out of being scored; who said nothing may be scored."""
    decided = agreed(store, "scoring")
    return {agent for agent in agent_ids if decided.get(agent, True)}


def turn(store: Store, on: bool, reason: str, by: str, now: datetime, name: str = STOP) -> None:
    """Turn a switch; `STOP` on means that nothing is scored and nothing is answered."""
    with store.writing() as session:
        session.merge(Switch(name=name, on=on, reason=reason, by=by, at=_naive(now)))


def refuse_when_stopped(store: Store, connection: Connection | None = None) -> None:
    """Go on only where nobody stopped Respite; `connection` is one of the store that is open already.

    Raises
    ------
    StoppedError
        It was stopped; the sentence says by whom, when and why.
    """
    with nullcontext(connection) if connection else store.reading() as open_:
        found = open_.execute(_STOP).one_or_none()
    if found is not None and found.on:
        raise StoppedError(f"Respite was stopped by {found.by} on {found.at:%Y-%m-%d %H:%M} UTC: {found.reason}")


def _newest(what: What) -> Select[int]:
    return select(func.max(Consent.number)).where(Consent.what == what).group_by(Consent.agent_id)


def _naive(now: datetime) -> datetime:
    return now.astimezone(UTC).replace(tzinfo=None)
