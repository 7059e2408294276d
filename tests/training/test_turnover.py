"""`TurnoverModel`: two hazards that compete, contributions that add up at every horizon, honest intervals."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from features.catalog import CATALOG, input_names
from features.errors import InputError
from training.calibration import sigmoid
from training.config import Recipe
from training.hazard import BAND, CAUSES, Bands, Spells, incidence, person_periods
from training.turnover import TurnoverModel

HORIZONS = (30, 90, 180)
NAMES = ["quick_returns", "occupancy", "tenure", "site", "same"]


def hazards_of(X: pd.DataFrame) -> np.ndarray:
    """True daily hazards, shape (causes, n, 3 bands): quick returns make people quit, short tenure dismisses them."""
    voluntary = 0.003 * np.exp(0.7 * X["quick_returns"].fillna(0) + 0.4 * (X["site"] == "a"))
    involuntary = 0.001 * np.exp(-0.7 * X["tenure"].fillna(0))
    return np.repeat(np.array([voluntary, involuntary])[:, :, None], 3, axis=2)


def drawn(n: int, seed: int = 1) -> tuple[pd.DataFrame, Spells]:
    """People with numbers, categories and nulls, and what became of them, day by day; some are lost from sight."""
    rng = np.random.default_rng(seed)
    X = pd.DataFrame(rng.normal(size=(n, 3)), columns=NAMES[:3]).mask(rng.random((n, 3)) < 0.05)
    X = X.assign(site=rng.choice(["a", "b", None], n), same=1.0)
    first = np.array([rng.geometric(hazard) - 1 for hazard in hazards_of(X)[:, :, 0]])
    seen = rng.integers(60, 400, n)
    day = np.minimum(first.min(axis=0), seen)
    cause = np.where(day == seen, "", np.where(first[0] <= first[1], *CAUSES))
    return X, Spells(day, cause)


@pytest.fixture(scope="module")
def rows() -> tuple[pd.DataFrame, Spells]:
    return drawn(500)


@pytest.fixture(scope="module", params=["as it is", "calibrated"])
def model(request: pytest.FixtureRequest, rows: tuple[pd.DataFrame, Spells], tiny: Recipe) -> TurnoverModel:
    X, spells = rows
    found = TurnoverModel(recipe=tiny).fit(X, spells, np.arange(len(X)))
    if request.param == "calibrated":
        later, ends = drawn(400, seed=2)
        found.calibrate(later, ends, np.arange(400))
        assert all(cause.line_ != (1.0, 0.0) for cause in found.causes.values())
    return found


@pytest.fixture(name="X")
def people_of_training(rows: tuple[pd.DataFrame, Spells]) -> pd.DataFrame:
    return rows[0]


def test_without_any_signal_a_hazard_is_events_by_days_at_risk() -> None:
    """With few events there is one linear member, here with hardly any penalty: what is left is the rate itself."""
    days = np.array([14, 20, 29, 30, 40, 89, 20, 35, 16, 60, 500, 500, 13, 3])
    causes = np.array(["voluntary"] * 6 + ["involuntary"] * 2 + [""] * 4 + ["voluntary", "involuntary"])
    X = pd.DataFrame({"nothing": np.zeros(14)})
    model = TurnoverModel(14, (30, 90), 90, Recipe(linear_c=1e8)).fit(X, Spells(days, causes), np.arange(14))
    at_risk = [0, 0]
    for day, cause in zip(days, causes, strict=True):
        for ahead in range(14, 90):
            at_risk[ahead >= 30] += ahead < day or (ahead == day and cause != "")
    events = np.array([[3, 3], [1, 1]])
    expected = incidence((events / at_risk)[:, None, :], np.array([16, 60]))[:, 0]
    np.testing.assert_allclose(model.incidence(X)[:, 0], expected, rtol=2e-3)


def test_incidences_and_survival_add_up_and_rise_with_the_horizon(model: TurnoverModel, X: pd.DataFrame) -> None:
    found = model.incidence(X)
    assert found.shape == (2, len(X), 3)
    assert (np.diff(found, axis=2) > 0).all()
    assert (found > 0).all()
    assert (found.sum(axis=0) < 1).all()
    hazards = np.array(
        [
            [cause.predict_proba(X.assign(**{BAND: float(end)}))[:, 1] for end in HORIZONS]
            for cause in model.causes.values()
        ]
    )
    by_day = np.zeros((2, len(X)))
    still_here = np.ones(len(X))
    for band, days in enumerate((16, 60, 90)):
        for _ in range(days):
            by_day += still_here * hazards[:, band]
            still_here = still_here * (1 - hazards[:, band].sum(axis=0))
        np.testing.assert_allclose(found[:, :, band], by_day, atol=1e-12)
    np.testing.assert_allclose(found[:, :, 2].sum(axis=0) + still_here, 1, atol=1e-12)


def test_a_probability_is_the_voluntary_incidence_at_its_horizon(model: TurnoverModel, X: pd.DataFrame) -> None:
    for place, horizon in enumerate(HORIZONS):
        found = model.predict_proba(X, horizon)
        np.testing.assert_array_equal(found[:, 1], model.incidence(X)[0, :, place])
        np.testing.assert_allclose(found.sum(axis=1), 1)
    np.testing.assert_array_equal(model.predict_proba(X), model.predict_proba(X, 90))


def test_probabilities_are_near_those_that_made_the_data(tiny: Recipe) -> None:
    X, spells = drawn(3000, seed=5)
    model = TurnoverModel(recipe=tiny).fit(X, spells, np.arange(len(X)))
    truth = incidence(hazards_of(X), Bands(14, HORIZONS).days)
    found = model.incidence(X)
    np.testing.assert_allclose(found.mean(axis=1), truth.mean(axis=1), rtol=0.15)
    for cause in (0, 1):
        assert np.corrcoef(found[cause, :, 1], truth[cause, :, 1])[0, 1] > 0.8


@pytest.mark.parametrize("horizon", HORIZONS)
@pytest.mark.parametrize("count", [1, 7, 500])
def test_base_and_contributions_are_the_log_odds_at_every_horizon(
    horizon: int, count: int, model: TurnoverModel, X: pd.DataFrame
) -> None:
    explanation, p = model.explain(X.head(count), horizon), model.predict_proba(X.head(count), horizon)[:, 1]
    np.testing.assert_allclose(explanation.base + explanation.values.sum(axis=1), np.log(p / (1 - p)), atol=1e-9)
    np.testing.assert_allclose(explanation.by_family().sum(axis=1), explanation.values.sum(axis=1), atol=1e-9)
    assert explanation.names == NAMES
    assert list(explanation.by_family()) == ["schedule", "workload", "context", "site", "same"]


def test_horizons_that_are_asked_together_answer_as_one_by_one(model: TurnoverModel, X: pd.DataFrame) -> None:
    ends = model.bands.ends
    together = zip(ends, model.explain_horizons(X, ends), model.predict_intervals(X, ends), strict=True)
    for horizon, explanation, interval in together:
        alone = model.explain(X, horizon)
        np.testing.assert_array_equal(explanation.values, alone.values)
        np.testing.assert_array_equal(explanation.base, alone.base)
        np.testing.assert_array_equal(interval, model.predict_interval(X, horizon=horizon))


def test_what_is_told_at_once_is_what_each_question_says(model: TurnoverModel, X: pd.DataFrame) -> None:
    ends = list(model.bands.ends)
    found = model.tell(X, ends)
    for one, apart in zip(found.explanations, model.explain_horizons(X, ends), strict=True):
        np.testing.assert_array_equal(one.values, apart.values)
    np.testing.assert_array_equal(found.intervals, model.predict_intervals(X, ends))
    assert found.unlike == model.unlike(X)


def test_a_row_is_explained_alone_as_among_others(model: TurnoverModel, X: pd.DataFrame) -> None:
    together = model.explain(X)
    for place in range(5):
        alone = model.explain(X.iloc[[place]])
        np.testing.assert_allclose(alone.values[0], together.values[place], atol=1e-9)
        assert alone.base[0] == pytest.approx(together.base[place], abs=1e-9)


def test_a_column_that_no_part_uses_contributes_nothing(model: TurnoverModel, X: pd.DataFrame) -> None:
    assert not model.explain(X).values[:, NAMES.index("same")].any()


def test_the_base_is_the_log_odds_without_any_feature(model: TurnoverModel, X: pd.DataFrame) -> None:
    """The sum of contributions is exact by itself: it is not made to fit by a base of each row's own."""
    for horizon, last in zip(HORIZONS, range(3), strict=True):
        starts = np.array(list(_starts(model, X, last)))
        p = incidence(sigmoid(starts.transpose(0, 2, 1)), model.bands.days[: last + 1])[0, :, last]
        np.testing.assert_allclose(model.explain(X, horizon).base, np.log(p / (1 - p)), atol=1e-6)


