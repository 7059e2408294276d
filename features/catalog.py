"""Every feature: what it is called, what it means, and which way it is expected to push.

The catalog drives labels, units, monotone directions and the sentences that people read. It is also a contract: a
model trained on one version of it refuses to score on another (`contract_version`).
"""

import ast
import hashlib
import json
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path
from typing import Literal

__all__ = [
    "BASELINE_DAYS",
    "CATALOG",
    "MIN_CONTACTS",
    "WINDOW_DAYS",
    "Family",
    "Feature",
    "contract_version",
    "feature",
    "feature_names",
    "own_usual",
    "peer_usual",
]

Family = Literal["workload", "escalation", "schedule", "sentiment", "context"]
Direction = Literal[-1, 0, 1]

WINDOW_DAYS = 28
BASELINE_DAYS = 84
MIN_CONTACTS = 30
MIN_PEERS = 5


@dataclass(frozen=True)
class Feature:
    """One column of the feature frame.

    `burnout` and `turnover` are the expected sign of an increase (they become monotone constraints; 0 is free).
    `shown` is a format for the value in a sentence; `basis` names the raw feature of a z version.
    """

    name: str
    family: Family
    unit: str
    label: str
    question: str
    formula: str
    source: str
    shown: str
    window_days: int = WINDOW_DAYS
    burnout: Direction = 0
    turnover: Direction = 0
    actionable: bool = True
    basis: str | None = None
    version: Literal["raw", "own_z", "peer_z"] = "raw"

    def direction(self, outcome: str) -> int:
        """Expected sign of an increase for an outcome: -1, 0 or 1."""
        return {"burnout": self.burnout, "turnover": self.turnover}.get(outcome, 0)


def own_usual(name: str) -> str:
    """Column that holds the agent's own usual value of a feature (not an input of any model)."""
    return f"{name}__own_usual"


def peer_usual(name: str) -> str:
    """Column that holds the usual value among peers on the same queue (not an input of any model)."""
    return f"{name}__peer_usual"


