"""What came true: against references in plain loops, and case by case."""

from datetime import date, timedelta
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from training.config import OUTCOMES, OutcomeConfig
from training.labels import burnout_labels, label, turnover_labels

BURNOUT, TURNOVER = OUTCOMES["burnout"], OUTCOMES["turnover"]
FIRST = pd.Timestamp("2025-01-01")
LATE = pd.Timestamp("2030-01-01")
EXIT = ["agent_id", "notice_on", "last_day", "kind"]
SURVEY = ["agent_id", "submitted_at", "instrument", "scale", "score"]


def day(number: int) -> pd.Timestamp:
    return FIRST + pd.Timedelta(days=number)


def frame_of(rows: list[tuple[int, str]]) -> pd.DataFrame:
    frame = pd.DataFrame({"as_of": [day(number) for number, _ in rows], "agent_id": [agent for _, agent in rows]})
    return frame.astype({"as_of": "datetime64[us]"})


def surveys_of(rows: list[tuple[str, float, float]], instrument: str = "CBI", scale: str = "work") -> pd.DataFrame:
    found = [(agent, FIRST + pd.Timedelta(days=at), instrument, scale, score) for agent, at, score in rows]
    return pd.DataFrame(found, columns=SURVEY)


def exits_of(rows: list[tuple[str, int, int, str]]) -> pd.DataFrame:
    """Dates as Parquet gives them: objects, not timestamps."""
    start = date(2025, 1, 1)
    found = [(agent, start + timedelta(notice), start + timedelta(last), kind) for agent, notice, last, kind in rows]
    return pd.DataFrame(found, columns=EXIT)


def burnout_by_hand(frame: pd.DataFrame, surveys: pd.DataFrame, config: OutcomeConfig) -> list[float]:
    found = []
    for _, row in frame.iterrows():
        end = row["as_of"] + pd.Timedelta(days=config.horizon_days)
        answers = sorted(
            (survey["submitted_at"], survey["score"])
            for _, survey in surveys.iterrows()
            if survey["agent_id"] == row["agent_id"] and row["as_of"] <= survey["submitted_at"] < end
        )
        found.append(float(answers[0][1] >= config.threshold) if answers else np.nan)
    return found


def turnover_by_hand(frame: pd.DataFrame, exits: pd.DataFrame, config: OutcomeConfig) -> list[float]:
    found = []
    for _, row in frame.iterrows():
        today = row["as_of"].date()
        own = [e for _, e in exits.iterrows() if e["agent_id"] == row["agent_id"] and e["last_day"] >= today]
        if not own:
            found.append(0.0)
            continue
        spell = min(own, key=lambda e: e["last_day"])
        until = (spell["notice_on"] - today).days
        if until < config.gap_days:
            found.append(np.nan)
        elif until >= config.horizon_days:
            found.append(0.0)
        else:
            found.append({"voluntary": 1.0, "involuntary": 0.0}.get(spell["kind"], np.nan))
    return found


AGENTS = st.sampled_from("ab")
ROWS = st.lists(st.tuples(st.integers(0, 200), AGENTS), min_size=1, max_size=12)
KINDS = st.sampled_from(["voluntary", "involuntary", "transfer", "retirement", "other"])


@st.composite
def spells(draw: st.DrawFn) -> list[tuple[str, int, int, str]]:
    """Exits of agents who are hired again: each spell begins after the one before has ended."""
    found: list[tuple[str, int, int, str]] = []
    for agent in "ab":
        at = 0
        for _ in range(draw(st.integers(0, 3))):
            notice = at + draw(st.integers(0, 120))
            last = notice + draw(st.integers(0, 40))
            found.append((agent, notice, last, draw(KINDS)))
            at = last + 1 + draw(st.integers(0, 30))
    return found


@settings(max_examples=60, deadline=None)
@given(ROWS, st.lists(st.tuples(AGENTS, st.floats(-10, 320).map(lambda at: round(at, 2)), st.floats(0, 100)),
                      min_size=1, max_size=10, unique_by=lambda row: row[:2]))  # fmt: skip
def test_burnout_is_what_a_plain_loop_finds(rows: list[Any], answers: list[Any]) -> None:
    frame, surveys = frame_of(rows), surveys_of(answers)
    found = burnout_labels(frame, {"surveys": surveys}, BURNOUT)
    np.testing.assert_array_equal(found, burnout_by_hand(frame, surveys, BURNOUT))


@settings(max_examples=60, deadline=None)
@given(ROWS, spells())
def test_turnover_is_what_a_plain_loop_finds(rows: list[Any], exits: list[Any]) -> None:
    frame, table = frame_of(rows), exits_of(exits)
    found = turnover_labels(frame, {"exits": table}, TURNOVER)
    np.testing.assert_array_equal(found, turnover_by_hand(frame, table, TURNOVER))


