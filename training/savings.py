"""What a program saved and cost: only what was measured against a comparison counts; the lower bound comes first."""

from dataclasses import dataclass
from pathlib import Path
from typing import Self

import numpy as np
import numpy.typing as npt
import pandas as pd
import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from features.errors import ConfigError
from training.effects.effect import Analysis, Effect
from training.effects.panel import PERIOD_DAYS

__all__ = ["Costs", "ProgramCosts", "Savings", "compare", "load_costs", "savings"]

Floats = npt.NDArray[np.float64]
DRAWS, LEVEL = 20_000, 0.95
_Z = 1.959964


class _Strict(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Share(_Strict):
    """Replacing one leaver, as a share of annual pay; by default as published: 16 %, 20 %, 33 %.

    Sources: 16 % and 33 % Cornell (blog.contactcenterpipeline.com 2019/09), 20 % about the median over jobs
    (callcentrehelper.com).
    """

    low: float = Field(0.16, gt=0)
    mode: float = Field(0.20, gt=0)
    high: float = Field(0.33, gt=0)

    @model_validator(mode="after")
    def _rises(self) -> Self:
        if not self.low < self.high or not self.low <= self.mode <= self.high:
            raise ValueError("low, mode and high have to rise")
        return self


class ProgramCosts(_Strict):
    """What a program costs: once, and for each person who was offered it."""

    fixed: float = Field(0, ge=0)
    per_person: float = Field(0, ge=0)
    uncertainty: float = Field(0.1, ge=0, le=1, description="How far it may be off, as a share, either way.")


class Costs(_Strict):
    """Prices of one organization, in its own currency.

    `replacement_parts` (such as recruiting, training, ramp-up), where known, are taken instead of a share of pay.
    """

    currency: str = Field("EUR", min_length=1, max_length=8)
    annual_pay: float = Field(gt=0)
    replacement: Share = Share()
    replacement_parts: dict[str, float] = Field(default_factory=dict)
    absence_per_day: float = Field(ge=0)
    programs: dict[str, ProgramCosts]


@dataclass(frozen=True)
class Savings:
    """A program's return: (saved - cost) / cost, with its interval; `tornado` is what moves it, the most first.

    Tornado rows: what, low and high of it, and the return at either with all else at its mean. `counted` and
    `not_counted` say which parts went in and why others did not.
    """

    program: str
    currency: str
    people: int
    cost: float
    saved: float
    low: float
    median: float
    high: float
    tornado: tuple[dict[str, float | str], ...]
    counted: tuple[str, ...]
    not_counted: tuple[str, ...]

    @property
    def sentence(self) -> str:
        """What may be said."""
        if self.cost == 0:
            return f"{self.program} costs nothing by these prices, so there is no return on it to speak of."
        loss = " It may have cost more than it brought." if self.low < 0 else ""
        return (
            f"Every {self.currency} spent on {self.program} brought back at least {1 + self.low:.2f}, probably about"
            f" {1 + self.median:.2f}, at most {1 + self.high:.2f} (95 of 100 times).{loss}"
        )


def load_costs(file: Path) -> Costs:
    """Read and check a file of prices.

    Raises
    ------
    ConfigError
        It cannot be read, or a value is not what is wanted.
    """
    try:
        return Costs.model_validate(yaml.safe_load(file.read_text(encoding="utf-8")))
    except (OSError, yaml.YAMLError) as error:
        raise ConfigError(f"costs {file}: cannot be read: {str(error).splitlines()[0]}.") from error
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(map(str, first["loc"]))
        raise ConfigError(f"costs {file}: {place}: {first['msg'].removeprefix('Value error, ')}.") from error


def savings(found: Analysis, costs: Costs, seed: int = 0) -> Savings:
    """The return of a program from its measured effects and an organization's prices.

    Raises
    ------
    ConfigError
        The prices do not name the program.
    """
    if found.program not in costs.programs:
        raise ConfigError(f"costs: programs.{found.program} is missing; there are {', '.join(costs.programs)}.")
    price, rng, people = costs.programs[found.program], np.random.default_rng(seed), found.people.get("offered", 0)
    drawn: dict[str, Floats] = {"cost of the program": _around(rng, price.fixed + price.per_person * people, price)}
    counted, not_counted = [], []
    periods = 1.0 if found.design == "randomized" else found.days / PERIOD_DAYS
    per = {"voluntary_exits": periods, "absence_days": found.days / PERIOD_DAYS}
    labels = {"voluntary_exits": "notices avoided", "absence_days": "days of absence avoided"}
    for name, label in labels.items():
        one = found.of(name)
        if isinstance(one, Effect):
            drawn[label] = -rng.normal(one.estimate, (one.high - one.low) / 2 / _Z, DRAWS) * people * per[name]
            counted.append(f"{label}: measured against {one.compared}")
        else:
            drawn[label] = np.zeros(DRAWS)
            not_counted.append(f"{label}: {one.why if one else 'not studied'}")
    drawn["cost of replacing one person"] = _replacement(rng, costs)
    drawn["cost of a day of absence"] = np.full(DRAWS, costs.absence_per_day)
    returns = _return(drawn)
    low, median, high = np.quantile(returns, [(1 - LEVEL) / 2, 0.5, (1 + LEVEL) / 2])
    mean = {name: np.array([values.mean()]) for name, values in drawn.items()}
    saved = float((_return(mean)[0] + 1) * mean["cost of the program"][0])
    return Savings(
        found.program, costs.currency, people, float(mean["cost of the program"][0]), saved, float(low),
        float(median), float(high), _tornado(drawn, mean), tuple(counted), tuple(not_counted),
    )  # fmt: skip


def compare(found: list[tuple[Analysis, Savings]]) -> pd.DataFrame:
    """Programs side by side: cost, reach, effect on what each was for, return, evidence; the best lower bound first."""
    rows = []
    for analysis, saved in found:
        primary = analysis.of(analysis.primary)
        effect = primary if isinstance(primary, Effect) else None
        rows.append({
            "program": analysis.program, "cost": saved.cost, "reach": saved.people,
            "outcome": analysis.primary, "effect": effect.estimate if effect else np.nan,
            "effect_low": effect.low if effect else np.nan, "effect_high": effect.high if effect else np.nan,
            "return_low": saved.low, "return": saved.median, "return_high": saved.high,
            "evidence": analysis.design if effect else "none",
        })  # fmt: skip
    return pd.DataFrame(rows).sort_values("return_low", ascending=False, kind="stable").reset_index(drop=True)


def _return(drawn: dict[str, Floats]) -> Floats:
    saved = drawn["notices avoided"] * drawn["cost of replacing one person"]
    saved = saved + drawn["days of absence avoided"] * drawn["cost of a day of absence"]
    cost = drawn["cost of the program"]
    return np.asarray(np.divide(saved - cost, cost, out=np.zeros_like(saved), where=cost > 0))


def _replacement(rng: np.random.Generator, costs: Costs) -> Floats:
    if costs.replacement_parts:
        return np.full(DRAWS, sum(costs.replacement_parts.values()))
    share = costs.replacement
    return costs.annual_pay * rng.triangular(share.low, share.mode, share.high, DRAWS)


def _around(rng: np.random.Generator, middle: float, price: ProgramCosts) -> Floats:
    return middle * (1 + price.uncertainty * rng.uniform(-1, 1, DRAWS))


def _tornado(drawn: dict[str, Floats], mean: dict[str, Floats]) -> tuple[dict[str, float | str], ...]:
    """One at a time at its lower and its upper end, all else at the mean."""
    rows: list[dict[str, float | str]] = []
    for name, values in drawn.items():
        low, high = np.quantile(values, [(1 - LEVEL) / 2, (1 + LEVEL) / 2])
        if low < high:
            at = [float(_return(mean | {name: np.array([end])})[0]) for end in (low, high)]
            rows.append({"what": name, "low": float(low), "high": float(high), "at_low": at[0], "at_high": at[1]})
    return tuple(sorted(rows, key=lambda row: -abs(float(row["at_high"]) - float(row["at_low"]))))
