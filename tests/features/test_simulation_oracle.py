"""The oracle against a slow reference that lives the months after a day many times over, and against what came true."""

import math

import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import roc_auc_score

from features import Centre, simulate
from features.simulation import Program, Simulated, Truth, oracle, surveys

PATHS = 20_000
MONDAY = pd.Timestamp("2025-03-31")


@pytest.fixture(scope="module")
def year() -> Simulated:
    """300 seats for a year and a half, with a program that ends."""
    program = Program("p", "a", effect=-0.8, start_week=20, weeks=20)
    return simulate(Centre(agents=300, days=540, seed=9, programs=(program,)))


@pytest.fixture(scope="module")
def foreseen(year: Simulated) -> pd.DataFrame:
    """The oracle every week, beside agent and date."""
    weeks = year.truth.weeks.query("week >= 1")
    rows = pd.DataFrame({"agent_id": weeks["agent_id"], "as_of": weeks["monday"]}).reset_index(drop=True)
    return pd.concat([rows, oracle(year.truth, rows)], axis=1)


def lived(truth: Truth, agent: str, week: int, weeks: int, seed: int) -> dict[str, float]:
    """What became of one agent after a week, over many lives: quit within `weeks`, and burnt out at the next wave."""
    rng = np.random.default_rng(seed)
    row = truth.weeks.query("agent_id == @agent and week == @week").iloc[0]
    model, quit_by, dismissed_by = (truth.coefficients[name] for name in ("exhaustion", "voluntary", "involuntary"))
    of_manager = 0.6 * row["manager"]
    busy = [0.15 * math.cos(2 * math.pi * ((row["monday"] + pd.Timedelta(weeks=k)).day_of_year + 3 - 335) / 365.25)
            for k in range(weeks + 20)]  # fmt: skip
    quits = [math.cos(2 * math.pi * ((row["monday"] + pd.Timedelta(weeks=k)).day_of_year + 3 - 20) / 365.25)
             for k in range(weeks + 20)]  # fmt: skip
    now = {name: np.full(PATHS, row[name]) for name in ("load", "escalation", "abuse", "schedule", "support", "breaks")}
    now["load"], now["support"] = now["load"] - busy[0], now["support"] - of_manager
    exhaustion, there, left = np.full(PATHS, row["exhaustion"]), np.ones(PATHS, bool), np.zeros(PATHS, bool)
    contagion, burnt, wave = row["contagion_later"], math.nan, int(surveys.next_wave(week + 1))
    for k in range(1, max(weeks, wave - week) + 1):
        for name in now:
            spread = 0.8 if name == "support" else 1.0
            now[name] = 0.93 * now[name] + spread * math.sqrt(1 - 0.93**2) * rng.standard_normal(PATHS)
        felt = now | {"load": now["load"] + busy[k], "support": now["support"] + of_manager}
        weighs = row["trait"] + row["susceptibility"] * sum(
            weight * felt[name] for name, weight in model["demands_by_susceptibility"].items()
        )
        weighs = weighs + sum(weight * felt[name] for name, weight in model["relief"].items() if name in felt)
        weighs = weighs + row["program_in"][k]
        noise = model["noise_sd"] * rng.standard_normal(PATHS)
        exhaustion = model["keep"] * exhaustion + (1 - model["keep"]) * weighs + noise
        newness = math.exp(-(row["days_employed"] + 7 * k) / 180)
        drivers = felt | {"exhaustion": exhaustion, "newness": newness, "log_pay": row["log_pay"],
                          "quit_season": quits[k], "manager": row["manager"], "contagion": contagion,
                          "performance": row["performance"]}  # fmt: skip
        chance, other = (
            np.minimum(np.exp(cause["base"] + sum(w * drivers[name] for name, w in cause["drivers"].items())), 0.3)
            for cause in (quit_by, dismissed_by)
        )
        if week + k == wave:
            answers = there & (rng.random(PATHS) < surveys.answer_chance(exhaustion))
            burnt = float(np.mean(surveys.answer(rng, exhaustion[answers])[1] >= 50))
        draw = rng.random(PATHS)
        if k <= weeks:
            left |= there & (draw < chance)
        there &= draw >= chance + other + truth.coefficients["transfer"]
        contagion = 0.8 * contagion + 0.006
    return {"voluntary": float(left.mean()), "burnout": burnt}


@pytest.mark.parametrize("rank", [0.02, 0.3, 0.6, 0.9, 0.99])
@pytest.mark.parametrize("week", [22, 30])
def test_the_oracle_is_what_many_lives_come_to(year: Simulated, week: int, rank: float) -> None:
    """Agents from the least to the most exhausted, 18 weeks ahead (126 days from a Monday) and at the next wave."""
    weeks = year.truth.weeks
    states = weeks.query("week == @week and at_risk").sort_values("exhaustion", ignore_index=True)
    agent = str(states.loc[int(rank * len(states)), "agent_id"])
    rows = pd.DataFrame({"agent_id": [agent], "as_of": [MONDAY + pd.Timedelta(weeks=week + 1)]})
    found = oracle(year.truth, rows, within=[126]).iloc[0]
    expected = lived(with_future(year.truth, agent, week), agent, week, 18, seed=week)
    error = 4 * math.sqrt(expected["voluntary"] * (1 - expected["voluntary"]) / PATHS)
    assert found["voluntary_126"] == pytest.approx(expected["voluntary"], rel=0.06, abs=error)
    assert found["burnout"] == pytest.approx(expected["burnout"], abs=0.025)


