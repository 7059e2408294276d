"""How much longer `RiskModel` takes to fit than the LightGBM fits inside it: 1.3 times at the most.

Both are processor time, so that other work on the machine does not change the ratio.
"""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from unittest.mock import patch

import lightgbm as lgb
import numpy as np
import numpy.typing as npt
import pandas as pd

from benchmarks.people_tables import people_tables
from features.catalog import input_names
from training import RiskModel

__all__ = ["lightgbm_shares"]

FRAME_ROWS = 20_000


def lightgbm_shares() -> dict[str, dict[str, float]]:
    """Seconds of a fit and its ratio to LightGBM's, for a frame of the columns that models read, and for each table."""
    frame, y = _frame()
    found = {f"{FRAME_ROWS:,} x {frame.shape[1]}": _share("burnout", frame, y)}
    return found | {table.name: _share(table.name, table.X, table.y) for table in people_tables()}


def _share(outcome: str, X: pd.DataFrame, y: npt.NDArray[np.int64]) -> dict[str, float]:
    with _time_in_lightgbm() as spent:
        began, used = time.perf_counter(), time.process_time()
        RiskModel(outcome).fit(X, y)
        took, used = time.perf_counter() - began, time.process_time() - used
    return {
        "fit_s": round(took, 2),
        "processor_s": round(used, 2),
        "LightGBM_s": round(sum(spent), 2),
        "fit / LightGBM": round(used / sum(spent), 3),
    }


@contextmanager
def _time_in_lightgbm() -> Iterator[list[float]]:
    """Processor seconds of each `lightgbm.train`, which bins its rows too; one thread each up to 100,000 rows."""
    bare, spent = lgb.train, []

    def timed(*given: Any, **named: Any) -> lgb.Booster:
        began = time.thread_time()
        booster = bare(*given, **named)
        spent.append(time.thread_time() - began)
        return booster

    with patch.object(lgb, "train", timed):
        yield spent


def _frame() -> tuple[pd.DataFrame, npt.NDArray[np.int64]]:
    """Random rows in the columns that models read, a twentieth of the cells missing, and an outcome that they move."""
    rng = np.random.default_rng(7)
    names = input_names()
    frame = pd.DataFrame(rng.normal(size=(FRAME_ROWS, len(names))), columns=names)
    odds = frame @ (rng.normal(size=len(names)) / 5) - 1.5
    y = (rng.random(FRAME_ROWS) < 1 / (1 + np.exp(-odds))).astype(np.int64)
    return frame.mask(rng.random(frame.shape) < 0.05), y
