"""The page of the organization, for human resources: where work is hardest, and nobody by name."""

from typing import Any

import numpy as np
from markupsafe import Markup

from serving.reports.groups import standing_of
from serving.reports.material import NOTHING, Material, render
from serving.reports.sentences import TITLES

__all__ = ["organization_report"]

_SHADES = (0.6, 0.8, 1.25, 1.6)  # of the whole centre's mean score


def organization_report(material: Material, *, header: Markup = NOTHING) -> str:
    """The page of everything that was scored, for human resources."""
    now = material.now
    return render(
        "organization.html",
        material,
        header=header,
        title="Respite: the organization",
        sites=now["site_id"].nunique(),
        queues=now["queue"].nunique(),
        teams=now["team_id"].nunique(),
        size=len(now),
        maps=[_map(material, outcome) for outcome in material.scores],
    )


def _map(material: Material, outcome: str) -> dict[str, Any]:
    """A tile for each team, by site and queue; a team whose number could be traced to a person has none."""
    posts = material.now.groupby("team_id")[["site_id", "queue"]].first().reset_index()
    rows: list[dict[str, Any]] = [
        {"site": str(site), "tiles": [_tile(material, outcome, row) for row in teams.to_dict("records")]}
        for site, teams in posts.sort_values(["site_id", "queue", "team_id"]).groupby("site_id")
    ]
    hidden = sum(not tile["shade"] for row in rows for tile in row["tiles"])
    days = material.scores[outcome].horizon_days
    return {
        "title": f"{TITLES[outcome]} within {days} days, by team",
        "rows": rows,
        "sentence": "Each tile is the mean score of a team; the darker, the higher against the whole organization.",
        "hidden": f"{hidden} of {len(posts)} teams have no number here: it could be traced to fewer than"
        f" {material.releases.policy.minimum_group} people.",
    }


def _tile(material: Material, outcome: str, row: dict[Any, Any]) -> dict[str, Any]:
    found = standing_of(material, outcome, (("site_id", row["site_id"]), ("team_id", row["team_id"])))
    tile = {"name": row["team_id"], "queue": row["queue"], "shade": 0, "said": "not shown"}
    if found is None:
        return tile
    shade = 1 + int(np.searchsorted(_SHADES, found.group.mean / found.everyone.mean))
    return tile | {"shade": shade, "said": f"{found.group.mean:.0%}"}
