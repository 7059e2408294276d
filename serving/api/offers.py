"""Routes about offers of support: who may see which is decided in `serving.offering`."""

from datetime import UTC, date, datetime
from typing import Any

from sqlalchemy.orm import Session

from serving.access import Principal
from serving.api.asked import with_entry
from serving.api.desk import Desk
from serving.api.route import Route
from serving.offering import shown_offer
from serving.outreach.ics import calendar
from serving.outreach.listing import Which
from serving.outreach.sheet import csv_of
from serving.outreach.tables import Offer
from serving.schemas import (
    USE,
    OfferResponse,
    OffersPageResponse,
    OffersResponse,
    OfNothing,
    OfNumber,
    OfOffers,
    OfOffersPage,
    PlanRequest,
    PlanResponse,
    RecordRequest,
)
from serving.scoring import Answer

__all__ = ["OFFER_ROUTES", "offer", "offers", "plan", "record_offer"]


def offers(desk: Desk, who: Principal, question: OfOffersPage) -> Answer:
    """A page of the offers about which the role reads, what is due soonest first: all of them, or own ones."""
    found = desk.offering.page(
        who, question.limit, _today(), after=question.after, before=question.before, **_which(question)
    )
    counts = {"total": found.total, "overdue": found.overdue, "earlier": found.before}
    places = {"previous": found.previous, "next": found.next}
    body = {"offers": [shown_offer(one) for one in found.offers], **counts, **places, "use": USE}
    return Answer(body, _agents(found.offers), "offers")


def offer(desk: Desk, who: Principal, question: OfNumber) -> Answer:
    """One offer with its conversation guide, in the words of its site."""
    found = desk.offering.one(who, question.number)
    guide = desk.offering.guide(found).as_dict()
    follows = list(desk.offering.follows(who, found))
    body = {"offer": shown_offer(found), "follows": follows, "guide": guide, "use": USE}
    return Answer(body, (found.agent_id,), f"offer {found.number}")


def record_offer(desk: Desk, who: Principal, question: OfNumber, body: RecordRequest) -> Answer:
    """Write down what became of an offer; an agent says yes or no to their own."""
    given, now = body.model_dump(), datetime.now(UTC)
    write = desk.offering.recording(who, question.number, given.pop("state"), now=now, **given)
    before = desk.offering.one(who, question.number)
    with_entry(desk.store, Answer({}, (before.agent_id,), f"offer {before.number}: {body.state}"), write)
    desk.offering.publish()
    # whoever stopped sharing meanwhile is not shown to a manager any more; what was written stands
    after = desk.offering.listed(who, number=before.number)
    return Answer({"offers": [shown_offer(one) for one in after], "use": USE}, (before.agent_id,))


def plan(desk: Desk, who: Principal, _: OfNothing, body: PlanRequest) -> Answer:
    """Plan a week under capacity, cool-down and consent, or show what would be planned; who is held out is not told."""
    rules, made = desk.offering.rules(body.week, body.capacity), list[Offer]()
    order = desk.offering.order()
    people = desk.offering.people(rules.week, order)

    def write(session: Session) -> None:
        made.extend(desk.offering.planned(people, rules, body.dry_run, session))

    tried = "tried" if body.dry_run else "kept"
    entry = Answer({}, group=f"everyone on the roster, program {rules.program}, week of {rules.week}, {tried}")
    with_entry(desk.store, entry, write)
    if not body.dry_run:
        desk.offering.publish()
    said: dict[str, Any] = {"week": rules.week.isoformat(), "program": rules.program, "capacity": rules.capacity}
    said |= {"ranked_by": order.by, "why": order.why}
    return Answer(said | {"dry_run": body.dry_run, "offers": [shown_offer(one) for one in made], "use": USE})


def offers_as_csv(desk: Desk, who: Principal, question: OfOffers) -> Answer:
    """All of them as a sheet; what a spreadsheet would run as a formula begins with an apostrophe."""
    found = desk.offering.listed(who, **_which(question))
    return Answer({"content": csv_of(found, _today())}, _agents(found), "offers")


def offers_as_calendar(desk: Desk, who: Principal, question: OfOffers) -> Answer:
    """The open ones as calendar entries, which name nobody."""
    found = desk.offering.listed(who, **_which(question))
    return Answer({"content": calendar(found)}, _agents(found), "offers")


def _which(question: OfOffers) -> Which:
    return {
        "team": question.team_id,
        "agent": question.agent_id,
        "overdue_on": _today() if question.overdue else None,
        "still_open": question.open,
    }


def _agents(found: list[Offer]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(one.agent_id for one in found))


def _today() -> date:
    return datetime.now(UTC).date()


_ONE = "/v1/offers/{number}"
OFFER_ROUTES: tuple[Route, ...] = (
    Route("GET", "/v1/offers", "offers", OfOffersPage, OffersPageResponse, offers, computes=True),
    Route("GET", "/v1/offers.csv", "offers", OfOffers, None, offers_as_csv, computes=True, media="text/csv"),
    Route("GET", "/v1/offers.ics", "offers", OfOffers, None, offers_as_calendar, computes=True, media="text/calendar"),
    Route("POST", "/v1/offers/plan", "plan", OfNothing, PlanResponse, plan, PlanRequest, computes=True),
    Route("GET", _ONE, "offers", OfNumber, OfferResponse, offer, computes=True),
    Route("PUT", f"{_ONE}/state", "record_offer", OfNumber, OffersResponse, record_offer, RecordRequest, computes=True),
)
