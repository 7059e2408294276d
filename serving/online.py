"""What is computed at the moment of the question: rows that the caller brings, what-if, and what the model is."""

import threading
from collections.abc import Sequence
from datetime import date
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import pandas as pd

from features.catalog import contract_version, feature, feature_names
from features.errors import InputError, NotReadyError
from features.frame import load_row
from features.home import Home
from serving.rows import horizons, score_frame
from serving.schemas import USE, RowsRequest
from serving.scoring import Answer
from serving.shown import parts
from serving.what_if import NOTE, beside
from training.task import Model

if TYPE_CHECKING:
    from training.tracking import Registered

__all__ = ["Online"]

_TOP = 5  # reasons of an answer to what-if
_KEPT = 256  # rows that what-if was asked about
Parts = dict[str, Any]
_METRICS = ("rows", "positives", "auroc", "auprc", "brier", "calibration_slope", "calibration_intercept", "lift_top")


class Online:
    """The champions of a home, loaded once."""

    def __init__(self, home: Home) -> None:
        self.home = home
        self._models: dict[str, tuple[Model, Registered]] = {}
        self._row = lru_cache(maxsize=_KEPT)(self._read)
        self._now: dict[tuple[str, date, str], Parts] = {}
        self._preparing: dict[str, threading.Thread] = {}

    def load(self, outcome: str) -> tuple[Model, "Registered"]:
        """The champion of an outcome.

        Raises
        ------
        NotReadyError
            There is none.
        """
        if outcome not in self._models:
            from training.tracking import load_current  # MLflow: the process that starts the workers needs none

            self._models[outcome] = load_current(self.home, outcome)
        return self._models[outcome]

    def loaded(self, outcome: str) -> bool:
        return outcome in self._models

    def score_rows(self, request: RowsRequest) -> Answer:
        """Score rows of features that the caller brings; nothing is kept.

        Raises
        ------
        InputError
            A name is not in the catalog, or a value is not finite.
        """
        model, champion = self.load(request.outcome)
        rows = _main(model, champion.version, _frame(request.rows), request.top_reasons)
        body = {"scores": [parts(row, request.top_reasons) for row in rows]}
        return self._answer(request.outcome, body, group=f"{len(rows)} rows of the caller's")

    def what_if(self, agent_id: str, as_of: date, outcome: str, changes: dict[str, float]) -> Answer:
        """The score of one agent with other values of signals that work can change.

        Raises
        ------
        InputError
            A change is not possible (see `serving.what_if.changed`).
        NotReadyError
            The features of that date are not kept any more.
        """
        model, _ = self.load(outcome)
        row = self._row(as_of, agent_id)
        if row is None:
            raise NotReadyError(f"The features of {as_of} are not here; run `respite features --as-of {as_of}`.")
        both = beside(row, changes, model.details_.get("profile", {}))
        now, then = self._scored(outcome, as_of, agent_id, both)
        self._prepare(outcome)  # afterwards, so that it works on the trees that this answer has read
        apart = None
        if now["probability"] is not None and then["probability"] is not None:
            apart = then["probability"] - now["probability"]
        body = {"agent_id": agent_id, "as_of": as_of.isoformat(), "changes": changes, "now": now, "then": then}
        return self._answer(outcome, body | {"difference": apart, "note": NOTE}, (agent_id,))

    def _scored(self, outcome: str, as_of: date, agent_id: str, both: pd.DataFrame) -> tuple[Parts, Parts]:
        """The score as it is, which later questions about the same row need not ask for again, and the other one."""
        (model, champion), key = self.load(outcome), (outcome, as_of, agent_id)
        known = self._now.get(key)
        rows = both if known is None else both[1:].reset_index(drop=True)
        *first, then = (parts(found, _TOP) for found in _main(model, champion.version, rows, _TOP))
        if known is None:
            if len(self._now) >= _KEPT:
                self._now.clear()
            [known] = first
            self._now[key] = known
        return known, then

    def settle(self) -> None:
        """Wait until what makes later answers faster is there."""
        for preparing in self._preparing.values():
            preparing.join()

    def _prepare(self, outcome: str) -> None:
        """Once there was a first answer, beside the next: whoever asks once will ask more."""
        if outcome not in self._preparing:
            model, _ = self.load(outcome)
            self._preparing[outcome] = threading.Thread(target=model.prepare, name=f"prepare {outcome}", daemon=True)
            self._preparing[outcome].start()

    def _read(self, day: date, agent_id: str) -> pd.DataFrame | None:
        """The numbers of a row, with names of columns as plain strings: choosing among Arrow's takes longer."""
        found = load_row(self.home, day, agent_id)
        if found is None:
            return None
        return found.set_axis(found.columns.astype(object), axis=1).select_dtypes("number")

    def about(self, outcome: str) -> Answer:
        """The model in charge, how it did on months it had not seen, and its inputs."""
        model, champion = self.load(outcome)
        details: Any = model.details_
        metrics = {name: value for name, value in champion.metrics.items() if name in _METRICS}
        body = {
            "outcome": outcome,
            "model_version": champion.version,
            "contract_version": contract_version(),
            "run_id": champion.run_id,
            "horizons_days": horizons(model),
            "base_rate": float(details["base_rate"]),
            "metrics": metrics,
            "inputs": [_input(name) for name in model.feature_names],
            "use": USE,
        }
        return Answer(body, model=f"{outcome} {champion.version}")

    def _answer(self, outcome: str, body: dict[str, Any], agents: tuple[str, ...] = (), group: str = "") -> Answer:
        model, champion = self.load(outcome)
        common = {
            "outcome": outcome,
            "horizon_days": model.details_["config"]["horizon_days"],
            "model_version": champion.version,
            "contract_version": contract_version(),
            "use": USE,
        }
        return Answer(common | body, agents, group, f"{outcome} {champion.version}")


def _main(model: Model, version: str, frame: pd.DataFrame, top: int) -> list[dict[str, Any]]:
    """Rows as the batch would write them, at the model's main horizon."""
    return score_frame(model, version, frame, [model.details_["config"]["horizon_days"]], top)


def _frame(rows: Sequence[dict[str, float | None]]) -> pd.DataFrame:
    """Rows of the request as a frame with every feature; what was not sent is unknown."""
    known = set(feature_names())
    for number, row in enumerate(rows):
        for name in row:
            if name not in known:
                raise InputError(
                    f"rows[{number}]: {name[:60]!r} is not a feature; the catalog has {len(known)}, such as tenure."
                )
    frame = pd.DataFrame(list(rows)).reindex(columns=feature_names()).astype("float64")
    return frame.assign(as_of=pd.Timestamp(0), agent_id="", team_id="", site_id="", queue="")


def _input(name: str) -> dict[str, Any]:
    entry = feature(name)
    if entry is None:
        return {"name": name}
    names = ("name", "family", "unit", "label", "question", "formula", "source", "actionable")
    return {key: getattr(entry, key) for key in names}
