"""A model card and technical documentation as one HTML page, rendered from what a run found.

The page needs nothing else: no script, no font, no request. What a run did not record is said to be missing; nothing
is filled in by hand that a run knows, and nothing is made up that it does not.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import pandas as pd
from markupsafe import Markup

from training.card import rows
from training.card.charts import calibration_chart, months_chart
from training.card.words import LIMITS, PURPOSE, REFUSED, SAID_OF
from training.promotion import Gate

__all__ = ["Card", "card"]

Estimate = tuple[float, float, float]


@dataclass(frozen=True)
class Card:
    """What a run knows of its model; everything but the outcome may be missing.

    Attributes
    ----------
    label
        What is predicted, in a sentence; derived from the fields after it where it is None.
    dates
        `train_from`, `train_to`, `calibration_from`, ... as `training.split.TimeSplit.dates`.
    after_outreach
        What was done about labels that came about after an offer, in a sentence.
    tables
        Rows of each table that was ingested.
    features
        Names of the columns that the model reads.
    measures
        Per score (`model` and whatever it is compared with) the values of `training.evaluate.Metrics`.
    intervals, advantages
        Estimate and 95 % bounds: of the model's measures; of its advantage over other scores, by measure.
    unseen
        Measures on people and sites that training had not seen.
    reliability
        Columns score, observed, rows (`training.evaluate.reliability`).
    months
        Columns month, score, observed, low, high, rows (`training.evaluation.over_time.by_month`, index reset).
    fairness_groups
        `training.fairness.comparison.Audit.groups`.
    nonresponse
        Columns assumed, prevalence, mean_score, gap (`training.nonresponse.sensitivity`).
    drivers
        Mean absolute contribution of each feature to the log-odds.
    lead_days
        Quartiles of the days between the first time among those to be reached, and the event.
    abstains
        When the model says nothing about a person, a sentence each.
    overrides
        What was overridden, why and by whom, a sentence each.
    """

    outcome: str
    version: str | None = None
    run_id: str | None = None
    trained_on: str | None = None
    label: str | None = None
    instrument: str | None = None
    instrument_version: str | None = None
    scale: str | None = None
    threshold: float | None = None
    horizon_days: int | None = None
    horizons: Sequence[int] = ()
    gap_days: int | None = None
    dates: Mapping[str, str] = field(default_factory=dict)
    rows: int | None = None
    agents: int | None = None
    events: int | None = None
    after_outreach: str | None = None
    tables: Mapping[str, int] = field(default_factory=dict)
    contract_version: str | None = None
    features: Sequence[str] = ()
    measures: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    intervals: Mapping[str, Estimate] = field(default_factory=dict)
    advantages: Mapping[str, Mapping[str, Estimate]] = field(default_factory=dict)
    unseen: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    reliability: pd.DataFrame | None = None
    months: pd.DataFrame | None = None
    fairness_verdict: str | None = None
    fairness_sentence: str | None = None
    fairness_groups: pd.DataFrame | None = None
    nonresponse: pd.DataFrame | None = None
    drivers: Mapping[str, float] = field(default_factory=dict)
    stability: float | None = None
    additivity_error: float | None = None
    lead_days: Estimate | None = None
    never_reached: float | None = None
    abstains: Sequence[str] = ()
    gates: Sequence[Gate] = ()
    decision: str | None = None
    reviewer: str | None = None
    overrides: Sequence[str] = ()
    contact: str | None = None
    code_version: str | None = None
    packages: Mapping[str, str] = field(default_factory=dict)
    parameters: Mapping[str, Any] = field(default_factory=dict)


def card(about: Card) -> str:
    """The page as HTML."""
    page: str = _template().render(
        about=about,
        label=about.label or _label(about),
        purpose=PURPOSE,
        refused=REFUSED,
        limits=LIMITS.get(about.outcome, ()),
        blocks=rows.blocks(about.dates),
        families=rows.families(about.features, about.outcome),
        scores=list(about.measures),
        measures=rows.measures(about.measures, about.intervals),
        advantages=rows.advantages(about.advantages),
        unseen=rows.unseen(about.unseen),
        calibration_chart=Markup(calibration_chart(about.reliability)),  # noqa: S704 - our own SVG
        months_chart=Markup(months_chart(about.months)),  # noqa: S704 - our own SVG
        months=rows.months(about.months),
        groups=rows.groups(about.fairness_groups),
        nonresponse=rows.nonresponse(about.nonresponse),
        drivers=rows.drivers(about.drivers, about.outcome),
        gates=rows.gates(about.gates),
        number=rows.number,
        percent=rows.percent,
        words=rows.words,
        style=Markup((_FOLDER / "card.css").read_text(encoding="utf-8")),  # noqa: S704 - our own file
    )
    return page


_FOLDER = Path(__file__).parent / "templates"


@cache
def _template() -> Any:
    from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape

    environment = Environment(
        loader=FileSystemLoader(_FOLDER), undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True,
        autoescape=select_autoescape(["html"]),
    )  # fmt: skip
    return environment.get_template("card.html")


def _label(about: Card) -> str | None:
    """What is predicted, where every part of the sentence is known."""
    parts = {name: getattr(about, name) for name in ("threshold", "instrument", "scale", "horizon_days", "gap_days")}
    sentence = SAID_OF.get(about.outcome)
    if sentence is None or any(value is None and f"{{{name}" in sentence for name, value in parts.items()):
        return None
    return sentence.format(**parts)
