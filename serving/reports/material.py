"""What pages are made of: twelve weeks of the frame, the newest scores, and the words that all pages share."""

from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import cache, cached_property
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape
from markupsafe import Markup
from sqlalchemy import select

from features.catalog import Feature, contract_version, feature, own_usual, peer_usual
from features.errors import NotReadyError
from features.frame import load_frame
from features.home import Home
from serving.privacy.releases import Releases
from serving.reports.charts import sparkline
from serving.store import Score, Store
from training.config import OUTCOMES

__all__ = ["NOTHING", "TITLES", "WORK", "Material", "gather", "meaning", "render", "shown_row", "work_row"]

WEEKS = 12
NOTHING = Markup("")
TITLES = {"burnout": "Exhaustion", "turnover": "Leaving"}
WORK = (
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


@dataclass(frozen=True)
class Material:
    """What both pages are made of: twelve weeks of the frame, the newest scores, and what was shown before.

    `carried`: earlier scores of those weeks, the last of each agent.
    """

    weeks: pd.DataFrame
    as_of: pd.Timestamp
    scores: dict[str, list[Score]]
    certainty: str
    carried: dict[str, list[Score]] = field(default_factory=dict)
    releases: Releases = field(default_factory=Releases)

    @property
    def now(self) -> pd.DataFrame:
        """The rows of the newest date."""
        return self.weeks[self.weeks["as_of"] == self.as_of]

    @cached_property
    def everyone(self) -> frozenset[str]:
        """Whoever is in any of the weeks."""
        return frozenset(self.weeks["agent_id"])


def gather(home: Home, store: Store) -> Material:
    latest = {outcome: store.latest(outcome) for outcome in OUTCOMES}
    days = [day for day in latest.values() if day]
    if not days:
        raise NotReadyError("Nothing was scored yet; run `respite score` first.")
    day = max(days)
    scores = {o: store.scores(o, day) for o in OUTCOMES if latest[o] == day}
    carried = {o: _last_scores(store, o, day) for o in scores}
    as_of = pd.Timestamp(day)
    weeks = load_frame(home, since=(as_of - pd.Timedelta(weeks=WEEKS - 1)).date())
    return Material(weeks[weeks["as_of"] <= as_of], as_of, scores, _certainty(home, list(scores)), carried)


def _last_scores(store: Store, outcome: str, day: date) -> list[Score]:
    """The last score of everyone in the weeks before a day."""
    query = (
        select(Score)
        .where(Score.outcome == outcome, Score.as_of < day, Score.as_of > day - timedelta(weeks=WEEKS))
        .where(Score.probability.is_not(None))
        .order_by(Score.as_of)
    )
    with store.session() as session:
        return list({score.agent_id: score for score in session.scalars(query)}.values())


def meaning(outcome: str) -> str:
    return "answer a survey in the exhausted range" if outcome == "burnout" else "give notice"


def work_row(name: str, weeks: pd.DataFrame, material: Material) -> dict[str, Any]:
    entry = feature(name)
    assert entry is not None  # noqa: S101 - WORK names features of the catalog; a test holds that
    dates = sorted(material.weeks["as_of"].unique())
    own, before, queue = (
        weeks.groupby("as_of")[column].mean().reindex(dates) for column in (name, own_usual(name), peer_usual(name))
    )
    return shown_row(entry, own, before, queue)


def shown_row(entry: Feature, own: pd.Series, before: pd.Series, queue: pd.Series) -> dict[str, Any]:
    """A row of the table of work from three lines over weeks; the last of each is the number that is shown."""
    shown = [_plain(entry, float(line.iloc[-1])) for line in (own, before, queue)]
    about = f"{entry.label}: {shown[0]} now, {shown[1]} before, {shown[2]} on the queue; 12 weeks"
    return {
        "label": f"{entry.label}{_UNITS.get(entry.unit, '')}",
        "now": shown[0],
        "before": shown[1],
        "queue": shown[2],
        "chart": Markup(sparkline(list(own), list(queue), about)),  # noqa: S704 - numbers and the catalog's words, escaped
    }


def render(template: str, material: Material, *, header: Markup = NOTHING, **values: Any) -> str:
    models = ", ".join(f"{o} model version {s[0].model_version}" for o, s in material.scores.items() if s)
    day: date = material.as_of.date()
    common = {"as_of": day.isoformat(), "contract": contract_version(), "models": models}
    style = Markup((Path(__file__).parent / "style.css").read_text(encoding="utf-8"))  # noqa: S704 - our own file
    return _templates().get_template(template).render(**common, style=style, header=header, **values)


def _certainty(home: Home, outcomes: list[str]) -> str:
    """What the champions reached on months that they had not seen."""
    from training.tracking import current

    said = []
    for outcome in outcomes:
        found = current(home, outcome)
        if found:
            share = found.metrics["auroc"]
            said.append(
                f"For {TITLES[outcome].lower()}, on later months that the model had not seen, a person concerned"
                f" ranked above one not concerned in {share:.0%} of pairs (50% is chance), and scores of"
                f" {found.metrics['mean_score']:.0%} on average came true in {found.metrics['base_rate']:.0%}"
            )
    return (
        ". ".join(said)
        + ". Work data says little about any single person; treat it as a reason to ask, not as an answer."
    )


def _plain(entry: Feature, value: float) -> str:
    """A mean in the unit of its feature; a count's mean keeps a decimal."""
    if not np.isfinite(value):
        return "not known"
    start, end = entry.shown.index("{"), entry.shown.index("}") + 1
    return entry.shown[start:end].replace(".0f", ".1f").format(value)


@cache
def _templates() -> Environment:
    return Environment(
        loader=FileSystemLoader(Path(__file__).parent),
        autoescape=select_autoescape(["html"]),
        undefined=StrictUndefined,
        trim_blocks=True,
    )