_RAW: tuple[Feature, ...] = (
    # workload; H is talk + hold + after-call work
    Feature("contacts_per_hour", "workload", "1/h", "contacts per logged hour", "How dense is the work?",
            "contacts / logged hours", "[14]", "{:.1f} contacts per logged hour", burnout=1),
    Feature("occupancy", "workload", "0-1", "occupancy", "How much of logged time goes into contacts?",
            "H / logged time, without breaks and auxiliary time", "[19]", "{:.0%} of logged time in contacts"),
    Feature("handle_time_z", "workload", "SD", "handling time against the queue", "Do contacts take longer than usual here?",
            "(mean ln H - queue mean) / queue SD", "[18]", "handling time {:+z.2f} SD from the queue's"),
    Feature("acw_share", "workload", "0-1", "after-call work", "How much of handling is wrap-up?",
            "after-call work / H", "[D]", "{:.0%} of handling time is after-call work"),
    Feature("overtime", "workload", "h/week", "overtime", "Is contracted time exceeded?",
            "sum max(0, worked - contracted) / weeks", "[13][20]", "{:.1f} hours of overtime a week", burnout=1, turnover=1),
    Feature("team_load_share", "workload", "ratio", "share of the team's load", "Is work spread evenly in the team?",
            "agent's contacts / team mean", "guide", "{:.2f} times the team's mean number of contacts", burnout=1),
    # escalation
    Feature("escalation_rate", "escalation", "0-1", "escalations", "How often does a contact have to go up?",
            "(escalated + 50 p0) / (n + 50), p0 = queue's share in the same window", "[16][17]",
            "{:.1%} of contacts escalated", burnout=1, turnover=1),
    Feature("escalation_excess", "escalation", "0-1", "escalations beyond the queue's", "Beyond what the queue brings?",
            "escalated / n - queue's share", "[16][17]", "{:+z.1%} escalations against the queue", burnout=1, turnover=1),
    Feature("transfer_rate", "escalation", "0-1", "transfers", "How often is a contact handed on?",
            "smoothed as escalation_rate", "[D]", "{:.1%} of contacts transferred"),
    Feature("complaint_rate", "escalation", "0-1", "complaints", "How often do customers complain?",
            "smoothed as escalation_rate", "[D]", "{:.1%} of contacts with a complaint", burnout=1, turnover=1),
    Feature("abuse_per_100", "escalation", "per 100", "abusive contacts", "How often are customers abusive?",
            "100 abusive / n", "[16][17]", "{:.1f} abusive contacts in 100", burnout=1, turnover=1),
    # schedule
    Feature("quick_returns", "schedule", "count", "rests under 11 hours", "Is there time to rest between shifts?",
            "next start - end < 11 h, counted", "[21]", "{:.0f} rests under 11 hours in 28 days", burnout=1, turnover=1),
    Feature("start_sd", "schedule", "h", "spread of start times", "Do shifts start at a stable time?",
            "(24 / 2 pi) sqrt(-2 ln R), circular", "[M]", "start times spread by {:.1f} hours", burnout=1, turnover=1),
    Feature("load_cv", "schedule", "ratio", "uneven days", "Are days about equally long?",
            "SD / mean of hours over working days", "[24]", "daily hours vary by {:.0%}", burnout=1, turnover=1),
    Feature("late_change_rate", "schedule", "0-1", "late schedule changes", "Are shifts known a week ahead?",
            "shifts added, moved >= 30 min or cancelled with < 7 days' notice / shifts", "[25]",
            "{:.0%} of shifts changed with less than a week's notice", burnout=1, turnover=1),
    Feature("night_share", "schedule", "0-1", "night hours", "How much work falls between 23 and 6?",
            "hours in 23-06 / hours", "[21]", "{:.0%} of hours at night"),
    Feature("weekend_share", "schedule", "0-1", "weekend days", "How much work falls on weekends?",
            "working days on Saturday or Sunday / working days", "[D]", "{:.0%} of working days on weekends"),
    Feature("max_consecutive_days", "schedule", "days", "days in a row", "Is there a day off in reach?",
            "longest run of working days", "[D]", "{:.0f} working days in a row", burnout=1),
    Feature("missed_break_rate", "schedule", "0-1", "missed breaks", "Are breaks taken?",
            "entitled breaks not taken / entitled", "[26]", "{:.0%} of break time missed", burnout=1),
    # sentiment: the customer's words, never the agent's
    Feature("sentiment_mean", "sentiment", "-1..1", "tone of customers", "How do customers sound?",
            "mean score of customer text", "[18]", "customers' tone {:+z.2f} on a scale of -1 to 1", actionable=False),
    Feature("negative_share", "sentiment", "0-1", "negative contacts", "How many contacts are hard to listen to?",
            "share with score <= -0.5", "[18]", "{:.0%} of contacts with a negative customer", burnout=1),
    Feature("emotional_load", "sentiment", "index", "emotional load", "How much time is spent with unhappy customers?",
            "sum(max(0, -score) x hours) / logged hours", "[18]", "emotional load of {:.3f}", burnout=1),
    Feature("hard_run", "sentiment", "count", "hard contacts in a row", "Is there a breather after a hard contact?",
            "longest run of negative or abusive contacts with no gap of 10 min", "[D]",
            "up to {:.0f} hard contacts in a row without ten minutes' pause", burnout=1),
    Feature("sentiment_slope", "sentiment", "1/week", "trend of customers' tone", "Is it getting harder?",
            "Theil-Sen slope of the weekly mean, 8 weeks", "[D]", "customers' tone changes by {:+z.3f} a week",
            window_days=56, burnout=-1, actionable=False),
    # context
    Feature("tenure", "context", "ln days", "time with the company", "How long on the job?",
            "ln(1 + days since hire)", "[28]", "{:.1f} (logarithm of days) with the company", window_days=0, actionable=False),
    Feature("new_hire", "context", "flag", "first 90 days", "Still new?",
            "1 up to 90 days after hire", "[28]", "in the first 90 days", window_days=0, actionable=False),
    Feature("one_to_one_gap", "context", "days", "days since the last one-to-one", "When did somebody last ask?",
            "days since the last check-in (up to 180)", "[31][32]", "{:.0f} days since the last one-to-one",
            window_days=180, burnout=1, turnover=1),
    Feature("unplanned_spells", "context", "count", "short-notice absences", "Has the body said stop?",
            "unplanned absence spells begun in 90 days", "[14]", "{:.0f} unplanned absences in 90 days",
            window_days=90, burnout=1, turnover=1, actionable=False),
    Feature("last_survey_score", "context", "points", "last burnout survey", "What did the agent last say?",
            "latest submitted score, up to 200 days old", "[37]", "{:.0f} points in the last survey",
            window_days=200, burnout=1, turnover=1, actionable=False),
)  # fmt: skip