def with_future(truth: Truth, agent: str, week: int) -> Truth:
    """The truth with two columns for the reference: contagion a week later, and what programs change by then."""
    weeks = truth.weeks.copy()
    team = weeks.loc[(weeks["agent_id"] == agent) & (weeks["week"] == week), "team"].iloc[0]
    weeks["contagion_later"] = weeks.loc[(weeks["team"] == team) & (weeks["week"] == week + 1), "contagion"].iloc[0]
    member = truth.programs.query("agent_id == @agent and takes_part and from_week <= @week")
    later = np.arange(week, week + 60)
    effect = [sum(row["effect"] for _, row in member.iterrows() if at < row["until_week"]) for at in later]
    weeks["program_in"] = [effect] * len(weeks)
    return Truth(weeks, truth.surveys, truth.programs, truth.coefficients)


def test_the_oracle_comes_true_as_often_as_it_says(year: Simulated, foreseen: pd.DataFrame) -> None:
    exits = year.tables["exits"].drop_duplicates(["agent_id", "notice_on"], keep="last").query("kind == 'voluntary'")
    exits = exits.assign(notice_on=exits["notice_on"].astype("datetime64[us]")).sort_values("notice_on")
    rows = foreseen[foreseen["as_of"] <= MONDAY + pd.Timedelta(days=540 - 90)].sort_values("as_of")
    rows = pd.merge_asof(rows, exits[["agent_id", "notice_on"]], left_on="as_of", right_on="notice_on",
                         by="agent_id", direction="forward")  # fmt: skip
    known = rows[rows["voluntary_90"].notna()]
    quit_soon = known["notice_on"] < known["as_of"] + pd.Timedelta(days=90)
    assert quit_soon.mean() == pytest.approx(known["voluntary_90"].mean(), rel=0.25)
    assert roc_auc_score(quit_soon, known["voluntary_90"]) > 0.65


def test_the_oracle_of_burnout_is_good_and_not_perfect(year: Simulated, foreseen: pd.DataFrame) -> None:
    answers = year.tables["surveys"].sort_values("submitted_at")
    rows = pd.merge_asof(foreseen.sort_values("as_of"), answers[["agent_id", "submitted_at", "score"]],
                         left_on="as_of", right_on="submitted_at", by="agent_id", direction="forward")  # fmt: skip
    soon = rows["submitted_at"] < rows["as_of"] + pd.Timedelta(days=90)
    rows = rows[soon & rows["burnout"].notna()]
    burnt = rows["score"] >= 50
    assert burnt.mean() == pytest.approx(rows["burnout"].mean(), abs=0.05)
    assert 0.77 <= roc_auc_score(burnt, rows["burnout"]) <= 0.88


def test_a_longer_horizon_is_likelier_and_a_gap_is_not(year: Simulated, foreseen: pd.DataFrame) -> None:
    known = foreseen.dropna()
    assert (known["voluntary_30"] < known["voluntary_90"]).all()
    assert (known["voluntary_90"] < known["voluntary_180"]).all()
    gap = oracle(year.truth, known[["agent_id", "as_of"]], gap_days=14)
    assert (gap["voluntary_90"] < known["voluntary_90"]).all()


def test_what_the_truth_does_not_know_is_unknown(year: Simulated) -> None:
    rows = pd.DataFrame({"agent_id": ["A0000", "nobody"], "as_of": [MONDAY, MONDAY + pd.Timedelta(weeks=4)]},
                        index=[7, 3])  # fmt: skip
    found = oracle(year.truth, rows)
    assert found.index.tolist() == [7, 3]
    assert found.isna().all(axis=None)


def test_who_gave_notice_has_no_probability_of_giving_it(year: Simulated) -> None:
    leaving = year.truth.weeks.query("not at_risk and week < 70").head(20)
    rows = pd.DataFrame({"agent_id": leaving["agent_id"], "as_of": leaving["monday"] + pd.Timedelta(weeks=1)})
    assert oracle(year.truth, rows)["voluntary_90"].isna().all()


def test_the_oracle_does_not_look_ahead(year: Simulated) -> None:
    """What happens after a day changes nothing that the oracle says as of that day."""
    week = 30
    rows = year.truth.weeks.query("week == @week")[["agent_id"]].assign(as_of=MONDAY + pd.Timedelta(weeks=week + 1))
    past = Truth(year.truth.weeks.query("week <= @week + 1"), year.truth.surveys, year.truth.programs, {})
    pd.testing.assert_frame_equal(oracle(past, rows), oracle(year.truth, rows))
