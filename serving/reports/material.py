"""What pages are made of: twelve weeks of the frame, the newest scores, and the words that all pages share."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import date
from functools import cache, cached_property
from pathlib import Path
from typing import Any

import pandas as pd
from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape
from markupsafe import Markup

from features.catalog import contract_version, own_usual, peer_usual
from features.errors import NotReadyError
from features.home import Home
from serving.privacy.releases import Releases
from serving.reports.champions import Champion, Frames
from serving.reports.scores import Scored, load_scores
from serving.reports.weeks import Weeks, dates_until, load_weeks
from serving.store import Store
from training.config import OUTCOMES

__all__ = ["NOTHING", "WEEKS", "WORK", "Material", "gather", "page", "render"]

WEEKS = 12
_AT_ONCE = 2_500
NOTHING = Markup("")
WORK = {
    "Load": ("contacts_per_hour", "occupancy", "overtime"),
    "Escalations": ("escalation_rate", "abuse_per_100"),
    "Schedule": ("quick_returns", "start_sd", "late_change_rate", "missed_break_rate"),
    "Customers' mood": ("sentiment_mean", "negative_share"),
}


@dataclass(frozen=True)
class Material:
    """What all pages are made of, and the memory of what was shown before."""

    weeks: Weeks
    scores: dict[str, Scored]
    champions: dict[str, Champion]
    releases: Releases = field(default_factory=Releases)

    @property
    def as_of(self) -> pd.Timestamp:
        return self.weeks.as_of

    @property
    def day(self) -> date:
        return self.weeks.as_of.date()

    @property
    def now(self) -> pd.DataFrame:
        """The rows of the newest date."""
        return self.weeks.now

    @cached_property
    def everyone(self) -> frozenset[str]:
        """Whoever can be in a cohort."""
        return self.weeks.everyone.union(*(scored.known for scored in self.scores.values()))

    def look_ahead(self) -> None:
        """Make what takes longest of the pages of teams, so that they need not wait for it."""
        found = [(champion, scored) for o, scored in self.scores.items() if (champion := self.champion(o))]
        for champion, scored in found:
            agents = sorted(scored.known)
            for start in range(0, len(agents), _AT_ONCE):
                champion.earlier(frozenset(agents[start : start + _AT_ONCE]))
                champion.frames.forget()

    def champion(self, outcome: str) -> Champion | None:
        """The champion where it is the model that made the scores; a page does not mix two models."""
        found = self.champions.get(outcome)
        return found if found and found.version == self.scores[outcome].model_version else None


def gather(home: Home, store: Store) -> Material:
    """What the newest scores, and the weeks before them, are.

    Raises
    ------
    NotReadyError
        Nothing was scored yet, or the features of that date are gone.
    """
    latest = {outcome: store.latest(outcome) for outcome in OUTCOMES}
    days = [day for day in latest.values() if day]
    if not days:
        raise NotReadyError("Nothing was scored yet; run `respite score` first.")
    day = max(days)
    work = [name for names in WORK.values() for name in names]
    signals = [column for name in work for column in (name, own_usual(name), peer_usual(name))]
    dates = dates_until(home, day, WEEKS)
    if not dates or dates[-1] != day:
        raise NotReadyError(f"The features of {day} are not here; run `respite features --as-of {day}`.")
    frames = Frames(home, dates)
    champions = {o: Champion(home, o, frames) for o in OUTCOMES if latest[o] == day}
    with ThreadPoolExecutor(2) as pool:  # models, frame and scores come from three places
        pool.submit(lambda: [champion.version for champion in champions.values()])
        weeks = pool.submit(load_weeks, home, dates, signals)
        scores = {outcome: load_scores(store, outcome, day, WEEKS) for outcome in champions}
    return Material(weeks.result(), scores, champions)


def render(template: str, material: Material, *, header: Markup = NOTHING, **values: Any) -> str:
    """A page from its template, with what all pages have."""
    models = ", ".join(f"{name} model version {scored.model_version}" for name, scored in material.scores.items())
    return page(template, material.day, models=models, header=header, **values)


def page(template: str, day: date, *, models: str = "", header: Markup = NOTHING, **values: Any) -> str:
    """A page that no scores are behind, or that says itself which."""
    common = {"as_of": day.isoformat(), "contract": contract_version(), "models": models}
    return _templates().get_template(template).render(**common, style=_style(), header=header, **values)


@cache
def _style() -> Markup:
    return Markup((Path(__file__).parent / "style.css").read_text(encoding="utf-8"))  # noqa: S704 - our own file


@cache
def _templates() -> Environment:
    return Environment(
        loader=FileSystemLoader(Path(__file__).parent),
        autoescape=select_autoescape(["html"]),
        undefined=StrictUndefined,
        trim_blocks=True,
    )
