"""`TurnoverModel`: probability of a voluntary exit within each horizon, from two calibrated hazards that compete."""

import json
from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from typing import Any, Self

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.special import ndtri

from features.catalog import contract_version, feature
from features.errors import InputError
from training.calibration import sigmoid
from training.columns import Columns
from training.config import Recipe
from training.explain import Explanation, Told
from training.files import FORMAT, about
from training.hazard import BAND, CAUSES, Bands, Spells, incidence, person_periods
from training.incidence import gradient, log_odds, mean_gradient
from training.inputs import checked_frame
from training.model import RiskModel

__all__ = ["TurnoverModel"]

Floats = npt.NDArray[np.float64]
_NAMES = {"voluntary": "turnover", "involuntary": "involuntary exit"}


class TurnoverModel:
    """Competing risks in discrete time; one `RiskModel` for the daily hazard of each cause.

    Parameters
    ----------
    gap, horizons
        Days: an exit counts from `gap` on, and up to each of the horizons; the next days are not what is predicted.
    horizon_days
        Which of the horizons `predict_proba` and `explain` speak of where none is named.
    recipe
        How both models are made.
    """

    outcome = "turnover"

    def __init__(
        self,
        gap: int = 14,
        horizons: Sequence[int] = (30, 90, 180),
        horizon_days: int = 90,
        recipe: Recipe | None = None,
    ) -> None:
        if list(horizons) != sorted(set(horizons)) or not horizons or horizons[0] <= gap:
            raise InputError(f"horizons {list(horizons)} must rise, and the first lie after the gap of {gap} days.")
        if horizon_days not in horizons:
            raise InputError(f"horizon_days {horizon_days} is none of the horizons {list(horizons)}.")
        self.bands, self.horizon_days, self.recipe = Bands(gap, tuple(horizons)), horizon_days, recipe
        self.causes: dict[str, RiskModel] = {}
        self.contract_: str | None = None
        self.details_: dict[str, Any] = {}

    def fit(self, X: pd.DataFrame, spells: Spells, groups: npt.ArrayLike, sample_weight: Floats | None = None) -> Self:
        """Fit both hazards on the person-period rows of X, shape (n, k).

        Parameters
        ----------
        sample_weight
            How often each row of X counts, shape (n,); once where it is None.

        Raises
        ------
        InputError
            Nobody quit in the time that was followed. Where nobody was dismissed, that hazard is 0.
        """
        people = np.asarray(groups)
        seen = set(person_periods(spells, self.bands)["cause"])
        if "voluntary" not in seen:
            raise InputError(f"There is no voluntary exit among {len(X):,} rows; a longer history is needed.")
        self.__dict__.pop("_columns", None)  # of an earlier fit
        self.causes = {cause: RiskModel(_NAMES[cause], self.recipe) for cause in CAUSES if cause in seen}
        for cause, model in self.causes.items():
            rows, y, weight = self._rows(spells, cause, sample_weight)
            model.fit(self._of_periods(X[_read(X, cause)], rows), y, weight, people[rows["row"]])
        self.contract_ = contract_version()
        return self

    def calibrate(
        self, X: pd.DataFrame, spells: Spells, groups: npt.ArrayLike, sample_weight: Floats | None = None
    ) -> Self:
        """Fit each hazard's line on rows that are later than those of `fit`; incidences go on adding up to 1.

        A cause of which the block holds no event keeps its line.
        """
        people = np.asarray(groups)
        for cause, model in self.causes.items():
            rows, y, weight = self._rows(spells, cause, sample_weight)
            if y.any():
                model.calibrate(self._of_periods(X, rows), y, weight, people[rows["row"]])
        return self

    def incidence(self, X: pd.DataFrame) -> Floats:
        """Probability of each cause by each horizon, shape (causes, n, horizons)."""
        found = incidence(sigmoid(self._log_odds(X)), self.bands.days)
        return np.concatenate([found, np.zeros((len(CAUSES) - len(found), *found.shape[1:]))])

    def predict_proba(self, X: pd.DataFrame, horizon: int | None = None) -> Floats:
        """Probability of no voluntary exit and of one within a horizon, shape (n, 2)."""
        p = self.incidence(X)[0, :, self._band(horizon)]
        return np.column_stack([1 - p, p])

    def predict_interval(self, X: pd.DataFrame, level: float = 0.9, horizon: int | None = None) -> Floats:
        """Lower and upper end for each probability, shape (n, 2); see `RiskModel.predict_interval`."""
        return self.predict_intervals(X, [self.horizon_days if horizon is None else horizon], level)[0]

    def predict_intervals(self, X: pd.DataFrame, horizons: Sequence[int], level: float = 0.9) -> list[Floats]:
        """The same for several horizons, at the cost of the longest."""
        lasts = [self._band(horizon) for horizon in horizons]
        ahead = self._ahead(self._checked(X), max(lasts) + 1)
        return self._intervals(self._margins(ahead, len(X)), lasts, level)

    def _intervals(self, margins: list[Floats], lasts: Sequence[int], level: float) -> list[Floats]:
        return [self._interval([found[: last + 1] for found in margins], last, level) for last in lasts]

    def _interval(self, margins: list[Floats], last: int, level: float) -> Floats:
        """`margins`: of the members of each cause, (bands, n, members)."""
        raw = np.array([found.mean(axis=2) for found in margins])  # (causes, bands, n)
        at = np.array([model.line_.apply(found) for model, found in zip(self.causes.values(), raw, strict=True)])
        at = at.transpose(0, 2, 1)
        days = self.bands.days[: last + 1]
        middle, slopes, spread = log_odds(at, days), gradient(at, days), np.zeros(at.shape[1])
        for number, model in enumerate(self.causes.values()):
            spread += self._apart(at, number, margins[number], last)
            toward = np.stack([(slopes[number] * raw[number].T).sum(axis=1), slopes[number].sum(axis=1)], axis=1)
            spread += np.einsum("ni,ij,nj->n", toward, model.line_covariance_, toward)
        reach = ndtri(0.5 + level / 2) * np.sqrt(spread)
        return sigmoid(np.column_stack([middle - reach, middle + reach]))

    def unlike(self, X: pd.DataFrame) -> list[str | None]:
        """Why a row is unlike anything seen in training, or None."""
        return self._unlike(self._ahead(self._checked(X), 1), len(X))

    def explain(self, X: pd.DataFrame, horizon: int | None = None) -> Explanation:
        """Contributions of every feature in log-odds of the probability of a voluntary exit within a horizon.

        Each hazard's contributions are exact. The incidence bends their sum; how much each hazard moved it on the way
        from the base to the row is integrated along the straight line (Aumann-Shapley), so that base and contributions
        add up to the log-odds. Source: Sundararajan, Taly and Yan (2017), Axiomatic attribution for deep networks.
        """
        return self.explain_horizons(X, [self.horizon_days if horizon is None else horizon])[0]

    def explain_horizons(self, X: pd.DataFrame, horizons: Sequence[int]) -> list[Explanation]:
        """The same for several horizons, at the cost of the longest."""
        lasts = [self._band(horizon) for horizon in horizons]
        frame = self._checked(X)
        ahead = self._ahead(frame, max(lasts) + 1)
        found = [model.contributions(native) for model, native in zip(self.causes.values(), ahead, strict=True)]
        return self._explanations(frame, found, lasts)

    def tell(self, X: pd.DataFrame, horizons: Sequence[int] | None = None, level: float = 0.9) -> Told:
        """`explain_horizons`, `predict_intervals` and `unlike` at once (see `RiskModel.tell`)."""
        lasts = [self._band(horizon) for horizon in horizons or [self.horizon_days]]
        frame = self._checked(X)
        ahead = self._ahead(frame, max(lasts) + 1)
        found = [model.told_of(native) for model, native in zip(self.causes.values(), ahead, strict=True)]
        margins = [one.reshape(-1, len(X), one.shape[1]) for _, _, one in found]
        explanations = self._explanations(frame, [(values, base) for values, base, _ in found], lasts)
        return Told(explanations, self._intervals(margins, lasts, level), self._unlike(ahead, len(X)))

    def prepare(self) -> None:
        """Make what single rows are explained from (see `RiskModel.prepare`)."""
        for model in self.causes.values():
            model.prepare()

    def _explanations(
        self, X: pd.DataFrame, found: list[tuple[Floats, Floats]], lasts: Sequence[int]
    ) -> list[Explanation]:
        """`found`: contributions and base of each cause, one band after another."""
        parts = []
        for values, base in found:
            parts.append((values.reshape(-1, len(X), values.shape[1]), base.reshape(-1, len(X))))
        return [self._explanation(X, [(v[: last + 1], base[: last + 1]) for v, base in parts], last) for last in lasts]

    def _explanation(self, X: pd.DataFrame, parts: list[tuple[Floats, Floats]], last: int) -> Explanation:
        """`X`: the model's columns; `parts`: contributions (bands, n, k) and base (bands, n) of each cause."""
        ends = np.array([base + found.sum(axis=2) for found, base in parts]).transpose(0, 2, 1)
        starts = np.array([base + found[:, :, -1] for found, base in parts]).transpose(0, 2, 1)
        place_of = {name: place for place, name in enumerate(self.feature_names)}
        values = np.zeros((len(X), len(place_of)))
        slopes = mean_gradient(starts, ends, self.bands.days[: last + 1])
        for number, ((found, _), model) in enumerate(zip(parts, self.causes.values(), strict=True)):
            places = [place_of[name] for name in model.columns_.names if name != BAND]
            for band, part in enumerate(found):
                values[:, places] += part[:, :-1] * slopes[number, :, band, None]
        base = log_odds(ends, self.bands.days[: last + 1]) - values.sum(axis=1)
        return Explanation(values, base, X)

    @property
    def feature_names(self) -> list[str]:
        return [name for name in self.causes["voluntary"].columns_.names if name != BAND]

    def save(self, folder: Path) -> Path:
        """Write `model.json` and a folder for each cause."""
        for cause, model in self.causes.items():
            model.save(folder / cause)
        found = {
            "format": FORMAT,
            "kind": "turnover",
            "outcome": self.outcome,
            "gap": self.bands.gap,
            "horizons": list(self.bands.ends),
            "horizon_days": self.horizon_days,
            "recipe": self.recipe.model_dump() if self.recipe else None,
            "causes": list(self.causes),
            "contract_version": self.contract_,
            "details": self.details_,
        }
        (folder / "model.json").write_text(json.dumps(found, indent=1), encoding="utf-8")
        return folder

    @classmethod
    def load(cls, folder: Path) -> Self:
        """Read what `save` wrote.

        Raises
        ------
        ContractError
            The model was trained on features that this code defines otherwise, or its files are not whole.
        """
        found = about(folder, "turnover")
        recipe = Recipe(**found["recipe"]) if found["recipe"] else None
        model = cls(found["gap"], found["horizons"], found["horizon_days"], recipe)
        model.causes = {cause: RiskModel.load(folder / cause) for cause in found["causes"]}
        model.contract_, model.details_ = found["contract_version"], found["details"]
        return model

    def _rows(self, spells: Spells, cause: str, sample_weight: Floats | None) -> tuple[pd.DataFrame, Floats, Floats]:
        """Person-period rows of one cause: days without it once with their number, and the days with it."""
        periods = person_periods(spells, self.bands)
        happened = periods["cause"] == cause
        without = periods.assign(weight=periods["days"] + ((periods["cause"] != "") & ~happened))
        rows = pd.concat([without[without["weight"] > 0], periods[happened].assign(weight=1)], ignore_index=True)
        y = np.zeros(len(rows))
        y[len(rows) - int(happened.sum()) :] = 1.0
        weight = rows["weight"].to_numpy(dtype=float)
        return rows, y, weight if sample_weight is None else weight * sample_weight[rows["row"]]

    def _of_periods(self, X: pd.DataFrame, rows: pd.DataFrame) -> pd.DataFrame:
        ends = np.array(self.bands.ends, dtype=float)
        return X.iloc[rows["row"]].assign(**{BAND: ends[rows["band"]]}).reset_index(drop=True)

    def _ahead(self, X: pd.DataFrame, bands: int) -> list[Floats]:
        """Of each cause, the numbers of all rows in the first bands, one band after another, (bands * n, columns)."""
        ends, found = np.repeat(np.array(self.bands.ends[:bands], dtype=float), len(X)), []
        every = self._columns["voluntary"]
        numbers = every.native(X)
        for model, columns in zip(self.causes.values(), self._columns.values(), strict=True):
            place = model.columns_.names.index(BAND)
            # what the hazard of a dismissal reads is among what that of a notice reads; words have codes of their own
            native = columns.native(X) if every.categories else numbers[:, every.index.get_indexer(columns.index)]
            found.append(np.asfortranarray(np.insert(np.tile(native, (bands, 1)), place, ends, axis=1)))
        return found

    @cached_property
    def _columns(self) -> dict[str, Columns]:
        """What each cause reads of a frame."""
        return {
            cause: Columns([name for name in model.columns_.names if name != BAND], model.columns_.categories)
            for cause, model in self.causes.items()
        }

    def _checked(self, X: pd.DataFrame) -> pd.DataFrame:
        """The columns that the hazards read."""
        return checked_frame(self.causes["voluntary"], X, self._columns["voluntary"].index)

    def _margins(self, ahead: list[Floats], n: int) -> list[Floats]:
        """Of each cause, those of its members, shape (bands, n, members)."""
        pairs = zip(self.causes.values(), ahead, strict=True)
        return [model.margins_of(native).reshape(-1, n, len(model.members_)) for model, native in pairs]

    def _unlike(self, ahead: list[Floats], n: int) -> list[str | None]:
        model = self.causes["voluntary"]
        return model.seen_.unlike(ahead[list(self.causes).index("voluntary")][:n], model.feature_names)

    def _band(self, horizon: int | None) -> int:
        wanted = self.horizon_days if horizon is None else horizon
        if wanted not in self.bands.ends:
            raise InputError(f"horizon {wanted}: this model speaks of {', '.join(map(str, self.bands.ends))} days.")
        return self.bands.ends.index(wanted)

    def _log_odds(self, X: pd.DataFrame) -> Floats:
        """Log-odds of the daily hazards, shape (causes, n, bands)."""
        margins = self._margins(self._ahead(self._checked(X), len(self.bands.ends)), len(X))
        found = [one.mean(axis=2) for one in margins]
        return self._calibrated(np.array(found).transpose(0, 2, 1))

    def _calibrated(self, margins: Floats) -> Floats:
        """Margins of the hazards as log-odds, shape (causes, n, bands)."""
        return np.array([model.line_.apply(one) for model, one in zip(self.causes.values(), margins, strict=True)])

    def _apart(self, at: Floats, cause: int, margins: Floats, last: int) -> Floats:
        """Grouped jackknife over one cause's members; those of the other cause are as many as it has, and other people.

        `at`: log-odds of the hazards (causes, n, bands); `margins`: of each member, (bands, n, members).
        """
        members = margins.shape[2]
        moved = np.repeat(at[:, None], members, axis=1)  # of each member in turn: all are asked at once
        moved[cause] = list(self.causes.values())[cause].line_.apply(margins).transpose(2, 1, 0)
        found = log_odds(moved.reshape(len(at), -1, at.shape[2]), self.bands.days[: last + 1]).reshape(members, -1)
        away = found - found.mean(axis=0)
        return np.asarray((members - 1) / members * (away**2).sum(axis=0))


def _read(X: pd.DataFrame, cause: str) -> list[str]:
    """Columns that the hazard of a cause reads.

    That of a dismissal reads only those without an expected direction. Dismissals compete with notices: if more quick
    returns made a dismissal likelier, they would lower the score of who suffers from them.
    """
    names = [str(name) for name in X.columns]
    if cause == "voluntary":
        return names
    return [name for name in names if (entry := feature(name)) is None or not entry.direction("turnover")]
