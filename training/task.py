"""What training does for one outcome: which rows count, how a model is fitted on a block, and what came true.

Burnout is a label at a horizon, so that an embargo of one horizon lies between blocks. Turnover is followed day by day;
each block is followed up to the begin of the next and not a day further, which keeps the future out just the same.
"""

from dataclasses import dataclass
from functools import cached_property
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt
import pandas as pd

from features.catalog import input_names
from features.errors import NotReadyError
from features.frame import load_frame
from features.home import Home
from features.raw import reach, rows
from training.after_outreach import AfterOutreach, after_outreach, offers
from training.config import OutcomeConfig, Recipe
from training.explain import Explanation, Told
from training.hazard import Spells, follow_up, within_horizon
from training.labels import next_answers, seen_whole
from training.model import RiskModel
from training.nonresponse import response_weights
from training.split import TimeSplit, rolling_origins
from training.turnover import TurnoverModel

__all__ = ["BurnoutTask", "Model", "Task", "TurnoverTask", "task_of"]

Floats = npt.NDArray[np.float64]
Mask = npt.NDArray[np.bool_]
_LABEL_TABLE = {"burnout": "surveys", "turnover": "exits"}


class Model(Protocol):
    """What both kinds of model can do."""

    outcome: str
    contract_: str | None
    details_: dict[str, Any]

    @property
    def feature_names(self) -> list[str]: ...

    def predict_proba(self, X: pd.DataFrame) -> Floats: ...

    def predict_interval(self, X: pd.DataFrame, level: float = 0.9) -> Floats: ...

    def explain(self, X: pd.DataFrame) -> Explanation: ...

    def unlike(self, X: pd.DataFrame) -> list[str | None]: ...

    def tell(self, X: pd.DataFrame) -> Told: ...

    def prepare(self) -> None: ...


class Task(Protocol):
    """Rows of the feature frame for one outcome.

    `y` is what came true at the main horizon, NaN where it is not known or does not count, shape (n,); `after`: what
    offers did to these labels, None where there are none or labels are to count as they are.
    """

    @property
    def config(self) -> OutcomeConfig: ...

    @property
    def frame(self) -> pd.DataFrame: ...

    @property
    def y(self) -> Floats: ...

    @property
    def after(self) -> AfterOutreach | None: ...

    def splits(self) -> list[TimeSplit]:
        """Rolling origins, each with rows of every block."""

    def fit(self, split: TimeSplit, columns: list[str], recipe: Recipe) -> RiskModel | TurnoverModel:
        """A model fitted on the train block and calibrated on the calibration block."""


@dataclass(frozen=True)
class BurnoutTask:
    """Rows whose horizon is over; `scores` of the next survey, NaN for those who did not answer."""

    config: OutcomeConfig
    frame: pd.DataFrame
    scores: Floats
    after: AfterOutreach | None = None

    @cached_property
    def y(self) -> Floats:
        y = np.where(np.isnan(self.scores), np.nan, (self.scores >= self.config.threshold).astype(float))
        return y if self.after is None else np.where(self.after.offered, np.nan, y)

    def splits(self) -> list[TimeSplit]:
        config = self.config
        return rolling_origins(
            self.frame["as_of"], config.horizon_days, config.folds, config.train_share, config.calibration_share
        )

    def weights(self, split: TimeSplit) -> Floats:
        """Weights for non-response, learned in the time of training, times those after outreach."""
        weights = response_weights(self.frame, ~np.isnan(self.scores), split.train)
        return weights if self.after is None else weights * self.after.weight

    def fit(self, split: TimeSplit, columns: list[str], recipe: Recipe) -> RiskModel:
        known, agents, weights = ~np.isnan(self.y), self.frame["agent_id"].to_numpy(), self.weights(split)
        X, train, later = self.frame[columns], split.train & known, split.calibration & known
        model = RiskModel(self.config.name, recipe).fit(X[train], self.y[train], weights[train], agents[train])
        return model.calibrate(X[later], self.y[later], weights[later], agents[later])


