"""The page of a team, for its manager: the work first, and nobody by name."""

from typing import Any

import numpy as np
import pandas as pd
from markupsafe import Markup

from features.catalog import feature, own_usual
from serving.reports.charts import bars
from serving.reports.groups import Group, group_of, means, queue_means, scored_in
from serving.reports.material import NOTHING, TITLES, WORK, Material, meaning, render, shown_row
from serving.store import Score
from training.explain import FAMILIES

__all__ = ["team_report"]

_OFFERS = {
    "workload": "Workload: rebalance contacts within the team and cap occupancy at 85 %. Look at overtime first.",
    "escalation": "Escalations and abuse: rotate queues, give the right to end an abusive call, debrief.",
    "schedule": "Schedule: two weeks' notice, stable starts, swaps among colleagues, no rest under 11 hours.",
    "sentiment": "Hard contacts: protected short breaks after a run of them, clear procedures for refunds.",
    "context": "Attention: a check-in every one or two weeks, and a mentor for those in their first 90 days.",
}


def team_report(material: Material, team: str, *, header: Markup = NOTHING) -> str:
    """The page of a team for its manager; where numbers could be traced to a person it shows the site, and says why."""
    group = group_of(material, team)
    now = material.now
    members = now[now[group.column] == group.value]
    outcomes = [_team_outcome(outcome, material, group) for outcome in material.scores]
    return render(
        "team.html",
        material,
        header=header,
        title=f"Respite: {group.name}",
        name=group.name,
        hidden=group.hidden,
        site=", ".join(sorted(set(members["site_id"]))),
        queue=", ".join(sorted(set(members["queue"]))),
        size=len(members),
        headline=_headline(now[now["agent_id"].isin(group.cohort)], group.name),
        figures=[figure for outcome in outcomes for figure in outcome["figures"]],
        work=[_work_row(name, material, group) for name in WORK],
        outcomes=outcomes,
        offers=_offers(outcomes),
        certainty=material.certainty,
    )


def _work_row(name: str, material: Material, group: Group) -> dict[str, Any]:
    """A signal of the group, its own past and its queues; what may not be shown reads as not known."""
    entry = feature(name)
    assert entry is not None  # noqa: S101 - WORK names features of the catalog; a test holds that
    unknown = pd.Series(np.nan, index=sorted(material.weeks["as_of"].unique()))
    lines = (
        means(material, group, name), means(material, group, own_usual(name)), queue_means(material, group, name)
    )  # fmt: skip
    return shown_row(entry, *(unknown if line is None else line for line in lines))


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


def _team_outcome(outcome: str, material: Material, whole: Group) -> dict[str, Any]:
    """How a group stands, by families of reasons against everyone; no row of it is about one person."""
    title, days = TITLES[outcome], material.scores[outcome][0].horizon_days
    found = scored_in(material, whole, outcome)
    if found is None:
        return _hidden(outcome, f"{title} within {days} days", material.releases.policy.minimum_group)
    group, everyone = found.group, found.everyone
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


def _hidden(outcome: str, title: str, minimum: int) -> dict[str, Any]:
    """Scores of fewer than the minimum could be traced to one of them. How many have none is not said either."""
    why = f"Hidden: these numbers could be traced to fewer than {minimum} people."
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
