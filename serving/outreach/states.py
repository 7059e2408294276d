"""The states of an offer, and which follow which."""

from datetime import date, datetime, timedelta
from typing import Literal, get_args

from features.errors import InputError
from serving.outreach.tables import Offer

__all__ = ["FOLLOWS", "OPEN", "OUTCOMES", "Outcome", "State", "advance", "overdue"]

State = Literal["offered", "accepted", "declined", "done", "outcome"]
Outcome = Literal["helped", "helped a little", "no change", "not said"]
OUTCOMES: tuple[str, ...] = get_args(Outcome)
FOLLOWS: dict[str, tuple[State, ...]] = {
    "offered": ("accepted", "declined"),
    "accepted": ("done", "declined"),
    "declined": (),
    "done": ("outcome",),
    "outcome": (),
}
OPEN = tuple(state for state, following in FOLLOWS.items() if following)
_ASK_AFTER_DAYS = 28


def advance(offer: Offer, to: str, at: datetime, start_within_days: int, said: str | None = None) -> None:
    """Take an offer to its next state; `at` in UTC without a zone, `said` the outcome in the agent's own judgment.

    A yes is due within the days that the action takes to start; what came of it is asked four weeks after it is done.

    Raises
    ------
    InputError
        The offer is a holdout, the state does not follow, the time is before the last one, or the outcome is none.
    """
    _refuse(offer, to, at, said)
    offer.state = to
    if to in ("accepted", "declined"):
        offer.response, offer.responded_at = to, at
        offer.due_on = at.date() + timedelta(days=start_within_days) if to == "accepted" else None
    elif to == "done":
        offer.done_at, offer.due_on = at, at.date() + timedelta(days=_ASK_AFTER_DAYS)
    else:
        offer.outcome, offer.outcome_at, offer.due_on = said, at, None


def overdue(offer: Offer, today: date) -> bool:
    """Whether the next step should have been taken before today."""
    return offer.state in OPEN and offer.due_on is not None and offer.due_on < today


def _refuse(offer: Offer, to: str, at: datetime, said: str | None) -> None:
    name = f"offer {offer.number}"
    if offer.state is None:
        raise InputError(f"{name} is a holdout of program {offer.program}: nothing is offered, so nothing is recorded.")
    follows = FOLLOWS[offer.state]
    if to not in follows:
        valid = f"what may follow is {' or '.join(follows)}" if follows else "nothing follows; it is closed"
        raise InputError(f"{name} is {offer.state}, not to be made {to!r}: {valid}.")
    last = max(time for time in (offer.offered_at, offer.responded_at, offer.done_at) if time)
    if at.date() < last.date():
        raise InputError(
            f"{name}: {at:%Y-%m-%d} is before {last:%Y-%m-%d}, when it became {offer.state}; name a later day."
        )
    if (to == "outcome") != (said is not None) or (said is not None and said not in OUTCOMES):
        raise InputError(
            f"{name}: {said!r} as what was said; an outcome is {', '.join(OUTCOMES)}, and nothing else has one."
        )
