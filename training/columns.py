"""A frame's columns as numbers: native for trees that split on categories, one-hot for parts that need numbers."""

from dataclasses import dataclass
from functools import cached_property
from typing import Self

import numpy as np
import numpy.typing as npt
import pandas as pd

from features.errors import InputError

__all__ = ["Columns"]

Floats = npt.NDArray[np.float64]
Whole = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Columns:
    """Names of a frame's columns in order, and the categories of those that hold words.

    A category that was not there in training counts as missing.
    """

    names: list[str]
    categories: dict[str, list[str]]

    @classmethod
    def of(cls, X: pd.DataFrame) -> Self:
        """Columns of a training frame of shape (n, k)."""
        words = [str(name) for name in X.columns if not _is_numeric(X[name])]
        return cls(
            [str(name) for name in X.columns], {name: sorted(X[name].dropna().astype(str).unique()) for name in words}
        )

    @cached_property
    def index(self) -> "pd.Index[str]":
        """The names for choosing from a frame: a list of them would be made into Arrow's strings every time."""
        return pd.Index(self.names, dtype=object)

    @property
    def categorical(self) -> list[int]:
        """Places of the columns that hold words."""
        return [place for place, name in enumerate(self.names) if name in self.categories]

    @property
    def owner(self) -> Whole:
        """Which column each column of `expanded` comes from."""
        return np.repeat(np.arange(len(self.names)), [len(self.categories.get(name, "1")) for name in self.names])

    def native(self, X: pd.DataFrame) -> Floats:
        """Numbers as they are and categories as their place, shape (n, k); anything unknown is NaN.

        Raises
        ------
        InputError
            A column of numbers holds text.
        """
        if not self.categories:
            whole = X.shape[1] == len(self.names) and X.columns.equals(self.index)
            found = (X if whole else X[self.index]).to_numpy()
            if found.dtype == np.float64:  # at once: a column at a time takes longer than a model does
                return np.asfortranarray(found)
        out = np.empty((len(X), len(self.names)), order="F")
        for place, name in enumerate(self.names):
            if name in self.categories:
                codes = pd.Index(self.categories[name], dtype=object).get_indexer(pd.Index(X[name].astype(str)))
                out[:, place] = np.where((codes < 0) | X[name].isna(), np.nan, codes)
            else:
                out[:, place] = _numbers(X[name])
        return out

    def expanded(self, native: Floats) -> Floats:
        """One column of 0 and 1 for each category, shape (n, m); a missing category is 0 in all of them."""
        if not self.categories:
            return native
        parts = []
        for place, name in enumerate(self.names):
            column = native[:, place]
            parts += (
                [column == code for code in range(len(self.categories[name]))] if name in self.categories else [column]
            )
        return np.column_stack(parts).astype(float)

    def folded(self, values: Floats) -> Floats:
        """Sums of values of expanded columns, shape (n, m), by the column that they come from, shape (n, k)."""
        if not self.categories:
            return values
        out = np.zeros((len(values), len(self.names)))
        for place, owner in enumerate(self.owner):
            out[:, owner] += values[:, place]
        return out


def _is_numeric(column: pd.Series) -> bool:
    return pd.api.types.is_numeric_dtype(column) or pd.api.types.is_bool_dtype(column)


def _numbers(column: pd.Series) -> Floats:
    try:
        return column.to_numpy(dtype=float, na_value=np.nan)
    except (TypeError, ValueError) as error:
        raise InputError(f"Column '{column.name}' holds text where the model expects a number: {error}.") from error
