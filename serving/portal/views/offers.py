"""Offers: the queue, one offer with its guide, what became of it, and the plan of a week."""

from datetime import UTC, datetime
from typing import Any

from starlette.responses import Response

from features.errors import NotReadyError
from serving.api.offers import offer as one_offer
from serving.api.offers import offers, offers_as_calendar, offers_as_csv, record_offer
from serving.api.offers import plan as planned
from serving.outreach.actions import catalog
from serving.outreach.states import OUTCOMES
from serving.portal.browser import headers_of
from serving.portal.visit import Moved, Visit
from serving.schemas import OfNothing, OfNumber, OfOffers, OfOffersPage, PlanRequest, RecordRequest

__all__ = ["calendar", "keep_plan", "offer", "plan", "queue", "sheet", "write_down"]

_PAGE = 50


def queue(visit: Visit) -> str:
    """A page of offers, overdue first, then by the day on which the next step is due; those that are closed last."""
    given = {name: value.strip() for name in ("which", "team", "after", "before") if (value := visit.given.get(name))}
    which, team = given.get("which", "open"), given.get("team", "")
    places = {name: given.get(name) for name in ("after", "before")}
    wanted = {"team_id": team or None, "open": which == "open", "overdue": which == "overdue"}
    found = visit.read(offers(visit.desk, visit.who, OfOffersPage.model_validate(places | wanted | {"limit": _PAGE})))
    template = "own_offers.html" if visit.who.role == "agent" else "offers.html"
    filters = {"which": which} | ({"team": team} if team else {})
    return visit.page(template, page=found, filters=filters, which=which, team=team, actions=_actions())


def sheet(visit: Visit) -> Response:
    """The offers as CSV."""
    return _file(str(visit.read(offers_as_csv(visit.desk, visit.who, OfOffers()))["content"]), "text/csv", "csv")


def calendar(visit: Visit) -> Response:
    """The open offers as a calendar."""
    found = visit.read(offers_as_calendar(visit.desk, visit.who, OfOffers()))["content"]
    return _file(str(found), "text/calendar", "ics")


def offer(visit: Visit) -> str:
    """One offer: to whoever makes it with its guide, to its agent with yes and no."""
    found = visit.read(one_offer(visit.desk, visit.who, OfNumber(number=_number(visit))))
    template = "own_offer.html" if visit.who.role == "agent" else "offer.html"
    return visit.page(template, **found, outcomes=OUTCOMES, reads_people=visit.may("explanation"))


def write_down(visit: Visit) -> Moved:
    """Write down what became of an offer; fields of other states than the chosen one were left empty."""
    given = {name: value for name, value in visit.form.items() if value}
    body = RecordRequest.model_validate(given)
    record_offer(visit.desk, visit.who, OfNumber(number=_number(visit)), body)
    gone = body.no_more
    return Moved("/portal/offers" if gone else f"/portal/offers/{visit.given['number']}", "recorded")


def plan(visit: Visit) -> str:
    """What a week's plan would be; nothing is kept."""
    week = visit.given.get("week") or datetime.now(UTC).date().isoformat()
    capacity = visit.given.get("capacity") or str(visit.desk.settings.program.capacity)
    asked = PlanRequest.model_validate({"week": week, "capacity": capacity, "dry_run": True})
    made, why = None, ""
    try:
        made = visit.read(planned(visit.desk, visit.who, OfNothing(), asked))
    except NotReadyError as error:
        why = str(error)
    return visit.page(
        "plan.html", made=made, why=why, week=week, capacity=capacity, program=visit.desk.settings.program,
        actions=_actions(),
    )  # fmt: skip


def keep_plan(visit: Visit) -> Moved:
    """Plan the week, and keep it."""
    body = PlanRequest.model_validate({**visit.form, "dry_run": False})
    planned(visit.desk, visit.who, OfNothing(), body)
    return Moved("/portal/offers", "planned")


def _actions() -> dict[str, str]:
    """The name of every action, by its id."""
    return {one.id: one.name for one in catalog().actions}


def _number(visit: Visit) -> Any:
    return visit.given["number"]


def _file(content: str, media: str, ending: str) -> Response:
    name = {"Content-Disposition": f'attachment; filename="offers.{ending}"'}
    return Response(content, media_type=media, headers=headers_of("") | name)
