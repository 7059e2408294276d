"""Pages about work: teams, one team, the organization."""

from serving.api.pages import organization_page, team_page, teams_of
from serving.portal.visit import Visit
from serving.schemas import OfNothing, OfTeamPage
from serving.scoring import Answer

__all__ = ["organization", "team", "teams"]


def teams(visit: Visit) -> str:
    """The teams whose pages one may read."""
    visit.read(Answer({}, group="teams"))
    return visit.page("teams.html", teams=teams_of(visit.desk, visit.who))


def team(visit: Visit) -> str:
    """How a team's work stands."""
    which = OfTeamPage(team_id=visit.given["team_id"])
    return str(visit.read(team_page(visit.desk, visit.who, which, header=visit.header()))["content"])


def organization(visit: Visit) -> str:
    """Where work is hardest."""
    found = organization_page(visit.desk, visit.who, OfNothing(), header=visit.header())
    return str(visit.read(found)["content"])
