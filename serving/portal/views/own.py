"""An agent's own page with what they can decide and say; feedback, for those who give it and those who answer it."""

from serving.api.offers import offers
from serving.api.pages import own_page
from serving.api.routes import consent
from serving.api.voices import all_feedback, answer_feedback, feedback_of_agent, give_feedback
from serving.consent import agreed
from serving.portal.visit import Moved, Visit
from serving.schemas import (
    AnswerRequest,
    ConsentRequest,
    FeedbackRequest,
    OfFeedback,
    OfNumber,
    OfOffersPage,
    Oneself,
)

__all__ = ["answer", "decide", "feedback", "me", "say"]

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
    forms = visit.fragment("own_forms.html", decided=decided, waiting=waiting)
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
        return visit.page("feedback.html", feedback=found, answers=True)
    found = visit.read(feedback_of_agent(visit.desk, visit.who, _own(visit)))["feedback"]
    return visit.page("feedback.html", feedback=found, answers=False)


def say(visit: Visit) -> Moved:
    """An agent contests, corrects or adds."""
    give_feedback(visit.desk, visit.who, _own(visit), FeedbackRequest.model_validate(visit.form))
    return Moved("/portal/feedback", "given")


def answer(visit: Visit) -> Moved:
    """The wellbeing partner answers."""
    body = AnswerRequest.model_validate(visit.form)
    answer_feedback(visit.desk, visit.who, OfNumber.model_validate(visit.given), body)
    return Moved("/portal/feedback", "answered")


def _own(visit: Visit) -> Oneself:
    """Whoever asks; without an id of an agent there is nobody, and the API's rule refuses."""
    return Oneself(agent_id=visit.who.agent_id or "nobody")
