"""The page of a team, for its manager: the work first, and nobody by name."""

from typing import Any

import numpy as np
import pandas as pd
from markupsafe import Markup

from features.catalog import feature
from features.errors import InputError
from serving.reports.charts import bars
from serving.reports.material import FAMILIES, TITLES, WORK, Material, meaning, render, work_row
from serving.store import Score

__all__ = ["MINIMUM_GROUP", "team_report"]

MINIMUM_GROUP = 10
_OFFERS = {
    "workload": "Workload: rebalance contacts within the team and cap occupancy at 85 %. Look at overtime first.",
    "escalation": "Escalations and abuse: rotate queues, give the right to end an abusive call, debrief.",
    "schedule": "Schedule: two weeks' notice, stable starts, swaps among colleagues, no rest under 11 hours.",
    "sentiment": "Hard contacts: protected short breaks after a run of them, clear procedures for refunds.",
    "context": "Attention: a check-in every one or two weeks, and a mentor for those in their first 90 days.",
}


def team_report(material: Material, team: str) -> str:
    """The page of a team for its manager; a team under ten people is shown as its site, and told why."""
    now = material.weeks[material.weeks["as_of"] == material.as_of]
    members = now[now["team_id"] == team]
    if members.empty:
        raise InputError(
            f"--team {team}: no such team on {material.as_of:%Y-%m-%d};"
            f" those are {', '.join(sorted(set(now['team_id'])))}."
        )
    column, value, hidden, name = "team_id", team, "", f"team {team}"
    if len(members) < MINIMUM_GROUP:
        column, value = "site_id", str(members["site_id"].iloc[0])
        name = f"site {value}"
        hidden = (
            f"Team {team} has {len(members)} agents. Numbers of fewer than {MINIMUM_GROUP} people could be traced to"
            f" one of them, so this page shows the whole site {value} instead."
        )
    weeks = material.weeks[material.weeks[column] == value]
    members = weeks[weeks["as_of"] == material.as_of]
    if len(members) < MINIMUM_GROUP:
        raise InputError(
            f"--team {team}: the team and its site have fewer than {MINIMUM_GROUP} agents; nothing is shown."
        )
    outcomes = [_team_outcome(outcome, scores, column, value) for outcome, scores in material.scores.items()]
    return render(
        "team.html",
        material,
        title=f"Respite: {name}",
        name=name,
        hidden=hidden,
        site=", ".join(sorted(set(members["site_id"]))),
        queue=", ".join(sorted(set(members["queue"]))),
        size=len(members),
        headline=_headline(members, name),
        figures=[figure for outcome in outcomes for figure in outcome["figures"]],
        work=[work_row(feature_name, weeks, material) for feature_name in WORK],
        outcomes=outcomes,
        offers=_offers(outcomes),
        certainty=material.certainty,
    )


def _headline(members: pd.DataFrame, name: str) -> str:
    """The one change against the past that stands out most, or that none does."""
    names = [column for column in members.columns if column.endswith("_own_z")]
    means = members[names].mean()
    largest = str(means.abs().idxmax()) if means.notna().any() else ""
    change = float(means[largest]) if largest else 0.0
    if abs(change) < 0.5:
        return f"Nothing in the work of {name} stands out against its own past."
    entry = feature(largest.removesuffix("_own_z"))
    assert entry is not None  # noqa: S101 - own_z columns are the catalog's
    way = "up" if change > 0 else "down"
    return f"What stands out against the three months before: {entry.label}, {way}."


def _team_outcome(outcome: str, scores: list[Score], column: str, value: str) -> dict[str, Any]:
    """How a group stands, by families of reasons against everyone; no row of it is about one person."""
    everyone = [score for score in scores if score.probability is not None]
    group = [score for score in everyone if getattr(score, column) == value]
    title, days = TITLES[outcome], scores[0].horizon_days
    if len(group) < MINIMUM_GROUP:
        return _hidden(outcome, f"{title} within {days} days", len(group))
    mean = float(np.mean([score.probability for score in group]))
    usual = float(np.mean([score.probability for score in everyone]))
    apart = {family: _family_mean(group, family) - _family_mean(everyone, family) for family in FAMILIES}
    families = {family: round(amount, 2) for family, amount in apart.items()}
    centre, together = round(_mean_log_odds(everyone), 2), round(sum(families.values()), 2)
    ranked = sorted(families.items(), key=lambda pair: -pair[1])
    chart = bars(list(families.items()), f"{title}: contribution by family")
    return {
        "outcome": outcome,
        "title": f"{title} within {days} days",
        "sentence": _team_sentence(outcome, mean, usual, len(group)),
        "chart": Markup(chart),  # noqa: S704 - numbers and fixed words, escaped
        "sum": f"Together {together:+.2f}: the team's mean log-odds are {centre + together:.2f},"
        f" those of the whole centre {centre:.2f}.",
        "families": ranked,
        "conditions": _conditions(group, everyone),
        "figures": [
            {
                "value": f"{mean * len(group):.0f} of {len(group)}",
                "label": f"would be expected to {meaning(outcome)} within {days} days",
            }
        ],
    }


def _hidden(outcome: str, title: str, scored: int) -> dict[str, Any]:
    """Scores of fewer than ten people could be traced to one of them."""
    why = (
        f"Hidden: only {scored} of the group have a score, and fewer than {MINIMUM_GROUP} could be traced to a person."
    )
    nothing: dict[str, Any] = {"chart": "", "sum": "", "families": [], "conditions": [], "figures": []}
    return {"outcome": outcome, "title": title, "sentence": why, **nothing}


def _team_sentence(outcome: str, mean: float, usual: float, size: int) -> str:
    way = "above" if mean > usual * 1.1 else "below" if mean < usual * 0.9 else "about at"
    return (
        f"The mean score is {mean:.0%}: about {mean * size:.0f} of {size} agents would be expected to"
        f" {meaning(outcome)}."
        f" That is {way} the {usual:.0%} of the whole centre."
    )


def _mean_log_odds(scores: list[Score]) -> float:
    return float(np.mean([(s.base or 0.0) + sum(r["contribution"] for r in s.reasons) for s in scores]))


def _family_mean(scores: list[Score], family: str) -> float:
    sums = [sum(r["contribution"] for r in score.reasons if r["family"] == family) for score in scores]
    return float(np.mean(sums)) if sums else 0.0


def _conditions(group: list[Score], everyone: list[Score]) -> list[str]:
    """The signals that set the group apart most from the whole centre, in words."""

    def means(scores: list[Score]) -> pd.Series:
        return pd.DataFrame([{r["signal"]: r["contribution"] for r in s.reasons} for s in scores]).mean()

    apart = (means(group) - means(everyone)).sort_values(ascending=False, kind="stable")
    lines = []
    for name, amount in apart.head(3).items():
        entry = feature(str(name))
        if entry and amount > 0.01:
            lines.append(
                f"{entry.label} contributed {amount:+.2f} to the team's mean log-odds against the whole centre."
            )
    return lines or ["No single condition sets this team apart from the whole centre."]


def _offers(outcomes: list[dict[str, Any]]) -> list[str]:
    """What fits the families that raise scores most, conditions of work before anything else."""
    raised: dict[str, float] = {}
    for outcome in outcomes:
        for family, amount in outcome["families"]:
            if amount > 0.02:
                raised[family] = max(raised.get(family, 0.0), amount)
    chosen = sorted(raised, key=lambda family: (family == "context", -raised[family]))[:3]
    return [_OFFERS[family] for family in chosen] or ["Nothing stands out; keep the check-ins going."]
