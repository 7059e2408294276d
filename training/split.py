"""Blocks of time: train, calibrate, test, in this order, with a horizon between any two."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from features.errors import InputError

__all__ = ["TimeSplit", "time_split"]

Mask = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class TimeSplit:
    """Rows of each block, and the dates between which they lie."""

    train: Mask
    calibration: Mask
    test: Mask
    dates: dict[str, str]


def time_split(
    as_of: pd.Series, embargo_days: int, train_share: float = 0.6, calibration_share: float = 0.15
) -> TimeSplit:
    """Cut labelled rows into blocks by date.

    A row's label may come true up to `embargo_days` after its date, so each block begins that much after the
    last date of the block before it: no label of an earlier block lies in the time of a later one.

    Raises
    ------
    InputError
        The dates do not span two embargos and a few weeks besides.
    """
    first, last = as_of.min(), as_of.max()
    usable = (last - first).days - 2 * embargo_days
    if not usable >= 28:
        need = 2 * embargo_days + 28
        raise InputError(
            f"Labelled dates run from {first:%Y-%m-%d} to {last:%Y-%m-%d}; training with a horizon of"
            f" {embargo_days} days needs {need} days of them (events of about {need + embargo_days} days)."
        )
    embargo = pd.Timedelta(days=embargo_days)
    train_end = first + pd.Timedelta(days=round(usable * train_share))
    calibration_start = train_end + embargo
    calibration_end = calibration_start + pd.Timedelta(days=round(usable * calibration_share))
    test_start = calibration_end + embargo
    masks = {
        "train": as_of <= train_end,
        "calibration": (as_of >= calibration_start) & (as_of <= calibration_end),
        "test": as_of >= test_start,
    }
    for name, mask in masks.items():
        if not mask.any():
            raise InputError(f"No labelled date falls into the {name} block; give more dates, or closer ones.")
    dates = {f"{name}_from": f"{as_of[mask].min():%Y-%m-%d}" for name, mask in masks.items()}
    dates |= {f"{name}_to": f"{as_of[mask].max():%Y-%m-%d}" for name, mask in masks.items()}
    return TimeSplit(masks["train"].to_numpy(), masks["calibration"].to_numpy(), masks["test"].to_numpy(), dates)