def _starts(model: TurnoverModel, X: pd.DataFrame, last: int) -> Iterator[list[np.ndarray]]:
    """Per cause and band: the log-odds of the hazard with what the band adds, and none of the features."""
    for cause in model.causes.values():
        parts = [cause.explain(X.assign(**{BAND: float(end)})) for end in HORIZONS[: last + 1]]
        yield [part.base + part.values[:, part.names.index(BAND)] for part in parts]


def test_contributions_are_the_integral_along_the_straight_line(model: TurnoverModel, X: pd.DataFrame) -> None:
    """In 2,000 small steps from the base to the row, each shared out by what each hazard moves at that place."""
    rows, last, steps = X.head(4), 1, 2000
    starts = np.array(list(_starts(model, rows, last)))  # (causes, bands, n)
    parts = [[c.explain(rows.assign(**{BAND: float(e)})) for e in HORIZONS[:2]] for c in model.causes.values()]
    ends = np.array([[part.log_odds for part in of_cause] for of_cause in parts])

    def log_odds(hazards: np.ndarray) -> np.ndarray:
        p = incidence(sigmoid(hazards.transpose(0, 2, 1)), model.bands.days[:2])[0, :, last]
        return np.asarray(np.log(p / (1 - p)))

    by_hand = np.zeros((4, len(NAMES)))
    for cause, band in np.ndindex(2, 2):
        moved = np.zeros(4)
        for step in range(steps):
            here = starts + (step + 0.5) / steps * (ends - starts)
            aside = np.zeros_like(here)
            aside[cause, band] = 1e-5
            moved += (log_odds(here + aside) - log_odds(here - aside)) / 2e-5 / steps
        for place, name in enumerate(parts[cause][band].names[:-1]):
            by_hand[:, NAMES.index(name)] += parts[cause][band].values[:, place] * moved
    np.testing.assert_allclose(model.explain(rows, 90).values, by_hand, atol=1e-6)


