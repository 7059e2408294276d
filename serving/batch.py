"""The nightly batch: champion models over one date of the feature frame, scores and reasons into the store.

Agents are scored some thousand at a time, so that memory is bounded. Their rows wait in a file until all are there.
Then one transaction puts them in the place of the former rows of that date, for every outcome and horizon: a date is
there whole or as it was before, and while the models work nobody has to wait for the store.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pandas as pd

from features.at_work import at_work
from features.catalog import feature_names
from features.errors import InputError
from features.frame import frame_dates, load_frame, partition
from features.home import Home
from serving.consent import agreed, refuse_when_stopped
from serving.privacy.opt_out import to_be_scored
from serving.reasons import Sentences
from serving.rows import THIN_HISTORY, UNLIKE, Answers, Row, ask, band, opted_out, score_frame, told, unscored
from serving.spark import over_spark
from serving.store import Store
from serving.waiting import Waiting
from training.config import OUTCOMES
from training.task import Model
from training.tracking import load_current

__all__ = ["THIN_HISTORY", "UNLIKE", "BatchReport", "band", "score_all", "score_frame"]

AT_ONCE = 2_500
Models = dict[str, tuple[Model, str]]


@dataclass(frozen=True)
class BatchReport:
    """What one batch wrote: per outcome, the model's version, and how many were scored and abstained."""

    as_of: date
    outcomes: dict[str, dict[str, Any]]


def score_all(
    home: Home,
    as_of: date | None = None,
    outcomes: Sequence[str] = tuple(OUTCOMES),
    say: Callable[[str], None] = lambda text: None,
    at_once: int = AT_ONCE,
    engine: str | None = None,
) -> BatchReport:
    """Score who is on the roster as of a date (default: the newest of the frame) and did not opt out.

    Running twice is running once. Killed at any moment, the date is there whole, all `outcomes` with their horizons, or
    as it was before.

    Parameters
    ----------
    say
        Is told how far it is.
    at_once
        How many agents are scored together.
    engine
        Spark's URL, to score there; here where it is None.

    Raises
    ------
    NotReadyError
        There is no frame, or no champion.
    InputError
        The frame has no such date, or the engine is not Spark or does not answer.
    StoppedError
        Someone stopped Respite.
    """
    with at_work(home):
        return _score_all(home, as_of, outcomes, say, at_once, engine)


def _score_all(
    home: Home, as_of: date | None, outcomes: Sequence[str], say: Callable[[str], None], at_once: int,
    engine: str | None,
) -> BatchReport:  # fmt: skip
    day = as_of or frame_dates(home)[-1]
    frame = load_frame(home, day, day)
    if frame.empty:
        raise InputError(
            f"--as-of {as_of}: the feature frame has no such date; run `respite features --as-of {as_of}`."
        )
    store = Store(home)
    try:
        allowed, refused = to_be_scored(store, frame)
        models = {outcome: _current(home, outcome) for outcome in outcomes}
        found = {outcome: _nobody(version) for outcome, (_, version) in models.items()}
        with Waiting(home.root) as waiting:
            for some in _parts(models, allowed, at_once, engine, partition(home, day)):
                waiting.add(some)
                say(f"{len(waiting):,} scores of {len(frame):,} agents")
            waiting.add(_unscored(models, refused))
            rows = _counted(_decided(store, waiting), found)
            store.replace_scores(day, outcomes, _shown(rows, len(waiting), at_once, say))
    finally:
        store.close()
    return BatchReport(day, found)


def _current(home: Home, outcome: str) -> tuple[Model, str]:
    model, registered = load_current(home, outcome)
    return model, registered.version


def _parts(models: Models, frame: pd.DataFrame, at_once: int, engine: str | None, path: Path) -> Iterator[list[Row]]:
    return _scored(models, frame, at_once) if engine is None else over_spark(engine, models, path, frame, at_once)


def _scored(models: Models, frame: pd.DataFrame, at_once: int) -> Iterator[list[Row]]:
    """Rows of the store, of some agents at a time."""
    at = datetime.now(UTC)
    starts = range(0, len(frame), at_once)
    for some, answers in _one_ahead(models, (frame[low : low + at_once].reset_index(drop=True) for low in starts)):
        sentences = Sentences.of(some, feature_names())
        yield [
            row
            for (model, version), found in zip(models.values(), answers, strict=True)
            for row in told(model, version, some, found, sentences, at)
        ]


def _unscored(models: Models, refused: pd.DataFrame) -> list[Row]:
    """Rows of those who opted out."""
    at = datetime.now(UTC)
    return [row for model, version in models.values() for row in unscored(model, version, refused, at)]


def _one_ahead(models: Models, frames: Iterable[pd.DataFrame]) -> Iterator[tuple[pd.DataFrame, list[Answers]]]:
    """Frames with what the models found; while one is put into words, they are asked about the next."""

    def asked(frame: pd.DataFrame) -> tuple[pd.DataFrame, list[Answers]]:
        return frame, [ask(model, frame) for model, _ in models.values()]

    with ThreadPoolExecutor(1) as pool:
        ahead = None
        for frame in frames:
            before, ahead = ahead, pool.submit(asked, frame)
            if before is not None:
                yield before.result()
        if ahead is not None:
            yield ahead.result()


def _decided(store: Store, rows: Iterable[Row]) -> Iterator[Row]:
    """The rows as agents, and whoever may stop Respite, have decided by the time that they are written."""
    refuse_when_stopped(store)
    refused = {agent for agent, may in agreed(store, "scoring").items() if not may}
    for row in rows:
        yield opted_out(row) if row["agent_id"] in refused else row


def _shown(rows: Iterable[Row], total: int, every: int, say: Callable[[str], None]) -> Iterator[Row]:
    for number, row in enumerate(rows):
        if number % every == 0:
            say(f"writing, {number:,} of {total:,} rows")
        yield row


def _nobody(version: str) -> dict[str, Any]:
    return {"version": version, "scored": 0, "abstained": 0, "bands": {}}


def _counted(rows: Iterable[Row], found: dict[str, dict[str, Any]]) -> Iterator[Row]:
    """The same rows; those of the main horizon are counted into `found`."""
    for row in rows:
        if row["main"]:
            counted = found[row["outcome"]]
            counted["abstained" if row["probability"] is None else "scored"] += 1
            if row["band"] is not None:
                counted["bands"][row["band"]] = counted["bands"].get(row["band"], 0) + 1
        yield row
