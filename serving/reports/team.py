"""The page of a team, for its manager: the work first, then conditions, and nobody by name who does not share."""

from typing import Any

import numpy as np
from markupsafe import Markup

from features.catalog import own_usual
from serving.outreach.actions import catalog
from serving.outreach.sites import NOTHING as NO_OVERRIDES
from serving.outreach.sites import Overrides, at_site
from serving.reports.charts import bars, sparkline, trend
from serving.reports.conditions import Condition, actions_for, conditions
from serving.reports.groups import Group, Standing, band, group_of, means, queue_means, queues_of, standing
from serving.reports.material import NOTHING, WORK, Material, render
from serving.reports.people import People, people_of
from serving.reports.sentences import (
    TITLES,
    Compared,
    expected,
    expected_with,
    label_of,
    plain,
    reliability,
    standing_out,
    sum_of_families,
    trend_of,
)
from serving.reports.trend import weekly_means
from serving.store import Store

__all__ = ["team_report"]

_STANDS_OUT, _LINES = 0.25, 3  # in spreads of the queue's band; signals in the summary


def team_report(
    material: Material, team: str, store: Store | None = None, *, offered_by: str | None = None,
    header: Markup = NOTHING, overrides: Overrides = NO_OVERRIDES,
) -> str:  # fmt: skip
    """The page of a team for its manager; where numbers could be traced to a person it shows the site, and says why.

    Without a `store`, it says nothing of people.

    Raises
    ------
    InputError
        There is no such team, or neither it nor its site may be shown.
    """
    group = group_of(material, team)
    members = material.now[material.now[group.column] == group.value]
    rows = {name: _row(name, material, group) for names in WORK.values() for name in names}
    compared = [row["compared"] for row in rows.values()]
    stands = {outcome: standing(material, group, outcome) for outcome in material.scores}
    outcomes = [_outcome(outcome, material, found) for outcome, found in stands.items()]
    lever, found = _conditions(material, stands, compared)
    site = str(members["site_id"].iloc[0])
    people = people_of(store, material, team, group.cohort, offered_by, overrides) if store else None
    return render(
        "team.html",
        material,
        header=header,
        title=f"Respite: {group.name}",
        kind=group.column.removesuffix("_id"),
        name=group.value,
        hidden=group.hidden,
        site=site,
        queue=", ".join(queues_of(material, group)),
        size=len(members),
        figures=[one["figure"] for one in outcomes if one["figure"]],
        summary=_summary(list(rows.values())),
        work={title: [rows[name] for name in names] for title, names in WORK.items()},
        outcomes=outcomes,
        lever=TITLES[lever].lower() if lever else "",
        conditions=[_told(one) for one in found or ()],
        no_conditions=_no_conditions(stands, found),
        actions=actions_for(found or (), at_site(catalog(), overrides, site)),
        help_here=overrides.help_at(site),
        people=people or People(0, [], []),
        about_people=people is not None,
        minimum=material.releases.policy.minimum_group,
        certainty=[reliability(outcome, champion.metrics) for outcome, champion in material.champions.items()],
    )


def _row(name: str, material: Material, group: Group) -> dict[str, Any]:
    """A signal of the group, its own past and its queues; what may not be shown reads as not known."""
    unknown = np.full(len(material.weeks.dates), np.nan)
    lines = (
        means(material, group, name), means(material, group, own_usual(name)), queue_means(material, group, name)
    )  # fmt: skip
    own, before, queue = (unknown if line is None else line for line in lines)
    ends = band(material, group, name) if lines[2] is not None else None
    found = Compared(name, float(own[-1]), float(before[-1]), float(queue[-1]))
    now, past, peers = (plain(name, value) for value in found[1:])
    about = f"{label_of(name)}: {now} now, {past} before, {peers} on the queue; 12 weeks"
    return {
        "compared": found,
        "spread": float(ends[1][-1] - ends[0][-1]) if ends else float("nan"),
        "label": label_of(name),
        "now": now,
        "before": past,
        "queue": peers,
        "chart": sparkline(list(own), list(queue), about, (list(ends[0]), list(ends[1])) if ends else None),
    }


def _summary(rows: list[dict[str, Any]]) -> list[str]:
    """The signals that are least as they were, or least as on the queue, against how much people on it differ."""

    def apart(row: dict[str, Any]) -> float:
        found: Compared = row["compared"]
        spread = row["spread"] if np.isfinite(row["spread"]) else abs(found.before)
        ways = np.array([found.now - found.before, found.now - found.queue])
        return float(np.nanmax(np.abs(ways)) / spread) if np.isfinite(ways).any() and spread > 0 else 0.0

    ranked = sorted(rows, key=apart, reverse=True)[:_LINES]
    return [standing_out(row["compared"]) for row in ranked if apart(row) >= _STANDS_OUT]


def _outcome(outcome: str, material: Material, found: Standing | None) -> dict[str, Any]:
    """How a group stands, by families against everyone, and where it came from; no number is about one person."""
    days = material.scores[outcome].horizon_days
    title = f"{TITLES[outcome]} within {days} days"
    if found is None:
        return _hidden(title, material.releases.policy.minimum_group)
    group, everyone = found.group, found.everyone
    families = {name: group.families[name] - everyone.families[name] for name in group.families}
    shown = [(name, round(value, 2)) for name, value in families.items()]
    means_by_week = weekly_means(material, outcome, found)
    weekly = [] if means_by_week is None else means_by_week.tolist()
    said = trend_of(weekly, group.people) if weekly else ""
    days_shown = [f"{day:%Y-%m-%d}" for day in material.weeks.dates]
    return {
        "title": title,
        "sentence": expected(outcome, group.mean, everyone.mean, group.people),
        "chart": bars(shown, f"{title}: contribution by family"),
        "sum": sum_of_families(families, everyone.log_odds),
        "trend": trend(weekly, days_shown, f"{title}, mean score by week. {said}") if said else NOTHING,
        "trend_sentence": said or "There is no trend: another model made these scores than is in charge now.",
        "figure": {"value": f"{group.mean:.0%}", "label": f"{title}: mean score, {everyone.mean:.0%} everywhere"},
    }


def _hidden(title: str, minimum: int) -> dict[str, Any]:
    """Scores of fewer than the minimum could be traced to one of them. How many have none is not said either."""
    why = f"Hidden: these numbers could be traced to fewer than {minimum} people."
    nothing = dict.fromkeys(("chart", "sum", "trend", "trend_sentence", "figure"), "")
    return {"title": title, "sentence": why, **nothing}


def _conditions(
    material: Material, stands: dict[str, Standing | None], compared: list[Compared]
) -> tuple[str, list[Condition] | None]:
    """What would lower the first outcome that may be shown."""
    for outcome, found in stands.items():
        if found is not None:
            return outcome, conditions(material, outcome, found, compared)
    return "", None


def _no_conditions(stands: dict[str, Standing | None], found: list[Condition] | None) -> str:
    if found:
        return ""
    if not any(stands.values()):
        return "Hidden, as the scores are."
    if found is None:
        return "The model that made these scores is not in charge any more, so there is nobody to ask."
    return "With the queue's usual conditions, the model would expect about the same scores as now."


def _told(one: Condition) -> dict[str, Any]:
    return {
        "kind": one.kind,
        "label": label_of(one.found.name),
        "sentence": expected_with(one.found, one.mean, one.then),
        "mean": one.mean,
        "then": one.then,
    }
