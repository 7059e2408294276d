"""An agent's own page with what they can decide and say; feedback, for those who give it and those who answer it."""

from typing import Any

from serving.api.offers import offers
from serving.api.pages import own_page
from serving.api.routes import consent
from serving.api.suggestions import suggest as give_suggestion
from serving.api.suggestions import suggestions as read
from serving.api.voices import all_feedback, answer_feedback, feedback_of_agent, give_feedback
from serving.consent import agreed
from serving.portal.visit import Moved, Visit
from serving.schemas import (
    AnswerRequest,
    ConsentRequest,
    FeedbackRequest,
    OfFeedback,
    OfNothing,
    OfNumber,
    OfOffersPage,
    OfSuggestions,
    Oneself,
    SuggestionRequest,
)

__all__ = ["answer", "decide", "feedback", "me", "say", "suggest", "suggestions"]

_MOST = 200
# what counts where an agent decided nothing
DEFAULTS = {"share_with_manager": False, "scoring": True, "outreach": True}


def me(visit: Visit) -> str:
    """What is on record, what was computed, and the forms to correct, contest, add, share, and refuse."""
    agent, decided = _own(visit), {}
    for what, default in DEFAULTS.items():
        decided[what] = agreed(visit.desk.store, what, [agent.agent_id]).get(agent.agent_id, default)  # type: ignore[arg-type] # the three that there are
    offered = visit.read(offers(visit.desk, visit.who, OfOffersPage(open=True, limit=_MOST)))["offers"]
    waiting = [one for one in offered if one["state"] == "offered"]
    minimum, may = visit.desk.settings.privacy.minimum_group, visit.may("suggest")
    forms = visit.fragment("own_forms.html", decided=decided, waiting=waiting, may_suggest=may, minimum=minimum)
    header = visit.header() + visit.fragment("notice.html", notice=visit.notice())
    answer = own_page(visit.desk, visit.who, agent, header=header, forms=forms)
    return str(visit.read(answer)["content"])


def decide(visit: Visit) -> Moved:
    """An agent decides about being scored, sharing, or being offered support."""
    body = ConsentRequest.model_validate(visit.form)
    consent(visit.desk, visit.who, _own(visit), body)
    return Moved("/portal/me", f"{body.what}_{'yes' if body.granted else 'no'}")


def feedback(visit: Visit) -> str:
    """An agent's own words with their answers; for the wellbeing partner everyone's, those that wait first."""
    if visit.may("answer_feedback"):
        found = visit.read(all_feedback(visit.desk, visit.who, OfFeedback(limit=_MOST)))["feedback"]
        found.sort(key=lambda one: one["state"] != "open")
        suggested = _suggested(visit) if visit.may("suggestions") else None
        return visit.page("feedback.html", feedback=found, answers=True, suggested=suggested)
    found = visit.read(feedback_of_agent(visit.desk, visit.who, _own(visit)))["feedback"]
    return visit.page("feedback.html", feedback=found, answers=False, suggested=None)


def say(visit: Visit) -> Moved:
    """An agent contests, corrects or adds."""
    give_feedback(visit.desk, visit.who, _own(visit), FeedbackRequest.model_validate(visit.form))
    return Moved("/portal/feedback", "given")


def suggest(visit: Visit) -> str:
    """An agent suggests something. A page and no way on to another, which the log would have beside it, with a name."""
    body = SuggestionRequest.model_validate(visit.form)
    return visit.page("suggested.html", **give_suggestion(visit.desk, visit.who, OfNothing(), body).body)


def suggestions(visit: Visit) -> str:
    """What is suggested; to a manager what own teams do, where there is enough of it to be together."""
    minimum, together = visit.desk.settings.privacy.minimum_group, visit.who.role == "manager"
    return visit.page("suggestions.html", suggested=_suggested(visit), minimum=minimum, together=together)


def answer(visit: Visit) -> Moved:
    """The wellbeing partner answers."""
    body = AnswerRequest.model_validate(visit.form)
    answer_feedback(visit.desk, visit.who, OfNumber.model_validate(visit.given), body)
    return Moved("/portal/feedback", "answered")


def _suggested(visit: Visit) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = visit.read(read(visit.desk, visit.who, OfSuggestions(limit=_MOST)))["suggestions"]
    return found


def _own(visit: Visit) -> Oneself:
    """Whoever asks; without an id of an agent there is nobody, and the API's rule refuses."""
    return Oneself(agent_id=visit.who.agent_id or "nobody")
