"""The first page: what waits for whoever signed in, and where everything is."""

from serving.api.offers import offers
from serving.api.voices import all_feedback
from serving.consent import StoppedError, refuse_when_stopped
from serving.portal.visit import Visit
from serving.schemas import OfFeedback, OfOffersPage

__all__ = ["home"]

_MOST = 1_000


def home(visit: Visit) -> str:
    """Entries of the navigation, each with what waits there; or who stopped Respite, and why."""
    try:
        refuse_when_stopped(visit.desk.store)
        stopped, waiting = "", _waiting(visit)
    except StoppedError as error:
        stopped, waiting = str(error), {}
    entries = [one for one in visit.entries() if one["path"] != visit.path]
    return visit.page("home.html", entries=entries, waiting=waiting, stopped=stopped, role=visit.who.role)


def _waiting(visit: Visit) -> dict[str, int]:
    """How many wait: for a partner or a manager what is overdue, for an agent what asks for an answer."""
    found: dict[str, int] = {}
    if visit.may("offers"):
        own = visit.who.role == "agent"
        made = offers(visit.desk, visit.who, OfOffersPage(open=own, overdue=not own, limit=_MOST)).body
        found["offers"] = sum(one["state"] == "offered" for one in made["offers"]) if own else made["total"]
    if visit.may("answer_feedback"):
        asked = OfFeedback(state="open", limit=_MOST)
        found["feedback"] = len(all_feedback(visit.desk, visit.who, asked).body["feedback"])
    return found
