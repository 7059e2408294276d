"""Routes of suggestions about the work: agents give them without a name, HR and managers read them."""

from datetime import UTC, datetime
from typing import Any

from features.raw import rows
from serving.access import Principal, refuse_person
from serving.api.asked import with_entry
from serving.api.desk import Desk
from serving.api.route import Route
from serving.feedback.origin import Origin, Post, origins
from serving.feedback.suggestions import keep, read_from, suggestions_of, suggestions_shared
from serving.feedback.tables import Suggestion
from serving.outreach.candidates import posts_on
from serving.schemas import (
    OfNothing,
    OfSuggestions,
    SuggestionRequest,
    SuggestionResponse,
    SuggestionsResponse,
)
from serving.scoring import Answer

__all__ = ["SUGGESTION_ROUTES", "suggest", "suggestions"]


def suggest(desk: Desk, who: Principal, _: OfNothing, body: SuggestionRequest) -> Answer:
    """An agent suggests something about the work. It carries no name, so that nobody can find it again or erase it."""
    agent, now = str(who.agent_id), datetime.now(UTC)
    origin = _origin(desk, agent, now)
    said = {"read_from": read_from(now).isoformat(), **origin._asdict()}
    entry = Answer(said, group="a suggestion")
    return with_entry(desk.store, entry, lambda session: keep(session, agent, body.said, origin, now))


def suggestions(desk: Desk, who: Principal, question: OfSuggestions) -> Answer:
    """Suggestions of weeks that are over: all of them, or those of own teams where there are enough to be together."""
    now, team = datetime.now(UTC), question.team_id
    if who.role != "manager":
        found = [_shown(one) for one in suggestions_of(desk.store, team, question.limit, now)]
        return Answer({"suggestions": found}, group="suggestions")
    if team is not None and team not in who.teams:
        raise refuse_person(desk.scoring.policy, who, f"team {team}")
    teams = who.teams if team is None else {team}
    minimum = desk.settings.privacy.minimum_group
    shared = suggestions_shared(desk.store, teams, minimum, question.limit, now)
    return Answer({"suggestions": [_shown(one) | {"week": None} for one in shared]}, group="suggestions")


def _origin(desk: Desk, agent: str, now: datetime) -> Origin:
    """What a suggestion of an agent says of where it comes from, by the roster of the day."""
    posts: Any = posts_on(rows(desk.home, "agents"), now.date()).to_dict("index")
    named = {str(name): Post(str(post["team_id"]), str(post["site_id"])) for name, post in posts.items()}
    return origins(named, desk.settings.privacy.minimum_group).get(agent, Origin())


def _shown(row: Suggestion) -> dict[str, Any]:
    return {"week": row.week.isoformat(), "team_id": row.team_id, "site_id": row.site_id, "said": row.said}


_PATH = "/v1/suggestions"
SUGGESTION_ROUTES: tuple[Route, ...] = (
    Route("POST", _PATH, "suggest", OfNothing, SuggestionResponse, suggest, SuggestionRequest, computes=True),
    Route("GET", _PATH, "suggestions", OfSuggestions, SuggestionsResponse, suggestions, computes=True),
)