def test_probabilities_of_almost_nothing_are_explained_as_they_are_shown(
    rows: tuple[pd.DataFrame, Spells], tiny: Recipe
) -> None:
    X, spells = rows
    model = TurnoverModel(recipe=tiny).fit(X, spells, np.arange(len(X)))
    cause = model.causes["voluntary"]
    cause.line_ = cause.line_._replace(intercept=-16.0)
    p, low_high = model.predict_proba(X)[:, 1], model.predict_interval(X)
    assert p.max() < 1e-6
    np.testing.assert_allclose(model.explain(X).log_odds, np.log(p / (1 - p)), atol=1e-9)
    assert ((low_high[:, 0] <= p) & (p <= low_high[:, 1])).all()


def test_the_probability_moves_only_the_way_that_is_expected_at_every_horizon(tiny: Recipe) -> None:
    """In every constrained signal of the catalog, on data that speak against it, with dismissals that compete."""
    rng = np.random.default_rng(9)
    names = [entry for entry in CATALOG if entry.name in input_names()]
    X = pd.DataFrame(rng.normal(size=(600, len(names))), columns=[entry.name for entry in names])
    X = X.mask(rng.random(X.shape) < 0.05)
    against = np.array([-entry.turnover or rng.choice([-1, 1]) for entry in names]) * rng.exponential(size=len(names))
    hazard = 0.004 * np.exp(X.fillna(0).to_numpy() @ against / 6)
    first = np.array([rng.geometric(np.clip(hazard, 0, 1)), rng.geometric(0.001, 600)])
    day = np.minimum(first.min(axis=0), 200)
    spells = Spells(day, np.where(day == 200, "", np.where(first[0] <= first[1], *CAUSES)))
    model = TurnoverModel(recipe=tiny).fit(X, spells, np.arange(600))
    assert len(model.causes) == 2
    some, count = X.head(20), 0
    for end in HORIZONS:
        before = model.predict_proba(some, end)[:, 1]
        for entry in names:
            if entry.turnover:
                after = model.predict_proba(some.assign(**{entry.name: some[entry.name] + 1.5}), end)[:, 1]
                assert (entry.turnover * (after - before) >= -1e-12).all(), (entry.name, end)
                count += 1
    assert count > 60


