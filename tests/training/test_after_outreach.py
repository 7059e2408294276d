"""Labels after outreach: against a reference in plain loops, in the tasks, and over retrainings."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.retraining import rounds
from training.after_outreach import LEAST_HELD_OUT, after_outreach, said_of
from training.config import OUTCOMES, Boosting, Recipe
from training.labels import next_answers
from training.task import BurnoutTask, TurnoverTask

BEGIN = pd.Timestamp("2025-01-06")
DAY = pd.Timedelta(days=1)
AGENTS, WEEKS = 120, 60
SMALL = Recipe(members=2, boosting=Boosting(trees=5, rows_per_leaf=5), forest=None)
TURN = ["agent_id", "offered_at", "action", "arm"]

agents = st.integers(0, 12).map("a{}".format)
days = st.integers(0, 200)
turns = st.tuples(agents, days, st.sampled_from(["breaks", "care"]), st.sampled_from(["offer", "holdout"]))


def frame_of(rows: list[tuple[str, int]]) -> pd.DataFrame:
    found = pd.DataFrame({"agent_id": [agent for agent, _ in rows], "as_of": [BEGIN + at * DAY for _, at in rows]})
    return found.astype({"agent_id": "str", "as_of": "datetime64[us]"})


def outreach_of(rows: list[tuple[str, int, str, str]]) -> pd.DataFrame:
    found = pd.DataFrame([(agent, BEGIN + at * DAY, what, arm) for agent, at, what, arm in rows], columns=TURN)
    return found.astype({"agent_id": "str", "offered_at": "datetime64[us]"})


def arms_by_hand(frame: pd.DataFrame, outreach: pd.DataFrame, ends: pd.Series, lasts: int) -> list[set[str]]:
    found = []
    for (_, row), end in zip(frame.iterrows(), ends, strict=True):
        arms = set()
        for _, turn in outreach.iterrows():
            in_time = row["as_of"] - lasts * DAY <= turn["offered_at"] < end
            if turn["agent_id"] == row["agent_id"] and in_time:
                arms.add(turn["arm"])
        found.append(arms)
    return found


@given(st.lists(st.tuples(agents, days, st.integers(0, 90)), min_size=1, max_size=25), st.lists(turns, max_size=25))
def test_a_row_is_offered_where_an_offer_came_before_its_label(
    rows: list[tuple[str, int, int]], outreach: list[tuple[str, int, str, str]]
) -> None:
    frame, table = frame_of([(agent, at) for agent, at, _ in rows]), outreach_of(outreach)
    ends = frame["as_of"] + pd.to_timedelta([wait for _, _, wait in rows], unit="D")
    found = after_outreach(frame, table, ends, lasts_days=42)
    arms = arms_by_hand(frame, table, ends, 42)
    assert found.offered.tolist() == ["offer" in seen for seen in arms]
    assert found.held_out.tolist() == [seen == {"holdout"} for seen in arms]
    assert (found.weight[found.offered] == 0).all()
    assert (found.weight[found.held_out] >= 1).all()
    assert (found.weight[~found.offered & ~found.held_out] == 1).all()


@given(st.lists(st.tuples(agents, days), min_size=1, max_size=40), st.lists(turns, max_size=40))
def test_those_held_out_stand_for_everyone_who_is_left_out_and_not_alone(
    rows: list[tuple[str, int]], outreach: list[tuple[str, int, str, str]]
) -> None:
    frame = frame_of(rows)
    found = after_outreach(frame, outreach_of(outreach), frame["as_of"] + 90 * DAY, lasts_days=0)
    assert found.weight.sum() == pytest.approx(len(frame) - found.alone.sum())
    assert not (found.alone & ~found.offered).any()


def test_lots_of_two_programs_are_drawn_apart() -> None:
    """Of 40 people in one program half are held out, of 40 in both a quarter: they count twice and four times."""
    arms = [("breaks", "offer"), ("breaks", "holdout")]
    rows = [(f"a{n}", 10, *arms[n % 2]) for n in range(80)]
    rows += [(f"a{n}", 20, "care", ("offer", "holdout")[n // 2 % 2]) for n in range(40)]
    frame = frame_of([(f"a{n}", 0) for n in range(100)])
    found = after_outreach(frame, outreach_of(rows), frame["as_of"] + 90 * DAY, lasts_days=42)
    assert set(found.weight[:40]) == {0.0, 4.0}
    assert set(found.weight[40:80]) == {0.0, 2.0}
    assert set(found.weight[80:]) == {1.0}


def test_too_few_held_out_by_a_set_of_programs_are_taken_together_with_the_others() -> None:
    rows = [(f"a{n}", 10, "breaks", "holdout" if n < 30 else "offer") for n in range(60)]
    rows += [(f"b{n}", 10, "care", "holdout" if n < LEAST_HELD_OUT - 1 else "offer") for n in range(40)]
    rows += [(f"c{n}", 10, "talks", "holdout" if n < LEAST_HELD_OUT - 2 else "offer") for n in range(20)]
    frame = frame_of([(agent, 0) for agent, *_ in rows])
    found = after_outreach(frame, outreach_of(rows), frame["as_of"] + 90 * DAY, lasts_days=42)
    held_out = 2 * LEAST_HELD_OUT - 3
    assert set(found.weight[:60]) == {0.0, 2.0}
    assert found.weight[60:].max() == pytest.approx(60 / held_out)


def test_without_a_holdout_it_is_said_that_nobody_stands_for_those_left_out() -> None:
    frame = frame_of([("a1", 0), ("a2", 0)])
    found = after_outreach(frame, outreach_of([("a1", 5, "care", "offer")]), frame["as_of"] + 90 * DAY, lasts_days=42)
    assert found.alone.tolist() == [True, False]
    assert "1 of 2 rows are left out" in found.sentence
    assert "for 1 of them nobody was held out" in found.sentence


def test_an_answer_before_the_offer_counts_as_it_is() -> None:
    frame = frame_of([("a1", 0)])
    surveys = pd.DataFrame([("a1", BEGIN + 20 * DAY, "CBI", "work", 60.0)])
    surveys.columns = pd.Index(["agent_id", "submitted_at", "instrument", "scale", "score"])
    known = next_answers(frame, surveys, OUTCOMES["burnout"])["submitted_at"]
    for at, expected in ((19, True), (20, False), (30, False)):
        table = outreach_of([("a1", at, "care", "offer")])
        assert after_outreach(frame, table, known, lasts_days=42).offered.tolist() == [expected]


def weekly() -> pd.DataFrame:
    """A row for each agent and week; `strain` moves outcomes."""
    rng = np.random.default_rng(4)
    frame = frame_of([(f"a{agent}", 7 * week) for week in range(WEEKS) for agent in range(AGENTS)])
    return frame.assign(strain=rng.normal(size=len(frame)), tenure=rng.random(len(frame)), site_id="Porto")


def burnout() -> BurnoutTask:
    frame = weekly()
    scores = 45 + 12 * frame["strain"] + np.random.default_rng(5).normal(scale=8, size=len(frame))
    return BurnoutTask(OUTCOMES["burnout"].model_copy(update={"recipe": SMALL}), frame, scores.to_numpy())


def turnover() -> TurnoverTask:
    notice = BEGIN + pd.to_timedelta(np.random.default_rng(6).integers(20, 400, 100), unit="D")
    exits = pd.DataFrame({"agent_id": [f"a{agent}" for agent in range(100)], "notice_on": notice})
    exits = exits.assign(last_day=exits["notice_on"] + 14 * DAY, kind=["voluntary", "involuntary"] * 50)
    config, frame = OUTCOMES["turnover"].model_copy(update={"recipe": SMALL, "folds": 1}), weekly()
    employed = frame.merge(exits, on="agent_id", how="left")
    frame = frame[~(employed["last_day"] < employed["as_of"]).to_numpy()].reset_index(drop=True)
    return TurnoverTask(config, frame, exits, BEGIN + WEEKS * 7 * DAY)


def touched(task: BurnoutTask | TurnoverTask, outreach: pd.DataFrame) -> BurnoutTask | TurnoverTask:
    """The same task with offers on record."""
    if isinstance(task, TurnoverTask):
        return replace(task, outreach=outreach)
    ends = task.frame["as_of"] + task.config.horizon_days * DAY
    return replace(task, after=after_outreach(task.frame, outreach, ends, task.config.offer_lasts_days))


@pytest.mark.parametrize("task", [burnout(), turnover()], ids=["burnout", "turnover"])
def test_offers_that_touch_no_label_change_no_bit_of_a_model(task: BurnoutTask | TurnoverTask) -> None:
    split, columns = task.splits()[-1], ["strain", "tenure"]
    same = touched(task, outreach_of([("a1", 5000, "care", "offer"), ("nobody", 30, "care", "offer")]))
    assert np.array_equal(task.y, same.y, equal_nan=True)
    p, again = (one.fit(split, columns, SMALL).predict_proba(task.frame[columns]) for one in (task, same))
    assert np.array_equal(p, again)


@pytest.mark.parametrize("task", [burnout(), turnover()], ids=["burnout", "turnover"])
def test_no_model_learns_from_a_label_that_came_about_after_an_offer(task: BurnoutTask | TurnoverTask) -> None:
    """Whatever came true of people who were offered support, the model is the same."""
    offered = [f"a{agent}" for agent in range(0, AGENTS, 3)]
    table = outreach_of([(agent, 0, "care", "offer") for agent in offered])
    config = task.config.model_copy(update={"offer_lasts_days": 730})
    task = touched(replace(task, config=config), table)
    theirs = task.frame["agent_id"].isin(offered).to_numpy()
    if isinstance(task, BurnoutTask):
        other: BurnoutTask | TurnoverTask = replace(task, scores=np.where(theirs, 100 - task.scores, task.scores))
    else:
        exits = task.exits
        other = replace(task, exits=exits[~exits["agent_id"].isin(offered)])
    split, columns = task.splits()[-1], ["strain", "tenure"]
    left_out = theirs & (task.frame["as_of"] >= BEGIN).to_numpy()
    assert np.isnan(task.y[left_out]).all()
    assert not np.isnan(task.y[~theirs]).all()
    p, again = (one.fit(split, columns, SMALL).predict_proba(task.frame[columns]) for one in (task, other))
    assert np.array_equal(p, again)


def test_the_record_says_what_was_done() -> None:
    task = touched(burnout(), outreach_of([("a1", 100, "care", "offer")]))
    assert "rows are left out" in said_of(task.after)
    assert "Nothing was offered" in said_of(burnout().after)


def test_scores_keep_saying_what_comes_without_support_through_two_retrainings() -> None:
    slopes = {
        way: rounds("later scores", way, seed=1, people=10_000, number=2).set_index("round")["slope"]
        for way in ("as they are", "weighted")
    }
    assert slopes["weighted"].between(0.85, 1.15).all()
    assert (slopes["as they are"].loc[1:] > 1.25).all()
