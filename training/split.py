"""Blocks of time: train, calibrate, test, in this order, with a horizon between any two; and what was never seen."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from features.errors import InputError

__all__ = ["TimeSplit", "rolling_origins", "time_split", "unseen", "unseen_agents", "unseen_sites"]

Mask = npt.NDArray[np.bool_]
LEAST_TEST_DAYS = 28


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
    return _split(as_of, masks)


def rolling_origins(
    as_of: pd.Series, embargo_days: int, folds: int = 3, train_share: float = 0.4, calibration_share: float = 0.15
) -> list[TimeSplit]:
    """Cut labelled rows several times, each time with a later origin and a longer train block.

    Every fold is train, embargo, calibration, embargo, test, as in `time_split`; test blocks follow one another without
    overlap and the last ends at the last date. What the first train block (`train_share`), the calibration block and
    two embargos leave is shared by the test blocks, each of 28 days or more, so that a short history gives fewer folds
    than asked for, and at least one: that of `time_split`.

    Raises
    ------
    InputError
        `folds` is below 1, or the dates are too few even for `time_split`.
    """
    if folds < 1:
        raise InputError(f"rolling origins: folds is {folds}; it must be 1 or more.")
    usable = (as_of.max() - as_of.min()).days - 2 * embargo_days
    calibration_days = round(usable * calibration_share)
    tested_days = usable - round(usable * train_share) - calibration_days
    for count in range(min(folds, tested_days // LEAST_TEST_DAYS), 1, -1):
        cut = [
            _origin(
                as_of, back * tested_days // count, (back - 1) * tested_days // count, calibration_days, embargo_days
            )
            for back in range(count, 0, -1)
        ]
        if all(mask.any() for masks in cut for mask in masks.values()):
            return [_split(as_of, masks) for masks in cut]
    return [time_split(as_of, embargo_days)]


def _origin(as_of: pd.Series, start: int, end: int, calibration_days: int, embargo_days: int) -> dict[str, pd.Series]:
    """Blocks whose test dates lie at least `end` and less than `start` days before the last date."""
    last = as_of.max()
    test_start = last - pd.Timedelta(days=start - 1)
    calibration_end = test_start - pd.Timedelta(days=embargo_days)
    calibration_start = calibration_end - pd.Timedelta(days=calibration_days)
    return {
        "train": as_of <= calibration_start - pd.Timedelta(days=embargo_days),
        "calibration": (as_of >= calibration_start) & (as_of <= calibration_end),
        "test": (as_of >= test_start) & (as_of < last - pd.Timedelta(days=end - 1)),
    }


def unseen_sites(sites: pd.Series) -> dict[str, Mask]:
    """Rows of each site, to be held out one site at a time; rows without a site are never held out.

    Raises
    ------
    InputError
        There are fewer than two sites.
    """
    names = sorted(sites.dropna().unique())
    if len(names) < 2:
        raise InputError(f"An unseen site takes two sites; these rows name {', '.join(map(str, names)) or 'none'}.")
    return {str(name): (sites == name).fillna(False).to_numpy(dtype=bool) for name in names}


def unseen_agents(agents: pd.Series, folds: int = 5, seed: int = 7) -> list[Mask]:
    """Rows of each of `folds` random parts of the agents, as equal in number of agents as can be.

    Raises
    ------
    InputError
        There are fewer agents than folds, or fewer than two folds.
    """
    codes, names = pd.factorize(agents)
    if not 2 <= folds <= len(names):
        raise InputError(
            f"unseen agents: {folds} folds of {len(names)} agents; give 2 folds or more, of one agent each."
        )
    part = np.random.default_rng(seed).permutation(len(names)) % folds
    return [part[codes] == fold for fold in range(folds)]


def unseen(split: TimeSplit, held_out: Mask) -> TimeSplit:
    """The same blocks of time with the rows held out in the test block alone, and nothing else in it.

    Raises
    ------
    InputError
        A block is left without rows.
    """
    blocks = {
        "train": split.train & ~held_out, "calibration": split.calibration & ~held_out, "test": split.test & held_out,
    }  # fmt: skip
    for name, mask in blocks.items():
        if not mask.any():
            raise InputError(f"No row is left in the {name} block when {held_out.sum()} rows are held out as unseen.")
    return TimeSplit(**blocks, dates=split.dates)


def _split(as_of: pd.Series, masks: dict[str, pd.Series]) -> TimeSplit:
    dates = {f"{name}_from": f"{as_of[mask].min():%Y-%m-%d}" for name, mask in masks.items()}
    dates |= {f"{name}_to": f"{as_of[mask].max():%Y-%m-%d}" for name, mask in masks.items()}
    return TimeSplit(masks["train"].to_numpy(), masks["calibration"].to_numpy(), masks["test"].to_numpy(), dates)