_WITH_VERSIONS = (
    "contacts_per_hour", "occupancy", "overtime", "escalation_rate", "abuse_per_100", "quick_returns", "start_sd",
    "load_cv", "late_change_rate", "missed_break_rate", "sentiment_mean", "negative_share", "emotional_load",
)  # fmt: skip
_VERSIONS: dict[str, tuple[Literal["own_z", "peer_z"], str, str, str]] = {
    "own_z": ("own_z", "against one's own past", "(value - own mean of 3 earlier windows) / pooled within-agent SD", "own"),
    "peer_z": ("peer_z", "against peers", "(value - mean) / SD among agents on the same queue", "peers"),
}  # fmt: skip


def _version(raw: Feature, kind: str) -> Feature:
    version, phrase, formula, compared = _VERSIONS[kind]
    return Feature(
        name=f"{raw.name}_{version}",
        family=raw.family,
        unit="SD",
        label=f"{raw.label} {phrase}",
        question=f"{raw.question[:-1]}, compared with {'before' if compared == 'own' else 'colleagues'}?",
        formula=formula,
        source="[36]" if version == "own_z" else "[D]",
        shown=raw.shown,
        window_days=raw.window_days + (BASELINE_DAYS if version == "own_z" else 0),
        burnout=raw.burnout,
        turnover=raw.turnover,
        actionable=False,
        basis=raw.name,
        version=version,
    )


CATALOG: tuple[Feature, ...] = _RAW + tuple(
    _version(raw, kind) for raw in _RAW if raw.name in _WITH_VERSIONS for kind in _VERSIONS
)


def feature_names() -> list[str]:
    """Columns of the feature frame, in the catalog's order."""
    return [entry.name for entry in CATALOG]


@cache
def _by_name() -> dict[str, Feature]:
    return {entry.name: entry for entry in CATALOG}


def feature(name: str) -> Feature | None:
    """The catalog's entry for a column, or None where a table of one's own brought the column."""
    return _by_name().get(name)


@cache
def contract_version() -> str:
    """A short hash of the catalog and of the code that computes it; any change of a definition changes it.

    Comments, docstrings and layout do not count.
    """
    here = Path(__file__).parent
    code = [here / f"{name}.py" for name in ("catalog", "unknown", "rollup", "snapshot")]
    code += sorted((here / "signals").glob("*.py"))
    definitions = json.dumps([asdict(entry) for entry in CATALOG], sort_keys=True)
    text = definitions + "".join(_without_docstrings(path.read_text(encoding="utf-8")) for path in code)
    return "1." + hashlib.sha256(text.encode()).hexdigest()[:10]


def _without_docstrings(source: str) -> str:
    tree = ast.parse(source)
    for node in ast.walk(tree):
        if isinstance(node, ast.Module | ast.FunctionDef | ast.ClassDef) and ast.get_docstring(node) is not None:
            node.body = node.body[1:] or [ast.Pass()]
    return ast.unparse(tree)
