"""Routes that answer with pages: of a team, of oneself, of the organization; the portal puts its header into them."""

from markupsafe import Markup
from sqlalchemy import select

from serving.access import Principal, refuse_person
from serving.api.desk import Desk
from serving.api.route import Route
from serving.consent import agreed
from serving.schemas import OfNothing, OfTeamPage, Oneself
from serving.scoring import Answer, UnknownGroupError
from serving.tables import Score
from training.config import OUTCOMES

__all__ = ["PAGE_ROUTES", "organization_page", "own_page", "team_page", "teams_of"]

_NONE = Markup("")
HTML = "text/html"


def team_page(desk: Desk, who: Principal, question: OfTeamPage, header: Markup = _NONE) -> Answer:
    """How a team's work stands, for its manager; it names those who share their score, and nobody else."""
    if question.team_id not in teams_of(desk, who):
        if who.role == "manager":
            raise refuse_person(desk.scoring.policy, who, f"team {question.team_id}")
        raise UnknownGroupError(f"team_id: there is no team '{question.team_id}' as of the newest scores.")
    page = desk.reports.team(question.team_id, offered_by=who.manager_id, header=header)
    return Answer({"content": page}, _sharing(desk, question.team_id), f"team {question.team_id}")


def own_page(desk: Desk, who: Principal, question: Oneself, header: Markup = _NONE, forms: Markup = _NONE) -> Answer:
    """What is on record about oneself, what was computed from it, and what one can do."""
    desk.scoring.refuse_other(who, question.agent_id)
    page = desk.reports.agent(question.agent_id, header=header, forms=forms)
    return Answer({"content": page}, (question.agent_id,))


def organization_page(desk: Desk, _: Principal, __: OfNothing, header: Markup = _NONE) -> Answer:
    """Where work is hardest, for human resources; it names nobody."""
    return Answer({"content": desk.reports.organization(header=header)}, group="the organization")


def teams_of(desk: Desk, who: Principal) -> list[str]:
    """Teams about which a principal reads pages: a manager about their own."""
    return [team for team in desk.reports.teams() if who.role != "manager" or team in who.teams]


def _sharing(desk: Desk, team: str) -> tuple[str, ...]:
    """Members of a team who share their score: its page may name them."""
    day = max(filter(None, map(desk.store.latest, OUTCOMES)), default=None)
    # without DISTINCT, for which SQLite would walk everyone of the date
    query = select(Score.agent_id).where(Score.as_of == day, Score.team_id == team)
    with desk.store.reading() as connection:
        members = sorted(set(connection.scalars(query)))
    shares = agreed(desk.store, "share_with_manager", members)
    return tuple(agent for agent in members if shares.get(agent, False))


PAGE_ROUTES: tuple[Route, ...] = (
    Route("GET", "/v1/teams/{team_id}/report", "reports", OfTeamPage, None, team_page, computes=True, media=HTML),
    Route("GET", "/v1/agents/{agent_id}/page", "page", Oneself, None, own_page, computes=True, media=HTML),
    Route("GET", "/v1/organization/report", "organization", OfNothing, None, organization_page, computes=True,
          media=HTML),
)  # fmt: skip
