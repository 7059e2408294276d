"""About whom a principal may read, row by row: the rule that every answer about people goes through.

To a manager everyone who may not be read looks the same, whatever the reason: not in the team, not shared, opted out,
unknown. So nothing can be probed.
"""

from collections.abc import Mapping

from features.errors import AccessError
from serving.access.policy import AccessPolicy
from serving.access.principal import Principal

__all__ = ["NotYoursError", "may_read", "refuse_person"]


class NotYoursError(AccessError):
    """The principal may ask this, but not about this person or group."""


def may_read(
    policy: AccessPolicy, principal: Principal, agent_id: str, team_id: str, shares: Mapping[str, bool]
) -> bool:
    """Whether a principal may read about an agent who is in a team now.

    Parameters
    ----------
    shares
        What agents decided about sharing their score with their manager; who decided nothing does not share.
    """
    about = policy.of(principal).about
    if about == "everyone":
        return True
    if about == "self":
        return agent_id == principal.agent_id
    if about == "own_teams":
        return team_id in principal.teams
    if about == "shared":
        return team_id in principal.teams and shares.get(agent_id, False)
    return False


def refuse_person(policy: AccessPolicy, principal: Principal, place: str) -> NotYoursError:
    """The refusal that says about whom the role may read, and nothing about who was asked for."""
    about = {
        "self": "themselves",
        "own_teams": "agents of their own teams",
        "shared": "agents of their own teams who share their score",
        "pseudonyms": "pseudonyms",
    }.get(policy.of(principal).about, "nobody")
    return NotYoursError(f"{place}: role {principal.role} reads about {about}.")
