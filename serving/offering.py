"""What may be answered and written down about offers, without any HTTP: who asks decides which offers there are.

The wellbeing partner sees all of them. A manager sees those that are theirs to make within their own teams, of people
who share their score now; where it is not known who the manager is, those that any manager of these teams makes.
Another's offer, and the wellbeing partner's, look like none. An agent sees their own, and says yes or no to them.
Nobody sees who is held out.
"""

from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Any, Unpack

from sqlalchemy.orm import Session

from features.errors import AccessError, InputError
from features.home import Home
from serving.access import AccessPolicy, Principal
from serving.consent import decision
from serving.outreach.actions import catalog
from serving.outreach.candidates import candidates_of
from serving.outreach.contract import publish
from serving.outreach.guide import GuideSheet, guide_of, start_within
from serving.outreach.listing import Page, Which, offers_of, page_of
from serving.outreach.offers import Person, plan_within, record_within
from serving.outreach.order import Order, order_of
from serving.outreach.plan import Rules, rules_of
from serving.outreach.states import FOLLOWS, overdue
from serving.outreach.tables import Offer
from serving.settings import Settings
from serving.store import Store

__all__ = ["Offering", "UnknownOfferError", "shown_offer"]

_SHOWN = ("number", "week", "program", "team_id", "agent_id", "action", "also", "offered_by", "state", "due_on",
          "offered_at", "responded_at", "response", "done_at", "outcome")  # fmt: skip
_OF_AGENTS = frozenset({"accepted", "declined"})


class UnknownOfferError(InputError):
    """There is no such offer, or none for whom asks: both read alike."""


class Offering:
    """Offers of one home, under one policy.

    Raises
    ------
    ConfigError
        The section `outreach` of the configuration sets what it may not.
    """

    def __init__(self, home: Home, store: Store, policy: AccessPolicy, settings: Settings) -> None:
        self.home, self.store, self.policy, self.program = home, store, policy, settings.program
        self.overrides = settings.overrides()

    def listed(self, who: Principal, **which: Unpack[Which]) -> list[Offer]:
        """Every offer that this principal may see, of those that are asked for."""
        return offers_of(self.store, **self._readable(who, which))

    def page(
        self, who: Principal, limit: int, today: date, *, after: str | None = None, before: str | None = None,
        **which: Unpack[Which],
    ) -> Page:  # fmt: skip
        """The same a page at a time.

        Raises
        ------
        InputError
            `after` or `before` is no place, or both are given.
        """
        return page_of(self.store, limit, today, after=after, before=before, **self._readable(who, which))

    def one(self, who: Principal, number: int) -> Offer:
        """One offer.

        Raises
        ------
        UnknownOfferError
            There is none that this principal may see.
        """
        found = self.listed(who, number=number)
        if not found:
            raise UnknownOfferError(f"number: {number} is none of your offers; the list of offers shows them.")
        return found[0]

    def guide(self, offer: Offer) -> GuideSheet:
        """How to lead the conversation, in the words of the offer's site."""
        return guide_of(offer, self.overrides)

    def follows(self, who: Principal, offer: Offer) -> tuple[str, ...]:
        """Which states this principal may write down next."""
        return tuple(s for s in FOLLOWS[str(offer.state)] if who.role != "agent" or s in _OF_AGENTS)

    def recording(
        self, who: Principal, number: int, state: str, *, said: str | None, note: str | None, no_more: bool,
        now: datetime,
    ) -> Callable[[Session], None]:  # fmt: skip
        """What writes down, within a transaction, what became of an offer.

        Raises
        ------
        AccessError
            An agent says yes or no to their own; whether it was done and helped is asked in a conversation.
        InputError
            The state does not follow, or a field goes with another state.
        UnknownOfferError
            There is none that this principal may see.
        """
        offer = self.one(who, number)
        if who.role == "agent" and state not in _OF_AGENTS:
            raise AccessError(f"state: an agent says {' or '.join(sorted(_OF_AGENTS))}; got {state}.")
        if no_more and state != "declined":
            raise InputError(f"no_more: goes with declined, not with {state}.")
        by = "the agent" if who.role == "agent" else who.name

        def write(session: Session) -> None:
            record_within(session, number, state, now, by, start_within=self._start, said=said, note=note)
            if no_more:
                session.add(decision(offer.agent_id, "outreach", False, now))

        return write

    def order(self) -> Order:
        """Whose turn comes first in the configured program."""
        return order_of(self.home, self.program.outcome, self.program.rank)

    def people(self, week: date, order: Order) -> list[Person]:
        """Who comes in for a week, by the program's scores."""
        program = self.program
        return candidates_of(
            self.home, self.store, program.outcome, week, catalog(), self.overrides, program.least_band, order
        )

    def rules(self, week: date, capacity: int | None) -> Rules:
        """What a week keeps to: the configured program, with another capacity where one is given."""
        program = self.program
        return rules_of(
            week=week, program=program.name, capacity=program.capacity if capacity is None else capacity,
            cool_down_days=program.cool_down_days, holdout=program.holdout, seed=program.seed,
        )  # fmt: skip

    def planned(self, people: list[Person], rules: Rules, dry_run: bool, session: Session) -> list[Offer]:
        """The new offers of a week, without those who are held out; kept unless it is tried only."""
        made = plan_within(session, self.store, people, rules, dry_run)
        return [one for one in made if one.arm == "offer"]

    def publish(self) -> None:
        """Write the table `outreach` anew, for training."""
        publish(self.home, self.store)

    def _readable(self, who: Principal, which: Which) -> Which:
        """What is asked for, as far as the principal may see it."""
        about = self.policy.of(who).about
        if about == "everyone":
            return which
        if about == "self":
            others = which.get("agent") not in (None, who.agent_id)
            return {**which, "teams": ()} if others else {**which, "agent": who.agent_id}
        return {**which, "teams": who.teams, "manager": who.manager_id, "of_managers": True}

    def _start(self, offer: Offer) -> int:
        return start_within(offer, self.overrides)


def shown_offer(offer: Offer) -> dict[str, Any]:
    """An offer as it is answered, as JSON has it: no score, no reason, no arm."""
    found: dict[str, Any] = {name: getattr(offer, name) for name in _SHOWN}
    for name, value in found.items():
        if isinstance(value, datetime):
            found[name] = f"{value.isoformat(timespec='seconds')}Z"
        elif isinstance(value, date):
            found[name] = value.isoformat()
    return found | {"overdue": overdue(offer, datetime.now(UTC).date())}
