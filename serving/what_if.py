"""What the model would say had work been otherwise: other values of signals that work can change, within what was seen.

It is a question about the model, not about the world: nothing here says that a change of work changes what will happen.
"""

from collections.abc import Mapping
from functools import cache
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from features.catalog import CATALOG, WINDOW_DAYS, Feature, feature, own_usual, peer_usual
from features.errors import InputError

__all__ = ["NOTE", "beside", "moved", "observed_range"]

Floats = npt.NDArray[np.float64]
Cells = pd.DataFrame | Mapping[str, Floats]
NOTE = (
    "What the model says of weeks like these had only this been otherwise. It has not seen this change happen, and does"
    " not say that it would help."
)


def beside(row: pd.DataFrame, changes: Mapping[str, float], profile: Mapping[str, Any]) -> pd.DataFrame:
    """The row as it is, and with other values of some signals over its main window and what follows from them.

    A signal's distance from the own past and from peers moves with it, in the spreads that its present values imply;
    where they imply none (it is now exactly as usual, or unknown), the distance stays as it is.

    Parameters
    ----------
    row
        The numbers of one row of the feature frame with the usual values, shape (1, k).
    profile
        What the model was trained on (`training.profile.model_profile`): values outside are refused.

    Returns
    -------
    frame of shape (2, k)
        The second row is the other one.

    Raises
    ------
    InputError
        A name is no signal that work can change, its value now is unknown, or the new one was not seen in training.
    """
    values = row.to_numpy()
    cells, found = dict(zip(row.columns, values.T, strict=True)), dict[str, Floats]()  # pandas' own look-ups are slow
    for name, value in changes.items():
        entry = _signal(name)
        if np.isnan(cells[name][0]):
            raise InputError(f"changes.{name}: not known for this agent now, so there is nothing to change.")
        low, high = observed_range(name, profile)
        if not low <= value <= high:
            raise InputError(
                f"changes.{name}: {value:g} lies outside what training saw; choose {low:g} to {high:g}"
                f" ({entry.label}, {entry.unit})."
            )
        found |= moved(cells, name, value)
    both = np.repeat(values, 2, axis=0)
    both[1, row.columns.get_indexer(pd.Index(found, dtype=object))] = [moved_to[0] for moved_to in found.values()]
    return pd.DataFrame(both, columns=row.columns)


def moved(rows: Cells, name: str, value: float) -> dict[str, Floats]:
    """The columns that change when a signal has one value in all rows, each of shape (n,); unknown stays unknown.

    Parameters
    ----------
    rows
        Rows of the feature frame with the usual values, shape (n, k), or their columns by name.
    """
    now = np.asarray(rows[name], dtype=float)
    found = {name: np.where(np.isnan(now), now, value)}
    for other in _derived(name):
        before = np.asarray(rows[other.name], dtype=float)
        found[other.name] = np.where(np.isnan(now), before, _moved(other, rows, before, now, value))
    return found


def observed_range(name: str, profile: Mapping[str, Any]) -> tuple[float, float]:
    """The least and the largest value of a signal in training.

    Raises
    ------
    InputError
        The model was not trained on the signal, or never saw a value.
    """
    quantiles = profile.get("columns", {}).get(name, {}).get("quantiles", [])
    if not quantiles:
        raise InputError(f"changes.{name}: the model in charge does not read it.")
    return float(quantiles[0]), float(quantiles[-1])


def _signal(name: str) -> Feature:
    entry = feature(name)
    if entry is None or entry.version != "raw" or not entry.actionable:
        first = ", ".join([e.name for e in CATALOG if e.version == "raw" and e.actionable][:4])
        raise InputError(f"changes.{name}: no signal that work can change; such are {first} (see docs/catalog.md).")
    return entry


@cache
def _derived(name: str) -> list[Feature]:
    return [entry for entry in CATALOG if entry.basis == name]


def _moved(other: Feature, rows: Cells, before: Floats, now: Floats, value: float) -> Floats:
    """What another version of a signal is once the signal moved from `now` to `value`."""
    name = str(other.basis)
    if other.version == "change":
        return before + value - now
    if other.version == "window":
        return before + (value - now) * _share_of_window(other)
    usual = np.asarray(rows[own_usual(name) if other.version == "own_z" else peer_usual(name)], dtype=float)
    told = (before != 0) & np.isfinite(before) & np.isfinite(usual) & (now != usual)
    return np.where(told, before * (value - usual) / np.where(told, now - usual, 1.0), before)


def _share_of_window(other: Feature) -> float:
    """How much of a change over the main window shows in another one that ends on the same day."""
    counted = other.unit in ("count", "days")
    if other.window_days <= WINDOW_DAYS:
        return other.window_days / WINDOW_DAYS if counted else 1.0
    return 1.0 if counted else WINDOW_DAYS / other.window_days
