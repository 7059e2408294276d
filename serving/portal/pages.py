"""The table of pages: path, kind of question, what it may be for, who finds it in the navigation, and its view."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from starlette.responses import Response

from serving.access.principal import Operation, Role
from serving.portal.views import groups, home, offers, own, people, record
from serving.portal.visit import Moved, Visit

__all__ = ["PAGES", "Page", "View", "page_of"]

View = Callable[[Visit], "str | Moved | Response"]
_SUPPORT = ("support", "self")
_WORK = ("work_design",)
_ANY = ("support", "self", "model_care", "oversight")


@dataclass(frozen=True)
class Page:
    """`purposes` in the order in which a role takes the first that it has; `nav` names its entry for some roles.

    Signing in and out have no view: they begin and end what a visit is.
    """

    method: Literal["GET", "POST"]
    path: str
    operation: Operation | Literal["sign_in"]
    purposes: tuple[str, ...]
    view: View | None = None
    nav: str = ""
    roles: tuple[Role, ...] = ()


PAGES: tuple[Page, ...] = (
    Page("POST", "/portal/sign-in", "sign_in", _ANY),
    Page("GET", "/portal/sign-in/back", "sign_in", _ANY),
    Page("POST", "/portal/sign-out", "portal", _ANY),
    Page("GET", "/portal", "portal", _ANY, home.home),
    Page("GET", "/portal/me", "page", _SUPPORT, own.me, "me", ("agent",)),
    Page("POST", "/portal/me", "suggest", _SUPPORT, own.suggest),
    Page("POST", "/portal/me/consent", "consent", _SUPPORT, own.decide),
    Page("GET", "/portal/offers", "offers", _SUPPORT, offers.queue, "offers", ("hr", "manager", "agent")),
    Page("GET", "/portal/offers.csv", "offers", _SUPPORT, offers.sheet),
    Page("GET", "/portal/offers.ics", "offers", _SUPPORT, offers.calendar),
    Page("GET", "/portal/offers/{number}", "offers", _SUPPORT, offers.offer),
    Page("POST", "/portal/offers/{number}", "record_offer", _SUPPORT, offers.write_down),
    Page("GET", "/portal/plan", "plan", ("support",), offers.plan, "plan", ("hr",)),
    Page("POST", "/portal/plan", "plan", ("support",), offers.keep_plan),
    Page("GET", "/portal/people", "scores", ("support",), people.listed, "people", ("hr", "manager")),
    Page("GET", "/portal/people/{agent_id}", "explanation", ("support",), people.person),
    Page("GET", "/portal/teams", "reports", _WORK, groups.teams, "teams", ("hr", "manager")),
    Page("GET", "/portal/teams/{team_id}", "reports", _WORK, groups.team),
    Page("GET", "/portal/organization", "organization", _WORK, groups.organization, "organization", ("hr",)),
    Page("GET", "/portal/feedback", "feedback", _SUPPORT, own.feedback, "feedback", ("hr", "agent")),
    Page("POST", "/portal/feedback", "feedback", _SUPPORT, own.say),
    Page("POST", "/portal/feedback/{number}", "answer_feedback", ("support",), own.answer),
    Page("GET", "/portal/suggestions", "suggestions", _WORK, own.suggestions, "suggestions", ("manager",)),
    Page("GET", "/portal/models", "models", _ANY, record.models, "models", ("hr", "data_scientist", "auditor")),
    Page("GET", "/portal/log", "log", ("oversight",), record.log, "log", ("auditor",)),
)
_BY_PATH: dict[tuple[str, str], Page] = {(page.method, page.path): page for page in PAGES}


def page_of(method: str, path: str) -> Page | None:
    """The page of a method and a path as the table has it."""
    return _BY_PATH.get((method, path))
