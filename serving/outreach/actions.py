"""The catalog of care actions, read from `actions.yaml` (domain reference, section 6).

Each has drivers that it answers, its evidence, its price, and words that can be said.
"""

from functools import cache
from pathlib import Path
from typing import Annotated, Any, Literal, Self

import yaml
from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError, model_validator

from features.catalog import CATALOG, Family, feature
from features.errors import ConfigError
from serving.outreach.words import refuse_words, texts_of

__all__ = [
    "DOMINANT",
    "Action",
    "Catalog",
    "Driver",
    "Evidence",
    "Frozen",
    "Guide",
    "Name",
    "Text",
    "catalog",
    "first_error",
]

Level = Literal["organizational", "team", "individual"]
Whom = Literal["all", "new hires", "remote"]
Name = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9-]{1,39}$")]
Text = Annotated[str, StringConstraints(min_length=3, max_length=300, strip_whitespace=True)]
DOMINANT: tuple[Family, ...] = ("workload", "schedule")


class Frozen(BaseModel):
    """Never changed, and without keys that nobody knows."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Driver(Frozen):
    """Signals of one family that speak of one thing."""

    family: Family
    signals: tuple[str, ...] = Field(min_length=1)


class Evidence(Frozen):
    """`grade`: A randomized, call-centre-like; B randomized elsewhere or meta-analysis; C observational; D practice."""

    grade: Literal["A", "B", "C", "D"]
    source: Text


class Guide(Frozen):
    """How to lead the conversation: it opens, asks, avoids, and ends with a next step."""

    opening: Text
    questions: tuple[Text, ...] = Field(min_length=1)
    avoid: tuple[Text, ...] = Field(min_length=1)
    next_step: Text


class Action(Frozen):
    """One thing that can be offered.

    Attributes
    ----------
    whom
        Whom it is for: everyone, people in their first 90 days, or those who mostly work remotely.
    contact_reasons, queues
        Kinds of contact that it helps with, in words, and patterns of the queues that bring them (`*` is any text);
        none: any queue.
    start_within_days
        From a yes to its first step.
    initiated_by
        `agent`: it is made known and never offered to someone in particular.
    always
        It is suggested where nothing else is.
    """

    id: Name
    name: Text
    drivers: tuple[Name, ...] = Field(min_length=1)
    level: Level
    evidence: Evidence
    cost: Text
    cadence: Text
    who: Text
    words: Text
    guide: Guide
    whom: Whom = "all"
    contact_reasons: tuple[Text, ...] = ()
    queues: tuple[Annotated[str, StringConstraints(min_length=1)], ...] = ()
    start_within_days: int = Field(ge=1, le=90)
    initiated_by: Literal["organization", "agent"] = "organization"
    always: bool = False

    @property
    def for_anyone(self) -> bool:
        """Whether it fits every person on every queue, offered by the organization."""
        return self.whom == "all" and not self.queues and self.initiated_by == "organization"

    @model_validator(mode="after")
    def _keeps_to_the_words(self) -> Self:
        for text in texts_of(self):
            refuse_words(text)
        for text in texts_of([self.words, self.guide.opening, self.guide.questions]):
            refuse_words(text, spoken=True)
        return self


class Catalog(Frozen):
    """Drivers by name, and actions by id.

    Raises
    ------
    ValidationError
        A driver or a signal is unknown or named twice, two actions have one id, not exactly one action is `always`
        suggested, or a driver of workload or schedule has no organizational action for everyone.
    """

    drivers: dict[Name, Driver]
    actions: tuple[Action, ...]

    def action(self, name: str) -> Action | None:
        """An action by its id."""
        return next((one for one in self.actions if one.id == name), None)

    @model_validator(mode="after")
    def _signals_are_the_features(self) -> Self:
        named = [signal for driver in self.drivers.values() for signal in driver.signals]
        known = {entry.basis or entry.name for entry in CATALOG}
        if sorted(named) != sorted(known):
            wrong = sorted({*(set(named) ^ known), *(one for one in named if named.count(one) > 1)})
            raise ValueError(f"drivers: {', '.join(wrong)}: every signal of the catalog is in exactly one driver")
        for name, driver in self.drivers.items():
            for signal in driver.signals:
                entry = feature(signal)
                if entry is None or entry.family != driver.family:
                    raise ValueError(f"drivers.{name}: {signal} is not of the family {driver.family}")
        return self

    @model_validator(mode="after")
    def _actions_fit_the_drivers(self) -> Self:
        ids = [one.id for one in self.actions]
        if twice := sorted({one for one in ids if ids.count(one) > 1}):
            raise ValueError(f"actions: {', '.join(twice)} is there twice; an id names one action")
        for one in self.actions:
            for unknown in set(one.drivers) - set(self.drivers):
                raise ValueError(f"actions.{one.id}: no driver {unknown!r}; those are {', '.join(self.drivers)}")
        always = [one.id for one in self.actions if one.always and one.for_anyone and one.level != "individual"]
        if len(always) != 1 or sum(one.always for one in self.actions) != 1:
            raise ValueError(
                f"actions: {always or 'none'} is 'always' suggested; it must be exactly one, for everyone and not"
                " individual"
            )
        return self

    @model_validator(mode="after")
    def _work_is_answered_by_the_organization(self) -> Self:
        answered = {d for one in self.actions if one.level == "organizational" and one.for_anyone for d in one.drivers}
        for name, driver in self.drivers.items():
            if driver.family in DOMINANT and name not in answered:
                raise ValueError(f"actions: none that is organizational and for everyone answers the driver {name}")
        return self


@cache
def catalog() -> Catalog:
    """The catalog that comes with Respite."""
    path = Path(__file__).parent / "actions.yaml"
    found: Any = yaml.load(path.read_text(encoding="utf-8"), Loader=yaml.CSafeLoader)
    try:
        return Catalog.model_validate(found)
    except ValidationError as error:
        raise ConfigError(f"{path.name}: {first_error(error)}.") from error


def first_error(error: ValidationError) -> str:
    """The first thing that is wrong, with its place."""
    first = error.errors()[0]
    place = ".".join(map(str, first["loc"]))
    said = first["msg"].removeprefix("Value error, ")
    return f"{place}: {said}" if place else said
