"""The page of the organization, for human resources: where work is hardest, and nobody by name."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from markupsafe import Markup

from features.home import Home
from serving.monitor.run import realized_scores
from serving.reports.charts import sparkline
from serving.reports.drivers import Driver, drivers
from serving.reports.groups import standing_of
from serving.reports.kpis import KPIS, monthly_kpis
from serving.reports.material import NOTHING, Material, render
from serving.reports.outcomes import Matured, matured
from serving.reports.reach import STATES, Program, offers_by_group, programs, reach
from serving.reports.sentences import (
    TITLES,
    expected_of_all,
    hidden_teams,
    kpi_of,
    matured_of,
    offer_rate_of,
    reliability,
)
from serving.store import Store
from training.config import OUTCOMES
from training.explain import FAMILIES

__all__ = ["MONTHS", "Records", "gather_records", "organization_report"]

MONTHS = 12
_SHADES = (0.6, 0.85, 1.2, 1.6)  # of the whole organization's mean score
_MANY = 60  # teams of a site, from which tiles are small


class Records:
    """What the page says beside scores; made once for all pages of the same material.

    Parameters
    ----------
    kpis
        As `serving.reports.kpis.monthly_kpis`.
    realized
        For each outcome, classes of scores whose horizon is over.
    rates
        As `training.fairness.offer_rates`.
    """

    def __init__(
        self, kpis: pd.DataFrame, programs: Sequence[Program], reach: list[dict[str, Any]],
        realized: dict[str, list[Matured]], rates: pd.DataFrame,
    ) -> None:  # fmt: skip
        self.kpis, self.programs, self.reach, self.realized, self.rates = kpis, programs, reach, realized, rates


def gather_records(home: Home, store: Store, material: Material, minimum: int) -> Records:
    """What a home has for the page beside scores."""
    realized = {}
    for outcome in material.scores:
        found = realized_scores(home, store, OUTCOMES[outcome], material.day)
        realized[outcome] = matured(found, minimum)
    return Records(
        monthly_kpis(home, material.day, MONTHS, minimum),
        programs(home, store),
        reach(store, material.day),
        realized,
        offers_by_group(home, material),
    )


def organization_report(material: Material, records: Records, *, header: Markup = NOTHING) -> str:
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
        outcomes=[_outcome(material, outcome, records.realized.get(outcome, [])) for outcome in material.scores],
        kpis=_kpis(records),
        programs=[f"{one.name} since {one.month:%B %Y}" for one in records.programs],
        months=[f"{month:%b %Y}" for month in records.kpis.index],
        reach=records.reach,
        states=STATES,
        rates=[offer_rate_of(row) for row in records.rates.to_dict("records")],
        minimum=material.releases.policy.minimum_group,
        certainty=[reliability(outcome, champion.metrics) for outcome, champion in material.champions.items()],
        families=FAMILIES,
    )


def _outcome(material: Material, outcome: str, realized: list[Matured]) -> dict[str, Any]:
    """A map of teams, what contributes where, and what came true."""
    days, minimum = material.scores[outcome].horizon_days, material.releases.policy.minimum_group
    everyone = standing_of(material, outcome, ())
    title = f"{TITLES[outcome]} within {days} days"
    if everyone is None:
        return {"title": title, "sentence": hidden_teams(1, 1, minimum), "map": [], "drivers": {}, "realized": []}
    posts = material.now.groupby("team_id")[["site_id", "queue"]].first().reset_index()
    rows: list[dict[str, Any]] = []
    for site, teams in posts.sort_values(["site_id", "queue", "team_id"]).groupby("site_id"):
        tiles = [_tile(material, outcome, row) for row in teams.to_dict("records")]
        rows.append({"site": str(site), "tiles": tiles, "many": len(tiles) > _MANY})
    hidden = sum(not tile["shade"] for row in rows for tile in row["tiles"])
    return {
        "title": title,
        "sentence": expected_of_all(outcome, everyone.everyone.mean, everyone.everyone.people),
        "map": rows,
        "hidden": hidden_teams(hidden, len(posts), minimum),
        "drivers": _by(drivers(material, outcome)),
        "realized": [matured_of(one) for one in realized],
    }


def _tile(material: Material, outcome: str, row: dict[Any, Any]) -> dict[str, Any]:
    """A team; where its number could be traced to a person, there is none."""
    found = standing_of(material, outcome, (("site_id", row["site_id"]), ("team_id", row["team_id"])))
    tile = {"name": row["team_id"], "queue": row["queue"], "shade": 0, "said": "–"}
    if found is None:
        return tile
    shade = 1 + int(np.searchsorted(_SHADES, found.group.mean / found.everyone.mean))
    return tile | {"shade": shade, "said": f"{found.group.mean:.0%}"}


def _by(found: Sequence[Driver]) -> dict[str, list[dict[str, Any]]]:
    """Rows of the table of drivers by what tells them apart."""
    rows: dict[str, list[dict[str, Any]]] = {}
    for one in found:
        rows.setdefault(one.by, []).append(_driver(one))
    return rows


def _driver(one: Driver) -> dict[str, Any]:
    """A row of the table: the mean score, and each family's contribution beyond everyone's."""
    row: dict[str, Any] = {"name": one.name, "people": "", "mean": "hidden", "cells": []}
    if one.standing is None:
        return row
    group, everyone = one.standing.group, one.standing.everyone
    apart = [group.families[family] - everyone.families[family] for family in FAMILIES]
    cells = [
        {"value": f"{value:+z.2f}", "way": "up" if value >= 0.1 else "down" if value <= -0.1 else ""} for value in apart
    ]
    return row | {"people": group.people, "mean": f"{group.mean:.0%}", "cells": cells}


def _kpis(records: Records) -> list[dict[str, Any]]:
    """A row for each figure: a year ago, now, and the line between with the months in which programs began."""
    months = list(records.kpis.index)
    marks = [months.index(one.month) for one in records.programs if one.month in months]
    rows = []
    for key, kpi in KPIS.items():
        line = records.kpis[key].tolist()
        said = kpi_of(kpi.name, kpi.shown, [f"{month:%B %Y}" for month in months], line)
        rows.append(
            {
                "name": kpi.name,
                "about": kpi.about,
                "first": said.first,
                "last": said.last,
                "chart": sparkline(line, [], said.sentence, marks=marks),
            }
        )
    return rows
