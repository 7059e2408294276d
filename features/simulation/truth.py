"""The truth of a simulation: states, hazards and effects, and the numbers that made them. Written apart; no model
reads it."""

import json
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from features.errors import NotReadyError
from features.home import Home
from features.simulation import conditions, exhaustion, hazards, surveys

__all__ = ["Truth", "coefficients"]

_FRAMES = ("weeks", "surveys", "programs")


@dataclass(frozen=True)
class Truth:
    """What is true, and no export would show.

    Parameters
    ----------
    weeks
        One row per agent and week on the job: exhaustion after that week, traits, conditions, days off, the slow
        averages `exposure_*` that exhaustion is linear in, drivers of the hazards, hazards, a program's effect.
    surveys
        One row per wave and agent on the job: chance to answer, whether it was answered, items and score.
    programs
        One row per program and agent that was assigned: arm, participation, weeks, effect.
    coefficients
        Names and weights of what drives exhaustion, surveys and exits.
    """

    weeks: pd.DataFrame
    surveys: pd.DataFrame
    programs: pd.DataFrame
    coefficients: dict[str, Any]

    def write(self, home: Home) -> None:
        """Write into the home's folder of truth."""
        home.truth.mkdir(parents=True, exist_ok=True)
        for name in _FRAMES:
            getattr(self, name).to_parquet(home.truth / f"{name}.parquet", index=False)
        text = json.dumps(self.coefficients, indent=2) + "\n"
        (home.truth / "coefficients.json").write_text(text, encoding="utf-8")

    @classmethod
    def read(cls, home: Home) -> "Truth":
        """Read what a simulation wrote.

        Raises
        ------
        NotReadyError
            Nothing was simulated in this home.
        """
        if not (home.truth / "coefficients.json").exists():
            raise NotReadyError(f"{home.truth} holds no truth; run `respite simulate` first.")
        weeks, answers, programs = (pd.read_parquet(home.truth / f"{name}.parquet") for name in _FRAMES)
        text = (home.truth / "coefficients.json").read_text(encoding="utf-8")
        return cls(weeks, answers, programs, json.loads(text))


def coefficients() -> dict[str, Any]:
    """Every weight that made states, answers and exits."""
    relief = {name: -weight for name, weight in exhaustion.RELIEF.items()}
    return {
        "exhaustion": {
            "keep": exhaustion.KEEP,
            "noise_sd": exhaustion.NOISE_SD,
            "demands_by_susceptibility": exhaustion.DEMANDS,
            "relief": relief,
            "drivers": {**exhaustion.DEMANDS, **relief},
        },
        "conditions": {"stays": conditions.STAYS, "manager_share_of_support": conditions.MANAGER_SHARE},
        "surveys": {
            "mean": surveys.MEAN,
            "per_exhaustion": surveys.PER_EXHAUSTION,
            "occasion_sd": surveys.OCCASION_SD,
            "item_sd": surveys.ITEM_SD,
            "loadings": np.asarray(surveys.LOADINGS).tolist(),
            "offsets": np.asarray(surveys.OFFSETS).tolist(),
            "answer_log_odds": {"base": surveys.ANSWER, "exhaustion": surveys.ANSWER_PER_EXHAUSTION},
        },
        "voluntary": {"base": hazards.VOLUNTARY["base"], "drivers": _drivers(hazards.VOLUNTARY)},
        "involuntary": {"base": hazards.INVOLUNTARY["base"], "drivers": _drivers(hazards.INVOLUNTARY)},
        "transfer": hazards.TRANSFER,
    }


def _drivers(weights: dict[str, float]) -> dict[str, float]:
    return {name: weight for name, weight in weights.items() if name != "base"}
