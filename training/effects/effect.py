"""What the study of a program found: effects with intervals, or a refusal that says what would answer."""

import json
from dataclasses import asdict, dataclass, field
from datetime import date
from typing import Any, Literal

__all__ = ["DESIGNS", "OUTCOMES", "Analysis", "Design", "Effect", "Estimate", "Outcome", "Refused"]

Design = Literal["randomized", "instrument", "stepped_wedge", "staggered"]
DESIGNS: tuple[Design, ...] = ("randomized", "instrument", "stepped_wedge", "staggered")


@dataclass(frozen=True)
class Outcome:
    """Something that a program is there for. `good` is the sign of a change for the better."""

    name: str
    label: str
    unit: str
    good: Literal[-1, 1]


OUTCOMES: dict[str, Outcome] = {
    one.name: one
    for one in (
        Outcome("burnout_score", "Burnout score", "points", -1),
        Outcome("burnout_prevalence", "Share in the exhausted range", "share", -1),
        Outcome("voluntary_exits", "Share who gave notice", "share", -1),
        Outcome("absence_days", "Unplanned days absent", "days per 28 days", -1),
        Outcome("csat", "CSAT", "rating points", 1),
        Outcome("nps", "NPS rating", "of ten", 1),
        Outcome("ces", "CES", "rating points", 1),
        Outcome("fcr", "Resolved at the first contact", "share", 1),
        Outcome("aht", "Average handling time", "seconds", -1),
    )
}


@dataclass(frozen=True)
class Estimate:
    """A number with its standard error and interval, from an estimator; `treated` and `control` units."""

    estimate: float
    se: float
    low: float
    high: float
    treated: int
    control: int
    method: str
    clusters: int | None = None
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Effect:
    """What a program changed in one outcome, by one design.

    `compared` says against whom; `window` is the time in which the outcome was measured; `helpful_adjusted` is whether
    the interval leaves out zero on the good side once all outcomes of the study are taken together (Holm 1979).
    """

    outcome: str
    unit: str
    estimate: float
    low: float
    high: float
    level: float
    design: Design
    compared: str
    treated: int
    control: int
    clusters: int | None
    method: str
    window: tuple[date, date]
    primary: bool = False
    helpful_adjusted: bool = False
    notes: tuple[str, ...] = ()

    @property
    def helpful(self) -> bool:
        """The interval lies on the good side of zero."""
        return self.low > 0 if OUTCOMES[self.outcome].good > 0 else self.high < 0


@dataclass(frozen=True)
class Refused:
    """An outcome that this design cannot answer, why not, and what would."""

    outcome: str
    design: Design
    why: str
    instead: str


@dataclass(frozen=True)
class Analysis:
    """The study of one program.

    `people` are counts by what they were (offered, holdout, accepted, teams); `event_study` rows of weeks from the
    begin (period), estimate, low, high. `days` is how long after a turn outcomes were counted.
    """

    program: str
    design: Design
    as_of: date
    primary: str
    effects: tuple[Effect | Refused, ...]
    people: dict[str, int] = field(default_factory=dict)
    event_study: tuple[dict[str, Any], ...] = ()
    days: int = 180

    def of(self, outcome: str, design: Design | None = None) -> Effect | Refused | None:
        """What was found of an outcome, by the study's own design where none is named."""
        wanted = design or self.design
        return next((one for one in self.effects if one.outcome == outcome and one.design == wanted), None)

    def to_json(self) -> str:
        effects = [_kind(one) | asdict(one) for one in self.effects]
        return json.dumps(asdict(self) | {"effects": effects}, default=date.isoformat)

    @classmethod
    def from_json(cls, text: str) -> "Analysis":
        """Read what `to_json` wrote."""
        found = json.loads(text)
        found["as_of"] = date.fromisoformat(found["as_of"])
        found["effects"] = tuple(map(_read, found["effects"]))
        return cls(**found | {"event_study": tuple(found["event_study"])})


def _kind(one: Effect | Refused) -> dict[str, str]:
    return {"kind": type(one).__name__}


def _read(found: dict[str, Any]) -> Effect | Refused:
    if found.pop("kind") == "Refused":
        return Refused(**found)
    first, last = found["window"]
    window = (date.fromisoformat(first), date.fromisoformat(last))
    return Effect(**found | {"window": window, "notes": tuple(found["notes"])})
