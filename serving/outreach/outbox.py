"""Notices that wait: written down before they are sent, and kept until they arrive or are overtaken by events."""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from serving.consent import refuse_when_stopped
from serving.outreach.listing import WELLBEING, offers_of
from serving.outreach.states import overdue
from serving.outreach.tables import Offer, OutboxRow
from serving.outreach.webhook import Notice, Receiver, UndeliveredError, deliver
from serving.store import Store

__all__ = ["Sent", "enqueue", "send_waiting", "waiting"]


@dataclass(frozen=True)
class Sent:
    """What one round of sending did; `errors` are the sentences of those that did not arrive."""

    sent: int
    waiting: int
    errors: tuple[str, ...]


def enqueue(store: Store, today: date, now: datetime) -> int:
    """Write down what is to be told by a day, each once: offers of weeks that have begun, and steps that are overdue.

    A notice that was not sent and whose step has been taken meanwhile is dropped.

    Returns
    -------
    int
        How many are new.
    """
    begun = [one for one in offers_of(store, still_open=True) if one.week <= today]
    with store.writing() as session:
        _drop_overtaken(session, begun)
        rows = session.execute(select(OutboxRow.offer, OutboxRow.kind, OutboxRow.due_on)).all()
        there = {(offer, kind, due) for offer, kind, due in rows}
        fresh = [row for offer in begun for row in _due(offer, today, now) if _key(row) not in there]
        session.add_all(fresh)
    return len(fresh)


def waiting(store: Store) -> list[OutboxRow]:
    """Notices that did not arrive yet, oldest first."""
    with store.session() as session:
        return list(session.scalars(select(OutboxRow).where(OutboxRow.sent_at.is_(None)).order_by(OutboxRow.number)))


def send_waiting(
    store: Store, receiver: Receiver, *, clock: Callable[[], datetime], sleep: Callable[[float], None]
) -> Sent:
    """Deliver what waits, and write down what came of each before the next.

    Where the receiver does not answer, the rest waits for the next round; where it refuses one, the others are tried.

    Raises
    ------
    StoppedError
        Someone stopped Respite.
    """
    refuse_when_stopped(store)
    sent, errors = 0, []
    for row in waiting(store):
        notice = Notice.model_validate_json(json.dumps(row.notice))
        try:
            tries = deliver(receiver, notice, _delivery(notice), clock=clock, sleep=sleep)
        except UndeliveredError as error:
            _note(store, row, error.tries, None, str(error))
            errors.append(str(error))
            if not error.refused:
                break
        else:
            _note(store, row, tries, clock(), None)
            sent += 1
    return Sent(sent, len(waiting(store)), tuple(errors))


def _due(offer: Offer, today: date, now: datetime) -> list[OutboxRow]:
    """What is to be told about an open offer."""
    kinds = (["offer"] if offer.state == "offered" else []) + (["overdue"] if overdue(offer, today) else [])
    return [_row(offer, kind, now) for kind in kinds]


def _row(offer: Offer, kind: str, now: datetime) -> OutboxRow:
    notice = Notice.model_validate(
        {
            "kind": kind,
            "offer": offer.number,
            "reference": offer.uid,
            "desk": WELLBEING if offer.offered_by == WELLBEING else "manager",
            "due_on": offer.due_on,
            "text": f"A conversation about support is {'planned' if kind == 'offer' else 'overdue'}.",
        }
    )
    return OutboxRow(
        offer=offer.number,
        agent_id=offer.agent_id,
        kind=kind,
        due_on=notice.due_on,
        notice=notice.model_dump(mode="json"),
        created_at=now.astimezone(UTC).replace(tzinfo=None),
    )


def _key(row: OutboxRow) -> tuple[int, str, date]:
    return row.offer, row.kind, row.due_on


def _drop_overtaken(session: Session, begun: Sequence[Offer]) -> None:
    """Unsent notices of offers that were closed or withdrawn, or whose next step is due another day."""
    due = {(one.number, one.due_on) for one in begun}
    for row in session.scalars(select(OutboxRow).where(OutboxRow.sent_at.is_(None))):
        if (row.offer, row.due_on) not in due:
            session.delete(row)


def _delivery(notice: Notice) -> str:
    return f"{notice.reference}-{notice.kind}-{notice.due_on:%Y%m%d}"


def _note(store: Store, row: OutboxRow, tries: int, sent: datetime | None, error: str | None) -> None:
    values = {
        "tries": OutboxRow.tries + tries,
        "sent_at": sent and sent.astimezone(UTC).replace(tzinfo=None),
        "error": error,
    }
    with store.writing() as session:
        session.execute(update(OutboxRow).where(OutboxRow.number == row.number).values(values))
