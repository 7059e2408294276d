"""Models on a simulated centre whose truth is known: what drives an outcome is found, and scores mean what they say."""

import numpy as np
import pandas as pd
import pytest
from scipy.stats import spearmanr
from sklearn.linear_model import LogisticRegression

from features import Centre, Home, simulate
from features.catalog import CATALOG, input_names
from features.frame import load_frame
from features.simulation import Simulated, exhaustion, oracle
from training.explain import Explanation
from training.hazard import Spells, follow_up
from training.model import RiskModel
from training.task import Model
from training.tracking import load_current
from training.turnover import TurnoverModel

EXPOSED = [f"exposure_{name}" for name in exhaustion.EXPOSED]
HAZARD = ["exhaustion", "newness", "log_pay", "quit_season", "manager", "schedule", "abuse", "contagion", "performance"]
NOISE = [f"noise_{number}" for number in range(6)]
CALIBRATED_FROM_WEEK, TEST_FROM_WEEK = 64, 90


@pytest.fixture(scope="module")
def centre() -> Simulated:
    """600 seats for nearly three years, without programs: people quit by season, so the test is a whole year."""
    return simulate(Centre(agents=600, days=1000, seed=3, programs=()))


@pytest.fixture(scope="module")
def states(centre: Simulated) -> pd.DataFrame:
    """True states at the end of every fourth week, as of the Monday after, and columns of noise."""
    weeks = centre.truth.weeks.query("week >= 8 and week % 4 == 0 and at_risk").reset_index(drop=True)
    noise = np.random.default_rng(1).normal(size=(len(weeks), len(NOISE)))
    return weeks.assign(as_of=weeks["monday"] + pd.Timedelta(weeks=1), **dict(zip(NOISE, noise.T, strict=True)))


@pytest.fixture(scope="module")
def answered(centre: Simulated) -> pd.DataFrame:
    """True states a week before each wave, what was (or would have been) answered in it, and columns of noise."""
    waves = centre.truth.surveys[["agent_id", "week", "score"]].dropna()
    rows = centre.truth.weeks.merge(waves.assign(week=waves["week"] - 1), on=["agent_id", "week"])
    noise = np.random.default_rng(2).normal(size=(len(rows), len(NOISE)))
    return rows.assign(burnout=rows["score"] >= 50, **dict(zip(NOISE, noise.T, strict=True)))


@pytest.fixture(scope="module")
def leaving(centre: Simulated, states: pd.DataFrame) -> TurnoverModel:
    """A model of turnover on the true drivers, fitted and calibrated on the first 90 weeks."""
    model, exits, first = TurnoverModel(gap=0), centre.tables["exits"], centre.truth.weeks["monday"].min()
    for use, begin, end in (
        (model.fit, 0, CALIBRATED_FROM_WEEK),
        (model.calibrate, CALIBRATED_FROM_WEEK, TEST_FROM_WEEK),
    ):
        block = states[(states["week"] >= begin) & (states["week"] < end)]
        spells = follow_up(block, exits, first + pd.Timedelta(weeks=end))
        use(block[[*HAZARD, *NOISE]], spells, block["agent_id"].to_numpy())
    return model


def recovered(explanation: Explanation, effects: dict[str, float], X: pd.DataFrame) -> float:
    """Rank correlation of mean contributions with the true effects of one standard deviation."""
    found = explanation.importance()
    true = [abs(effects.get(name, 0.0)) * X[name].std() for name in found.index]
    return float(spearmanr(found.to_numpy(), true).statistic)


def slope_of_truth(p: np.ndarray, true: np.ndarray) -> float:
    """Slope of the true log-odds on the model's, each row counting as much of each outcome as is true."""
    log_odds = np.log(p / (1 - p))[:, None]
    both = np.concatenate([log_odds, log_odds]), np.repeat([1, 0], len(p)), np.concatenate([true, 1 - true])
    return float(LogisticRegression(C=np.inf).fit(both[0], both[1], sample_weight=both[2]).coef_[0, 0])


def test_what_drives_burnout_is_found(answered: pd.DataFrame) -> None:
    """The seven conditions, in the order of their effects, before columns that mean nothing."""
    columns = [*EXPOSED, *NOISE]
    model = RiskModel("burnout").fit(answered[columns], answered["burnout"], groups=answered["agent_id"])
    effects = {f"exposure_{name}": weight for name, weight in (exhaustion.DEMANDS | exhaustion.RELIEF).items()}
    explanation = model.explain(answered[columns])
    assert recovered(explanation, effects, answered) > 0.75
    assert set(explanation.importance().index[: len(EXPOSED) - 1]) <= set(EXPOSED)
    for name in EXPOSED:  # and each pushes where it really pushes
        pushes = spearmanr(answered[name], explanation.values[:, explanation.names.index(name)]).statistic
        if abs(effects[name]) * answered[name].std() > 0.05:
            assert np.sign(pushes) == (1 if name.removeprefix("exposure_") in exhaustion.DEMANDS else -1), name