def test_a_higher_voluntary_hazard_is_a_higher_probability(model: TurnoverModel, X: pd.DataFrame) -> None:
    before, line = model.incidence(X), model.causes["voluntary"].line_
    model.causes["voluntary"].line_ = line._replace(intercept=line.intercept + 0.1)
    after = model.incidence(X)
    model.causes["voluntary"].line_ = line
    assert (after[0] > before[0]).all()
    assert (after[1] < before[1]).all()


def test_the_order_of_rows_and_columns_does_not_matter_to_who_is_scored(model: TurnoverModel, X: pd.DataFrame) -> None:
    shuffled = X.sample(frac=1, random_state=1)
    turned = shuffled[[*reversed(NAMES)]].assign(more=1)
    expected = pd.Series(model.predict_proba(X)[:, 1], X.index)[shuffled.index]
    np.testing.assert_array_equal(model.predict_proba(turned)[:, 1], expected)
    np.testing.assert_allclose(model.explain(turned).values, model.explain(X).values[shuffled.index], atol=1e-12)


def test_the_same_seed_gives_the_same_files_to_the_byte(
    rows: tuple[pd.DataFrame, Spells], tiny: Recipe, tmp_path: Path
) -> None:
    written = []
    for place, recipe in enumerate((tiny, tiny, tiny.model_copy(update={"seed": 8}))):
        folder = TurnoverModel(recipe=recipe).fit(*rows, np.arange(len(rows[0]))).save(tmp_path / str(place))
        written.append({path.relative_to(folder): path.read_bytes() for path in folder.rglob("*.*")})
    assert len(written[0]) > 3
    assert written[0] == written[1] != written[2]


def test_what_agents_are_called_changes_nothing(tiny: Recipe) -> None:
    X, spells = drawn(300, seed=3)
    agent = np.arange(300) // 3
    names = np.random.default_rng(1).permutation([f"Agent {number}" for number in range(100)])
    models = [TurnoverModel(recipe=tiny).fit(X, spells, people) for people in (agent, names[agent])]
    one, other = (
        model.calibrate(X, spells, people) for model, people in zip(models, (agent, names[agent]), strict=True)
    )
    np.testing.assert_array_equal(one.incidence(X), other.incidence(X))
    np.testing.assert_allclose(one.predict_interval(X), other.predict_interval(X), rtol=1e-9)


@pytest.mark.parametrize("horizon", HORIZONS)
def test_an_interval_holds_its_probability_and_widens_with_the_level(
    horizon: int, model: TurnoverModel, X: pd.DataFrame
) -> None:
    p = model.predict_proba(X, horizon)[:, 1]
    narrow, wide = (model.predict_interval(X, level, horizon) for level in (0.5, 0.95))
    for found in (narrow, wide):
        assert ((found[:, 0] > 0) & (found[:, 0] < p) & (p < found[:, 1]) & (found[:, 1] < 1)).all()
    assert ((wide[:, 0] < narrow[:, 0]) & (narrow[:, 1] < wide[:, 1])).all()


def widths(model: TurnoverModel, X: pd.DataFrame) -> float:
    low, high = model.predict_interval(X).T
    return float(np.mean(np.log(high / (1 - high)) - np.log(low / (1 - low))))


def test_intervals_shrink_with_more_people(X: pd.DataFrame, tiny: Recipe) -> None:
    found = []
    for n in (250, 2500):
        people, spells = drawn(n, seed=4)
        found.append(widths(TurnoverModel(recipe=tiny).fit(people, spells, np.arange(n)), X))
    assert found[1] < found[0] / 1.5


def test_a_cause_with_too_few_events_for_members_hides_no_doubt_about_the_other(X: pd.DataFrame, tiny: Recipe) -> None:
    people, spells = drawn(500)
    few = np.flatnonzero(spells.cause == "involuntary")[4:]
    cause = spells.cause.copy()
    cause[few] = ""
    many, less = (
        TurnoverModel(recipe=tiny).fit(people, Spells(spells.day, c), np.arange(500)) for c in (spells.cause, cause)
    )
    assert (len(many.causes["involuntary"].members_), len(less.causes["involuntary"].members_)) == (3, 1)
    assert widths(less, X) > widths(many, X) / 3


