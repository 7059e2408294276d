"""Who benefits from offers: learned from the lot's arms, judged on people left out, kept in the home and in MLflow."""

from collections.abc import Callable
from datetime import date

import numpy as np
import numpy.typing as npt
import pandas as pd

from features.catalog import contract_version
from features.errors import InputError, NotReadyError
from features.frame import load_frame
from features.home import Home
from training.columns import Columns
from training.effects.effect import OUTCOMES
from training.effects.measures import measure, reaches
from training.effects.turns import turns_of
from training.task import model_columns
from training.uplift.learner import Trial, benefit_trees, foretold, out_of_sample, scores_of
from training.uplift.model import BenefitModel
from training.uplift.ranking import Worth, qini_curve, worth
from training.uplift.result import RANKED_BY, Uplift, keep

__all__ = ["LEAST_ARM", "study_uplift"]

Floats = npt.NDArray[np.float64]
DAYS, LEAST_ARM = 180, 100
_FRESH_DAYS, _A_LOT = 35, 0.001
_LOT = "Hold out a share by lot (`respite outreach plan --holdout 0.2`), the same share throughout."


def study_uplift(
    home: Home, outcome: str = "burnout_score", program: str | None = None, days: int = DAYS, seed: int = 0,
    say: Callable[[str], None] = lambda text: None,
) -> Uplift:  # fmt: skip
    """Learn who benefits, judge it out of sample, keep both, and track them.

    Parameters
    ----------
    outcome
        One of `OUTCOMES`.
    program
        An action of the table `outreach`; every offer, whatever its action, where it is None.
    days
        How long after their first turn the outcome of a person counts.

    Raises
    ------
    InputError
        There is no such program or outcome.
    NotReadyError
        A lot did not draw the arms, or too few people have an outcome; the sentence says what would do.
    """
    if outcome not in OUTCOMES:
        raise InputError(f"--outcome {outcome}: name one of {', '.join(OUTCOMES)}.")
    rows, day = _people(home, program, days, say)
    columns = Columns.of(rows[model_columns()])
    native, categorical = columns.native(rows), tuple(columns.categorical)
    _refuse_unless_drawn(Trial(native, rows["offered"].to_numpy(), rows["offered"].to_numpy(), categorical), rows, seed)
    y = measure(home, rows.assign(start=rows["at"], end=rows["at"] + pd.Timedelta(days=days)))[outcome].to_numpy()
    known = np.isfinite(y)
    rows, y = rows[known].reset_index(drop=True), y[known]
    offered = rows["offered"].to_numpy()
    _refuse_few(outcome, offered, days)
    trial = Trial(native[known], OUTCOMES[outcome].good * y, offered, categorical)
    say(f"{len(y):,} people; models of those who are left out")
    scores = scores_of(trial, seed)
    risk, against = _risk(home, outcome, rows, -scores.without)
    place = out_of_sample(trial, seed)
    found = _uplift(program, outcome, day, days, offered, against, worth(scores.benefit, place, risk, seed))
    model = BenefitModel(benefit_trees(trial, seed), columns, outcome, found.unit, contract_version())
    orders = (("benefit", place), ("risk", risk))
    curves = [qini_curve(scores.benefit, rank, seed).assign(order=name) for name, rank in orders]
    keep(home, found, model, pd.concat(curves, ignore_index=True), seed)
    return found


def _people(home: Home, program: str | None, days: int, say: Callable[[str], None]) -> tuple[pd.DataFrame, date]:
    """Feature rows before the turn of everyone whose days are over, with at and offered; the last contact's day."""
    turns, end = turns_of(home, program), reaches(home)
    if not turns.drawn:
        raise NotReadyError(f"Nobody was held out, so nothing says what would have come without an offer. {_LOT}")
    seen = turns.people[turns.people["at"] + pd.Timedelta(days=days) <= end]
    say(f"{len(seen):,} people whose {days} days are over")
    rows = _rows_before(home, seen)
    _refuse_few("", rows["offered"].to_numpy(), days)
    return rows, end.date()


def _rows_before(home: Home, people: pd.DataFrame) -> pd.DataFrame:
    """Each person's newest feature row as of their turn, in an order that says nothing; who has none is left out."""
    frame = load_frame(home, until=people["at"].max().date() if len(people) else None)
    frame = frame[frame["agent_id"].isin(people["agent_id"])].sort_values("as_of")
    fresh = pd.Timedelta(days=_FRESH_DAYS)
    turns = people[["agent_id", "at", "offered"]].astype({"at": frame["as_of"].dtype}).sort_values("at")
    found = pd.merge_asof(turns, frame, left_on="at", right_on="as_of", by="agent_id", tolerance=fresh)
    return found[found["as_of"].notna()].sample(frac=1, random_state=0).reset_index(drop=True)


def _refuse_few(outcome: str, offered: Floats, days: int) -> None:
    """Differences between people take many of them in both arms."""
    label = OUTCOMES[outcome].label if outcome else ""
    if outcome and not len(offered):
        raise NotReadyError(f"{label}: it was not measured after anyone's turn; bring the table that holds it.")
    smaller = int(min(offered.sum(), (1 - offered).sum()))
    if smaller < LEAST_ARM:
        with_what = f" with {label[:1].lower()}{label[1:]}" if outcome else ""
        raise NotReadyError(
            f"{smaller} people{with_what} in the smaller arm; {LEAST_ARM} are needed to tell who benefits. Wait until"
            f" the {days} days of more people are over, or hold out a larger share."
        )


def _refuse_unless_drawn(trial: Trial, rows: pd.DataFrame, seed: int) -> None:
    """Whatever was known before, and the time, must not tell the arms apart; asked before anyone left or was silent."""
    days = (rows["at"] - rows["at"].min()).dt.days.to_numpy(dtype=float)
    auroc, p = foretold(trial._replace(X=np.column_stack([trial.X, days])), seed)
    if p < _A_LOT:
        raise NotReadyError(
            f"What was known before tells who was offered support (AUROC {auroc:.2f}, p = {p:.1g}), as it could not had"
            f" a lot alone decided. {_LOT}"
        )


def _risk(home: Home, outcome: str, rows: pd.DataFrame, expected: Floats) -> tuple[Floats, str]:
    """What the order by risk is, and its name: the champion's scores, else the outcome expected without an offer."""
    from training.pyfunc import Predictor
    from training.tracking import current, load_current

    name = next((risk for risk, measured in RANKED_BY.items() if measured == outcome), None)
    if name is None or current(home, name) is None:
        return expected, "the outcome that is expected without an offer"
    model, champion = load_current(home, name)
    p = Predictor(model).predict(rows[model.feature_names])
    ranks = p if isinstance(p, np.ndarray) else p[f"p{model.details_['config']['horizon_days']}"].to_numpy()
    return np.asarray(ranks, dtype=float), f"the scores of the {name} champion, version {champion.version}"


def _uplift(
    program: str | None, outcome: str, day: date, days: int, offered: Floats, against: str, found: Worth
) -> Uplift:
    arms = int(offered.sum()), int((1 - offered).sum())
    return Uplift(program, outcome, OUTCOMES[outcome].unit, day, days, *arms, against, *found)
