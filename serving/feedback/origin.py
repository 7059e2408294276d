"""Where a suggestion says that it comes from: as narrow as leaves everyone among enough people.

Naming a team of three names three people, and so does naming its site where every other team of the site is named: who
is left can be told from who is not. So it is decided for everyone at once, and whoever is named less has
enough company.
"""

from collections.abc import Mapping
from typing import NamedTuple

__all__ = ["Origin", "Post", "origins"]


class Post(NamedTuple):
    """Where somebody works."""

    team_id: str
    site_id: str


class Origin(NamedTuple):
    """A team, or a site, or neither."""

    team_id: str | None = None
    site_id: str | None = None


def origins(posts: Mapping[str, Post], minimum: int) -> dict[str, Origin]:
    """What a suggestion of each person says, by person; at least `minimum` people share any of them.

    Where everyone together are fewer, nobody's says anything.

    Examples
    --------
    >>> posts = {f"A{number}": Post("T1" if number < 5 else "T2", "S1") for number in range(11)}
    >>> found = origins(posts, 5)
    >>> found["A0"], found["A10"]
    (Origin(team_id='T1', site_id=None), Origin(team_id='T2', site_id=None))
    >>> origins(posts, 6)["A10"]
    Origin(team_id=None, site_id=None)
    """
    teams, rest = _named({agent: post.team_id for agent, post in posts.items()}, minimum)
    sites, rest = _named({agent: posts[agent].site_id for agent in rest}, minimum)
    rest = _with_company(sites, rest, minimum)
    _with_company(teams, rest, minimum)
    by_team = {agent: Origin(team_id=team) for team, agents in teams.items() for agent in agents}
    by_site = {agent: Origin(site_id=site) for site, agents in sites.items() for agent in agents}
    return dict.fromkeys(posts, Origin()) | by_site | by_team


def _named(groups: Mapping[str, str], minimum: int) -> tuple[dict[str, set[str]], set[str]]:
    """The groups that are large enough, and who is in none of them."""
    found: dict[str, set[str]] = {}
    for agent, group in groups.items():
        found.setdefault(group, set()).add(agent)
    large = {group: agents for group, agents in found.items() if len(agents) >= minimum}
    return large, set(groups) - set().union(*large.values())


def _with_company(named: dict[str, set[str]], rest: set[str], minimum: int) -> set[str]:
    """Those who are in no group: nobody, or enough, because the smallest groups are not named either."""
    while 0 < len(rest) < minimum and named:
        rest = rest | named.pop(min(named, key=lambda group: (len(named[group]), group)))
    return rest