def test_what_drives_turnover_is_found(centre: Simulated, states: pd.DataFrame, leaving: TurnoverModel) -> None:
    X = states[[*HAZARD, *NOISE]]
    assert recovered(leaving.explain(X.iloc[:1500]), centre.truth.coefficients["voluntary"]["drivers"], X) > 0.75


def test_probabilities_of_burnout_are_the_true_ones_on_average(centre: Simulated, answered: pd.DataFrame) -> None:
    """Fitted on half of the agents, held against the oracle on the others."""
    later = answered.assign(as_of=answered["monday"] + pd.Timedelta(weeks=1))
    true = oracle(centre.truth, later)["burnout"].to_numpy()
    columns, half = ["exhaustion", *NOISE], answered["agent_id"].str[-1].isin(list("02468")).to_numpy()
    model = RiskModel("burnout").fit(answered.loc[half, columns], answered.loc[half, "burnout"])
    test = ~half & ~np.isnan(true)
    p = model.predict_proba(answered.loc[test, columns])[:, 1]
    assert p.mean() == pytest.approx(true[test].mean(), rel=0.1)
    assert 0.8 < slope_of_truth(p, true[test]) < 1.25


def test_probabilities_of_leaving_are_the_true_ones_on_average(
    centre: Simulated, states: pd.DataFrame, leaving: TurnoverModel
) -> None:
    test = states[states["week"] >= TEST_FROM_WEEK]
    true = oracle(centre.truth, test)
    for place, days in enumerate(leaving.bands.ends):
        p = leaving.incidence(test[[*HAZARD, *NOISE]])[0, :, place]
        expected = true[f"voluntary_{days}"].to_numpy()
        known = ~np.isnan(expected)
        assert p[known].mean() == pytest.approx(expected[known].mean(), rel=0.15), days
        assert spearmanr(p[known], expected[known]).statistic > 0.8, days
        assert 0.75 < slope_of_truth(p[known], expected[known]) < 1.4, days


@pytest.mark.parametrize("outcome", ["burnout", "turnover"])
@pytest.mark.parametrize("signal", ["quick_returns", "escalation_rate", "abuse_per_100"])
def test_twice_as_much_strain_never_lowers_a_score(outcome: str, signal: str, road: Home) -> None:
    """Twice the quick returns (or escalations, or abuse), with every comparison of theirs moved accordingly."""
    model: Model = load_current(road, outcome)[0]
    frame = load_frame(road).groupby("agent_id").tail(4).reset_index(drop=True)
    X, value = frame[input_names()], frame[signal].fillna(0)
    assert (value > 0).mean() > 0.4
    more = X.copy()
    more[signal] = 2 * X[signal]
    for kind in ("own", "peer"):
        name, usual = f"{signal}_{kind}_z", frame[f"{signal}__{kind}_usual"]
        spread = ((X[signal] - usual) / X[name]).where(X[name] != 0)
        more[name] = X[name] + (value / spread).fillna(0).clip(lower=0)
    before, after = (model.predict_proba(table)[:, 1] for table in (X, more))
    assert (after >= before - 1e-12).all()


def test_every_signal_that_was_doubled_has_its_direction_from_the_catalog() -> None:
    """So that the test above tests something: these are constrained, for both outcomes."""
    for entry in CATALOG:
        if entry.name in ("quick_returns", "escalation_rate", "abuse_per_100"):
            assert entry.burnout == 1 == entry.turnover, entry.name


def test_follow_up_counts_what_the_truth_holds(centre: Simulated, states: pd.DataFrame) -> None:
    """Voluntary exits within 90 days of a state are as many as the truth's hazards come to."""
    rows = states[states["week"] < TEST_FROM_WEEK]
    until = states["monday"].max()
    spells: Spells = follow_up(rows, centre.tables["exits"], until)
    true = oracle(centre.truth, rows)["voluntary_90"]
    known = true.notna().to_numpy()
    seen = (spells.cause == "voluntary") & (spells.day >= 0) & (spells.day < 90)
    assert seen[known].mean() == pytest.approx(true[known].mean(), rel=0.2)
