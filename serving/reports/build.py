"""From the store and the feature frame to a page: what to say, and in which order."""

from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape
from markupsafe import Markup

from features.catalog import Feature, contract_version, feature, own_usual, peer_usual
from features.errors import InputError, NotReadyError
from features.home import Home
from features.snapshot import load_frame
from serving.reports.charts import bars, sparkline, waterfall
from serving.store import Score, Store
from training.calibration import sigmoid
from training.config import OUTCOMES

__all__ = ["MINIMUM_GROUP", "agent_report", "team_report", "write_reports"]

MINIMUM_GROUP = 10
WEEKS = 12
FAMILIES = ("workload", "escalation", "schedule", "sentiment", "context")
_TITLES = {"burnout": "Exhaustion", "turnover": "Leaving"}
_WORK = (
    "contacts_per_hour", "occupancy", "overtime", "escalation_rate", "abuse_per_100", "quick_returns", "start_sd",
    "late_change_rate", "missed_break_rate", "sentiment_mean", "negative_share",
)  # fmt: skip
_UNITS = {
    "h/week": ", hours a week",
    "per 100": " in 100",
    "count": " in 28 days",
    "h": ", hours",
    "-1..1": ", -1 to 1",
}
_OFFERS = {
    "workload": "Workload: rebalance contacts within the team and cap occupancy at 85 %. Look at overtime first.",
    "escalation": "Escalations and abuse: rotate queues, give the right to end an abusive call, debrief.",
    "schedule": "Schedule: two weeks' notice, stable starts, swaps among colleagues, no rest under 11 hours.",
    "sentiment": "Hard contacts: protected short breaks after a run of them, clear procedures for refunds.",
    "context": "Attention: a check-in every one or two weeks, and a mentor for those in their first 90 days.",
}


@dataclass(frozen=True)
class _Material:
    """What both pages are made of: twelve weeks of the frame, and the newest scores."""

    weeks: pd.DataFrame
    as_of: pd.Timestamp
    scores: dict[str, list[Score]]
    certainty: str


def write_reports(home: Home, team: str | None = None, agent: str | None = None) -> Path:
    """Write one page into the home's reports and return its path: of a team, or of an agent for that agent."""
    material = _material(home)
    if (team is None) == (agent is None):
        raise InputError("Name either --team or --agent.")
    home.reports.mkdir(parents=True, exist_ok=True)
    name, page = (
        (f"team-{team}", team_report(material, team))
        if team
        else (f"agent-{agent}", agent_report(material, str(agent)))
    )
    path = home.reports / f"{name}.html"
    path.write_text(page, encoding="utf-8")
    return path


def team_report(material: _Material, team: str) -> str:
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
    return _render(
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
        work=[_work_row(feature_name, weeks, material) for feature_name in _WORK],
        outcomes=outcomes,
        offers=_offers(outcomes),
        certainty=material.certainty,
    )


def agent_report(material: _Material, agent: str) -> str:
    """The page of one agent for that agent: what is on record, what was computed, and how it adds up."""
    weeks = material.weeks[material.weeks["agent_id"] == agent]
    found = {o: next((s for s in scores if s.agent_id == agent), None) for o, scores in material.scores.items()}
    if weeks.empty or not any(found.values()):
        raise InputError(f"--agent {agent}: no post on {material.as_of:%Y-%m-%d}; ids are those of the table agents.")
    return _render(
        "agent.html",
        material,
        title="Respite: your page",
        agent_id=agent,
        work=[_work_row(name, weeks, material) for name in _WORK],
        scores=[_agent_score(score) for score in found.values() if score],
    )


def _material(home: Home) -> _Material:
    store = Store(home)
    try:
        latest = {outcome: store.latest(outcome) for outcome in OUTCOMES}
        days = [day for day in latest.values() if day]
        if not days:
            raise NotReadyError("Nothing was scored yet; run `respite score` first.")
        day = max(days)
        scores = {o: store.scores(o, day) for o in OUTCOMES if latest[o] == day}
    finally:
        store.close()
    as_of = pd.Timestamp(day)
    weeks = load_frame(home, since=(as_of - pd.Timedelta(weeks=WEEKS - 1)).date())
    return _Material(weeks[weeks["as_of"] <= as_of], as_of, scores, _certainty(home, list(scores)))


