"""Offers in the store: a week's plan becomes rows, and rows go from state to state."""

import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import cast

from sqlalchemy import select, text
from sqlalchemy.orm import Session

from features.errors import InputError
from serving.consent import agreed, refuse_when_stopped
from serving.outreach.listing import WELLBEING
from serving.outreach.plan import Arm, Candidate, Entry, Former, Rules, plan
from serving.outreach.states import advance
from serving.outreach.tables import Offer, OfferNote
from serving.store import Store

__all__ = [
    "NOTE_LENGTH",
    "Person",
    "find",
    "notes_of",
    "plan_week",
    "plan_within",
    "record",
    "record_within",
    "turns_of",
]

NOTE_LENGTH = 280
_LOCK = 5_701_914
_DAYS_TO_OFFER = 6


@dataclass(frozen=True)
class Person:
    """A candidate with their post, and the actions that fit: the first is offered, the others are at hand."""

    agent_id: str
    manager_id: str
    team_id: str
    site_id: str
    rank: float
    actions: tuple[str, ...]


def plan_week(store: Store, people: Sequence[Person], rules: Rules, dry_run: bool = False) -> list[Offer]:
    """Make the plan of a week and keep it, in a transaction of its own; see `plan_within`."""
    with store.writing() as session:
        return plan_within(session, store, people, rules, dry_run)


def plan_within(
    session: Session, store: Store, people: Sequence[Person], rules: Rules, dry_run: bool = False
) -> list[Offer]:
    """Make the plan of a week and keep it; what of it is new, in its order. Twice is once.

    An offer is made by the manager where the agent shares with them, else by the wellbeing partner: who is in a plan
    says something about a score.

    Raises
    ------
    StoppedError
        Someone stopped Respite.
    InputError
        An agent is there twice.
    """
    refuse_when_stopped(store)
    shares, refused = agreed(store, "share_with_manager"), _refused(store)
    by_agent = {one.agent_id: one for one in people}
    if store.engine.dialect.name == "postgresql":
        session.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})
    candidates = [Candidate(one.agent_id, one.manager_id, one.rank) for one in people]
    entries = plan(candidates, _former(session), refused, rules)
    made = [_offer(entry, by_agent[entry.agent_id], rules, shares) for entry in entries]
    if not dry_run:
        session.add_all(made)
    return made


def record(
    store: Store, number: int, state: str, at: datetime, by: str, *, start_within: Callable[[Offer], int],
    said: str | None = None, note: str | None = None,
) -> Offer:  # fmt: skip
    """Write down what became of an offer, in a transaction of its own; see `record_within`."""
    with store.writing() as session:
        return record_within(session, number, state, at, by, start_within=start_within, said=said, note=note)


def record_within(
    session: Session, number: int, state: str, at: datetime, by: str, *, start_within: Callable[[Offer], int],
    said: str | None = None, note: str | None = None,
) -> Offer:  # fmt: skip
    """Write down what became of an offer; a note belongs to an outcome and is kept apart.

    Raises
    ------
    InputError
        There is no such offer, the state does not follow, or the note is too long or belongs to no outcome.
    """
    if note is not None and (state != "outcome" or not 0 < len(note.strip()) <= NOTE_LENGTH):
        raise InputError(
            f"--note: a note of 1 to {NOTE_LENGTH} letters belongs to an outcome; got {len(note)} with {state}."
        )
    time = _naive(at)
    offer = _made(session.get(Offer, number, with_for_update=True), number)
    advance(offer, state, time, start_within(offer), said)
    offer.recorded_by = by
    if note is not None:
        session.add(OfferNote(offer=number, agent_id=offer.agent_id, note=note.strip(), by=by, at=time))
    return offer


def find(store: Store, number: int) -> Offer:
    """One offer by its number.

    Raises
    ------
    InputError
        There is none, or it is a holdout.
    """
    with store.session() as session:
        return _made(session.get(Offer, number), number)


def turns_of(store: Store) -> list[Offer]:
    """Every offer and every holdout, oldest first: for the study of effects, and not for those who make offers."""
    with store.session() as session:
        return list(session.scalars(select(Offer).order_by(Offer.week, Offer.number)))


def notes_of(store: Store, number: int) -> list[OfferNote]:
    """What was noted about the outcome of an offer."""
    with store.session() as session:
        return list(session.scalars(select(OfferNote).where(OfferNote.offer == number).order_by(OfferNote.number)))


def _made(offer: Offer | None, number: int) -> Offer:
    """A holdout is answered for like a number that nobody has."""
    if offer is None or offer.arm == "holdout":
        raise InputError(f"--offer {number}: no such offer; `respite outreach list` shows them.")
    return offer


def _refused(store: Store) -> set[str]:
    """Who opted out of being scored, or wants no offers."""
    decided = (agreed(store, "scoring"), agreed(store, "outreach"))
    return {agent for decisions in decided for agent, granted in decisions.items() if not granted}


def _former(session: Session) -> list[Former]:
    columns = (Offer.agent_id, Offer.manager_id, Offer.program, Offer.arm, Offer.week)
    rows = session.execute(select(*columns)).all()
    return [Former(agent, manager, program, cast(Arm, arm), week) for agent, manager, program, arm, week in rows]


def _offer(entry: Entry, person: Person, rules: Rules, shares: dict[str, bool]) -> Offer:
    """Offered from the week's first hour on, in both arms alike, since effects are counted from there."""
    offered, by_manager = entry.arm == "offer", shares.get(entry.agent_id, False)
    return Offer(
        uid=secrets.token_hex(16),
        agent_id=entry.agent_id,
        manager_id=entry.manager_id,
        team_id=person.team_id,
        site_id=person.site_id,
        program=rules.program,
        week=rules.week,
        arm=entry.arm,
        action=person.actions[0],
        also=list(person.actions[1:]),
        state="offered" if offered else None,
        offered_by=(entry.manager_id if by_manager else WELLBEING) if offered else None,
        offered_at=datetime.combine(rules.week, datetime.min.time()),
        due_on=rules.week + timedelta(days=_DAYS_TO_OFFER) if offered else None,
    )


def _naive(now: datetime) -> datetime:
    return now.astimezone(UTC).replace(tzinfo=None)