@pytest.mark.parametrize(
    ("at", "score", "expected"),
    [
        (0, 50, 1.0), (0, 49.9, 0.0), (89.99, 80, 1.0), (90, 80, np.nan), (-0.01, 80, np.nan),
    ],
)  # fmt: skip
def test_a_survey_counts_from_the_date_until_the_horizon_ends(at: float, score: float, expected: float) -> None:
    found = burnout_labels(frame_of([(0, "a")]), {"surveys": surveys_of([("a", at, score)])}, BURNOUT)
    np.testing.assert_array_equal(found, [expected])


def test_the_first_survey_in_the_horizon_decides() -> None:
    surveys = surveys_of([("a", 60, 10), ("a", 30, 90)])
    assert burnout_labels(frame_of([(0, "a")]), {"surveys": surveys}, BURNOUT).tolist() == [1.0]


def test_other_instruments_and_scales_do_not_count() -> None:
    for other in ({"instrument": "BAT"}, {"scale": "client"}):
        surveys = surveys_of([("a", 5, 90)], **other)
        assert burnout_labels(frame_of([(0, "a")]), {"surveys": surveys}, BURNOUT).isna().all()


def test_without_any_survey_burnout_is_unknown() -> None:
    empty = surveys_of([("a", 5, 90)]).iloc[:0]
    assert burnout_labels(frame_of([(0, "a")]), {"surveys": empty}, BURNOUT).isna().all()


def test_without_any_exit_everyone_stayed() -> None:
    assert turnover_labels(frame_of([(0, "a")]), {"exits": exits_of([]).astype("object")}, TURNOVER).tolist() == [0.0]


@pytest.mark.parametrize(
    ("notice", "kind", "expected"),
    [
        (14, "voluntary", 1.0), (89, "voluntary", 1.0), (90, "voluntary", 0.0),
        (13, "voluntary", np.nan), (0, "voluntary", np.nan), (-5, "voluntary", np.nan), (-5, "involuntary", np.nan),
        (30, "involuntary", 0.0), (30, "transfer", np.nan), (30, "retirement", np.nan), (30, "other", np.nan),
        (95, "transfer", 0.0),
    ],
)  # fmt: skip
def test_notice_counts_by_its_day_and_kind(notice: int, kind: str, expected: float) -> None:
    exits = exits_of([("a", notice, notice + 30, kind)])
    np.testing.assert_array_equal(turnover_labels(frame_of([(0, "a")]), {"exits": exits}, TURNOVER), [expected])


def test_the_day_of_notice_counts_and_not_the_last_day() -> None:
    exits = exits_of([("a", 80, 130, "voluntary"), ("b", 120, 130, "voluntary")])
    assert turnover_labels(frame_of([(0, "a"), (0, "b")]), {"exits": exits}, TURNOVER).tolist() == [1.0, 0.0]


def test_the_exit_of_an_earlier_spell_does_not_matter_to_a_rehire() -> None:
    exits = exits_of([("a", 10, 20, "voluntary"), ("a", 150, 160, "voluntary")])
    rows = frame_of([(40, "a"), (100, "a")])
    assert turnover_labels(rows, {"exits": exits}, TURNOVER).tolist() == [0.0, 1.0]


@pytest.mark.parametrize("name", ["burnout", "turnover"])
def test_what_has_not_been_observed_to_the_end_is_unknown(name: str) -> None:
    tables = {"surveys": surveys_of([("a", 30, 90)]), "exits": exits_of([("a", 30, 40, "voluntary")])}
    frame = frame_of([(0, "a")])
    assert label(frame, tables, OUTCOMES[name], day(89)).isna().all()
    assert label(frame, tables, OUTCOMES[name], day(90)).tolist() == [1.0]


def test_labels_keep_the_index_of_the_frame() -> None:
    frame = frame_of([(100, "a"), (0, "b"), (50, "a")]).set_index(pd.Index([7, 3, 5]))
    tables = {"surveys": surveys_of([("a", 60, 90), ("b", 10, 20)]), "exits": exits_of([("a", 120, 130, "voluntary")])}
    assert label(frame, tables, BURNOUT, LATE).dropna().to_dict() == {3: 0.0, 5: 1.0}
    assert label(frame, tables, TURNOVER, LATE).to_dict() == {7: 1.0, 3: 0.0, 5: 1.0}


def test_the_last_record_of_an_exit_counts() -> None:
    exits = exits_of([("a", 30, 60, "voluntary"), ("a", 30, 60, "transfer")])
    for order in ([0, 1], [1, 0]):
        corrected = exits.assign(recorded_at=[day(31), day(45)]).iloc[order]
        assert turnover_labels(frame_of([(0, "a")]), {"exits": corrected}, TURNOVER).isna().all()