@dataclass(frozen=True)
class TurnoverTask:
    """Rows from which people are followed, with their exits, up to `until`."""

    config: OutcomeConfig
    frame: pd.DataFrame
    exits: pd.DataFrame
    until: pd.Timestamp
    outreach: pd.DataFrame | None = None

    @cached_property
    def y(self) -> Floats:
        y = within_horizon(self.followed(self.frame, self.until), self.config.gap_days, self.config.horizon_days)
        return y if self.after is None else np.where(self.after.offered, np.nan, y)

    @cached_property
    def after(self) -> AfterOutreach | None:
        return self._after(self.frame, self.followed(self.frame, self.until), self.config.horizon_days)

    def splits(self) -> list[TimeSplit]:
        """Origins over the dates whose main horizon is over, so that each test block has known outcomes."""
        config, over = self.config, seen_whole(self.frame, self.config.horizon_days, self.until).to_numpy()
        found = rolling_origins(
            self.frame["as_of"][over], 1, config.folds, config.train_share, config.calibration_share
        )
        return [
            TimeSplit(_spread(s.train, over), _spread(s.calibration, over), _spread(s.test, over), s.dates)
            for s in found
        ]

    def fit(self, split: TimeSplit, columns: list[str], recipe: Recipe) -> TurnoverModel:
        config = self.config
        model = TurnoverModel(config.gap_days, config.horizons, config.horizon_days, recipe)
        for block, end, use in (
            (split.train & self._landmarks(), "calibration_from", model.fit),
            (split.calibration, "test_from", model.calibrate),
        ):
            rows, weight = self.frame[block], None
            spells = self.followed(rows, pd.Timestamp(split.dates[end]))
            after = self._after(rows, spells, max(config.horizons))
            if after is not None:
                kept = ~after.offered
                rows, weight = rows[kept], after.weight[kept]
                spells = Spells(spells.day[kept], spells.cause[kept])
            use(rows[columns], spells, rows["agent_id"].to_numpy(), weight)
        return model

    def followed(self, rows: pd.DataFrame, until: pd.Timestamp) -> Spells:
        return follow_up(rows, self.exits, until)

    def _after(self, rows: pd.DataFrame, spells: Spells, days: int) -> AfterOutreach | None:
        """What offers did to rows that are followed for so many days, or to the end of their spell before that."""
        if self.outreach is None:
            return None
        ends = rows["as_of"] + pd.to_timedelta(np.minimum(spells.day, days), unit="D")
        return after_outreach(rows, self.outreach, ends, self.config.offer_lasts_days)

    def _landmarks(self) -> Mask:
        """Every so many weeks' rows, by the dates that there are."""
        dates = np.sort(self.frame["as_of"].unique())[:: self.config.landmark_weeks]
        return np.asarray(self.frame["as_of"].isin(dates))


def task_of(home: Home, config: OutcomeConfig) -> BurnoutTask | TurnoverTask:
    """The task of an outcome from what a home holds.

    Raises
    ------
    NotReadyError
        There is no feature frame, no table with the outcome, or no horizon is over yet.
    """
    name = _LABEL_TABLE[config.name]
    if not home.batches(name):
        raise NotReadyError(f"Training {config.name} needs the table '{name}', which has not been ingested.")
    ends = reach(home, "contacts", "started_at", "ended_at")
    frame, table = load_frame(home), rows(home, name)
    if ends is None:
        raise NotReadyError(f"Training {config.name} needs contacts, and there are none.")
    first, until = pd.Timestamp(ends[0]), pd.Timestamp(ends[1])
    frame = frame[frame["as_of"] >= first + pd.Timedelta(days=config.min_history_days)].reset_index(drop=True)
    over = seen_whole(frame, config.horizon_days, until)
    if not over.any():
        raise NotReadyError(
            f"No row has a known {config.name} outcome yet; that takes {config.horizon_days} days after an as-of date."
        )
    outreach = offers(home, config)
    if config.name == "turnover":
        return TurnoverTask(config, frame, table, until, outreach)
    frame = frame[over].reset_index(drop=True)
    answers = next_answers(frame, table, config)
    known = answers["submitted_at"].fillna(frame["as_of"] + pd.Timedelta(days=config.horizon_days))
    after = None if outreach is None else after_outreach(frame, outreach, known, config.offer_lasts_days)
    return BurnoutTask(config, frame, answers["score"].to_numpy(dtype=float), after)


def model_columns() -> list[str]:
    """The columns that models of outcomes read (decision 8)."""
    return input_names()


def _spread(mask: Mask, over: Mask) -> Mask:
    """A mask of some rows as a mask of all."""
    found = np.zeros(len(over), dtype=bool)
    found[over] = mask
    return found