def _certainty(home: Home, outcomes: list[str]) -> str:
    """What the champions reached on months that they had not seen."""
    from training.tracking import current

    said = []
    for outcome in outcomes:
        found = current(home, outcome)
        if found:
            share = found.metrics["auroc"]
            said.append(
                f"For {_TITLES[outcome].lower()}, on later months that the model had not seen, a person concerned"
                f" ranked above one not concerned in {share:.0%} of pairs (50% is chance)"
            )
    return (
        ". ".join(said)
        + ". Work data says little about any single person; treat it as a reason to ask, not as an answer."
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
    return f"What stands out: {entry.label} is {way} against the three months before."


def _work_row(name: str, weeks: pd.DataFrame, material: _Material) -> dict[str, Any]:
    entry = feature(name)
    assert entry is not None  # noqa: S101 - _WORK names features of the catalog; a test holds that
    now = weeks[weeks["as_of"] == material.as_of]
    dates = sorted(material.weeks["as_of"].unique())
    own = weeks.groupby("as_of")[name].mean().reindex(dates)
    queue = weeks.groupby("as_of")[peer_usual(name)].mean().reindex(dates)
    shown = [
        _plain(entry, value) for value in (now[name].mean(), now[own_usual(name)].mean(), now[peer_usual(name)].mean())
    ]
    about = f"{entry.label}: {shown[0]} now, {shown[1]} before, {shown[2]} on the queue; 12 weeks"
    return {
        "label": f"{entry.label}{_UNITS.get(entry.unit, '')}",
        "now": shown[0],
        "before": shown[1],
        "queue": shown[2],
        "chart": Markup(sparkline(list(own), list(queue), about)),  # noqa: S704 - numbers and the catalog's words, escaped
    }


def _plain(entry: Feature, value: float) -> str:
    """A mean in the unit of its feature; a count's mean keeps a decimal."""
    if not np.isfinite(value):
        return "not known"
    start, end = entry.shown.index("{"), entry.shown.index("}") + 1
    return entry.shown[start:end].replace(".0f", ".1f").format(value)


def _team_outcome(outcome: str, scores: list[Score], column: str, value: str) -> dict[str, Any]:
    """How a group stands, by families of reasons against everyone; no row of it is about one person."""
    everyone = [score for score in scores if score.probability is not None]
    group = [score for score in everyone if getattr(score, column) == value]
    title, days = _TITLES[outcome], scores[0].horizon_days
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
                "label": f"would be expected to {_meaning(outcome)} within {days} days",
            }
        ],
    }


def _meaning(outcome: str) -> str:
    return "answer a survey in the exhausted range" if outcome == "burnout" else "give notice"


def _team_sentence(outcome: str, mean: float, usual: float, size: int) -> str:
    way = "above" if mean > usual * 1.1 else "below" if mean < usual * 0.9 else "about at"
    return (
        f"The mean score is {mean:.0%}: about {mean * size:.0f} of {size} agents would be expected to"
        f" {_meaning(outcome)}."
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


def _agent_score(score: Score) -> dict[str, Any]:
    title = f"{_TITLES[score.outcome]} within {score.horizon_days} days"
    if score.probability is None or score.base is None:
        return {"title": title, "abstained": score.abstained}
    total = round(float(score.base + sum(reason["contribution"] for reason in score.reasons)), 2)
    sums = {f: round(sum(r["contribution"] for r in score.reasons if r["family"] == f), 2) for f in FAMILIES}
    # what is read must add up as it is read: the starting point takes what rounding left over
    base = round(total - sum(sums.values()), 2)
    steps = [(family, amount) for family, amount in sums.items() if amount]
    added = " ".join(f"{'+' if amount >= 0 else '-'} {abs(amount):.2f} ({family})" for family, amount in steps)
    return {
        "title": title,
        "abstained": None,
        "sentence": f"Among 100 colleagues with weeks like yours, about {score.probability * 100:.0f} would be"
        f" expected to {_meaning(score.outcome)}.",
        "chart": Markup(waterfall(base, steps, total, f"{title}: from the starting point to your score")),  # noqa: S704 - numbers and fixed words, escaped
        "sum": f"In log-odds, which add up: {base:.2f} (starting point) {added} = {total:.2f}, which is"
        f" {float(sigmoid(total)):.1%}. To the right raised the score, to the left lowered it.",
        "reasons": [_line(reason) for reason in score.reasons[:5]],
    }


def _line(reason: dict[str, Any]) -> str:
    way = "raised" if reason["contribution"] > 0 else "lowered"
    return f"{reason['sentence']} ({reason['family']}; {way} the score by {abs(reason['contribution']):.2f})"


def _render(template: str, material: _Material, **values: Any) -> str:
    models = ", ".join(f"{o} model version {s[0].model_version}" for o, s in material.scores.items() if s)
    day: date = material.as_of.date()
    common = {"as_of": day.isoformat(), "contract": contract_version(), "models": models}
    style = Markup((Path(__file__).parent / "style.css").read_text(encoding="utf-8"))  # noqa: S704 - our own file
    return _templates().get_template(template).render(**common, style=style, **values)


@cache
def _templates() -> Environment:
    return Environment(
        loader=FileSystemLoader(Path(__file__).parent),
        autoescape=select_autoescape(["html"]),
        undefined=StrictUndefined,
        trim_blocks=True,
    )
