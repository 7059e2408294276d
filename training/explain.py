"""Why a model says what it says: exact contributions that add up to the log-odds of the probability that is shown."""

from dataclasses import dataclass
from typing import Any, NamedTuple, get_args

import numpy as np
import numpy.typing as npt
import pandas as pd

from features.catalog import Family, feature
from training.calibration import sigmoid

__all__ = ["FAMILIES", "Explanation", "Told", "family_of"]

FAMILIES: tuple[str, ...] = get_args(Family)

Floats = npt.NDArray[np.float64]


def family_of(name: str) -> str:
    """The family of a feature; columns of other tables are a family of their own."""
    entry = feature(name)
    return entry.family if entry else name


@dataclass(frozen=True)
class Explanation:
    """Contributions of n rows and k features in log-odds.

    `base` + the sum of `values` is the log-odds of the probability: exact, after calibration too, because the
    calibration line is applied to both sides.
    """

    values: Floats  # (n, k)
    base: Floats  # (n,)
    data: pd.DataFrame  # (n, k)

    @property
    def names(self) -> list[str]:
        return list(self.data.columns)

    @property
    def log_odds(self) -> Floats:
        return np.asarray(self.base + self.values.sum(axis=1))

    @property
    def probability(self) -> Floats:
        return sigmoid(self.log_odds)

    def by_family(self) -> pd.DataFrame:
        """Contributions summed by family, shape (n, families), families in the order in which they first appear."""
        return pd.DataFrame(self.family_sums(), index=self.data.index)

    def family_sums(self) -> dict[str, Floats]:
        """The same without a frame, shape (n,) each: making one takes longer than the sums of a single row."""
        families = [family_of(name) for name in self.names]
        return {
            family: self.values[:, [i for i, other in enumerate(families) if other == family]].sum(axis=1)
            for family in dict.fromkeys(families)
        }

    def importance(self) -> pd.Series:
        """Mean absolute contribution per feature, largest first; ties in the order of the features."""
        mean = pd.Series(np.abs(self.values).mean(axis=0), index=self.names)
        return mean.sort_values(ascending=False, kind="stable")

    def to_shap(self) -> Any:
        """The same as a `shap.Explanation`, so that shap's plots work."""
        import shap

        numbers = self.data.apply(
            lambda column: column if pd.api.types.is_numeric_dtype(column) else column.astype("category").cat.codes
        )
        return shap.Explanation(
            values=self.values, base_values=self.base, data=numbers.to_numpy(float), feature_names=self.names
        )


class Told(NamedTuple):
    """All that a model says of n rows: for each horizon an explanation and an interval (n, 2); where it is silent.

    `unlike` gives for each row why it is unlike anything seen in training, or None.
    """

    explanations: list[Explanation]
    intervals: list[Floats]
    unlike: list[str | None]