def test_calibration_follows_a_later_block_and_leaves_a_cause_without_events_alone(
    rows: tuple[pd.DataFrame, Spells], tiny: Recipe
) -> None:
    X, spells = rows
    model = TurnoverModel(recipe=tiny).fit(X, spells, np.arange(len(X)))
    later, ends = drawn(800, seed=7)
    fewer = np.where((ends.cause == "voluntary") & (np.arange(800) % 3 > 0), "", ends.cause)  # a third of them quit
    model.calibrate(later, Spells(ends.day, np.where(fewer == "involuntary", "", fewer)), np.arange(800))
    before = TurnoverModel(recipe=tiny).fit(X, spells, np.arange(len(X))).incidence(later)
    after = model.incidence(later)
    assert model.causes["involuntary"].line_ == (1.0, 0.0)
    assert after[0].mean() < 0.6 * before[0].mean()
    assert (after.sum(axis=0) < 1).all()


def test_a_row_unlike_training_is_told_and_rows_of_training_are_not(
    model: TurnoverModel, rows: tuple[pd.DataFrame, Spells]
) -> None:
    X = rows[0].iloc[person_periods(rows[1], model.bands)["row"].unique()]  # who leaves in the gap is not learned from
    assert model.unlike(X) == [None] * len(X)
    (why,) = model.unlike(X.head(1).assign(occupancy=99.0))
    assert why is not None
    assert why.startswith("occupancy is 99, seen between -")


def without(spells: Spells, cause: str) -> Spells:
    """The same people, with the exits of one cause as if they had been lost from sight."""
    return Spells(spells.day, np.where(spells.cause == cause, "", spells.cause))


def test_without_anyone_who_quit_there_is_nothing_to_learn(rows: tuple[pd.DataFrame, Spells], tiny: Recipe) -> None:
    X, spells = rows
    with pytest.raises(InputError, match="There is no voluntary exit among 500 rows; a longer history is needed"):
        TurnoverModel(recipe=tiny).fit(X, without(spells, "voluntary"), np.arange(len(X)))


def test_without_anyone_who_was_dismissed_that_hazard_is_0(rows: tuple[pd.DataFrame, Spells], tiny: Recipe) -> None:
    X, spells = rows
    model = TurnoverModel(recipe=tiny).fit(X, without(spells, "involuntary"), np.arange(len(X)))
    model.calibrate(*drawn(400, seed=2), np.arange(400))
    found = model.incidence(X)
    assert found.shape == (2, len(X), 3)
    assert not found[1].any()
    hazards = [model.causes["voluntary"].predict_proba(X.assign(**{BAND: float(end)}))[:, 1] for end in HORIZONS]
    stay = np.cumprod((1 - np.array(hazards).T) ** model.bands.days, axis=1)
    np.testing.assert_allclose(found[0], 1 - stay, atol=1e-12)
    p, interval = found[0, :, 1], model.predict_interval(X)
    np.testing.assert_allclose(model.explain(X).log_odds, np.log(p / (1 - p)), atol=1e-9)
    assert ((interval[:, 0] < p) & (p < interval[:, 1])).all()


REFUSED: list[tuple[dict[str, Any], str]] = [
    ({"horizons": (90, 30)}, r"horizons \[90, 30\] must rise"),
    ({"horizons": ()}, r"horizons \[\] must rise"),
    ({"horizons": (30, 30, 90)}, "must rise"),
    ({"gap": 30}, "the first lie after the gap of 30 days"),
    ({"horizon_days": 60}, r"horizon_days 60 is none of the horizons \[30, 90, 180\]"),
]


@pytest.mark.parametrize(("settings", "sentence"), REFUSED)
def test_horizons_that_make_no_bands_are_refused(settings: dict[str, Any], sentence: str) -> None:
    with pytest.raises(InputError, match=sentence):
        TurnoverModel(**settings)


def test_a_horizon_that_the_model_does_not_know_is_refused(model: TurnoverModel, X: pd.DataFrame) -> None:
    for ask in (model.predict_proba, model.explain):
        with pytest.raises(InputError, match="horizon 60: this model speaks of 30, 90, 180 days"):
            ask(X, 60)


def test_rows_count_as_often_as_their_weight_says(tiny: Recipe) -> None:
    """Where those who quit count thrice, the score rises; where everyone counts once, nothing changes."""
    X, spells = drawn(500)
    people = np.arange(len(X))
    plain, once, thrice = (
        TurnoverModel(recipe=tiny).fit(X, spells, people, weight).predict_proba(X)[:, 1]
        for weight in (None, np.ones(len(X)), np.where(spells.cause == "voluntary", 3.0, 1.0))
    )
    assert np.array_equal(plain, once)
    assert thrice.mean() > 1.2 * plain.mean()
