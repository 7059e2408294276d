"""Reasons: they add up, a signal and its comparisons are one, and the numbers are those on record."""

import json
from dataclasses import asdict

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from features import Home
from features.catalog import CATALOG, Feature, feature, feature_names, own_usual, peer_usual
from serving.reasons import Reason, Sentences, ranked, reasons
from serving.tables import records
from training import Explanation, RiskModel
from training.explain import family_of
from training.tracking import load_current


def explained(values: dict[str, float], data: dict[str, object]) -> tuple[Explanation, pd.DataFrame]:
    """One row: contributions by feature, and the row of the frame."""
    frame = pd.DataFrame([data])
    return Explanation(np.array([list(values.values())]), np.zeros(1), frame[list(values)]), frame


def only(values: dict[str, float], data: dict[str, object]) -> Reason:
    ((reason,),) = reasons(*explained(values, data))
    return reason


def slow_reasons(explanation: Explanation, frame: pd.DataFrame) -> list[list[Reason]]:
    """The same row by row and signal by signal, as one would write it down."""
    entries = [feature(name) for name in explanation.names]
    signals = [e.basis if e and e.basis else name for e, name in zip(entries, explanation.names, strict=True)]
    found = []
    for row in range(len(frame)):
        one = []
        for signal in dict.fromkeys(signals):
            columns = [i for i, other in enumerate(signals) if other == signal]
            total = float(explanation.values[row, columns].sum())
            one.append(Reason(signal, family_of(signal), slow_sentence(signal, frame.iloc[row]), total))
        found.append(sorted(one, key=lambda reason: (-abs(reason.contribution), reason.signal)))
    return found


def slow_sentence(name: str, values: pd.Series) -> str:
    entry, value = feature(name), values[name]
    if entry is None:
        return f"{name} is {'unknown' if pd.isna(value) else value}"
    if pd.isna(value):
        return f"{entry.label}: not known"
    if name == "tenure":
        return f"{round(float(np.expm1(value))):,} days with the company"
    if name == "new_hire":
        return "in the first 90 days on the job" if value else "past the first 90 days on the job"
    if name == "manager_change":
        return "a new manager within 180 days" if value else "the same manager as 180 days ago"
    usual = [
        f"{word} {slow_number(entry, values[column])}"
        for word, column in (("usually", own_usual(name)), ("peers", peer_usual(name)))
        if column in values and pd.notna(values[column])
    ]
    text = entry.shown.format(value)
    return f"{text}; {', '.join(usual)}" if usual else text


def slow_number(entry: Feature, value: float) -> str:
    start, end = entry.shown.index("{"), entry.shown.index("}") + 1
    return entry.shown[start:end].format(value)


def told(found: list[list[Reason]]) -> list[list[tuple[str, str, str]]]:
    return [[(reason.signal, reason.family, reason.sentence) for reason in one] for one in found]


def contributions(found: list[list[Reason]]) -> list[list[float]]:
    return [[reason.contribution for reason in one] for one in found]


@st.composite
def explained_frames(draw: st.DrawFn) -> tuple[Explanation, pd.DataFrame]:
    """A few rows of some features and of columns of other tables, with usual values for some of them."""
    names = draw(st.lists(st.sampled_from([*feature_names(), "shoe_size"]), min_size=1, max_size=12, unique=True))
    entries = [feature(name) for name in names]
    signals = [entry.basis if entry and entry.basis else name for entry, name in zip(entries, names, strict=True)]
    rows = draw(st.integers(1, 4))
    number = st.one_of(st.none(), st.sampled_from([0.0, 1.0, 0.005, -0.0]), st.floats(-1e4, 1e4))
    columns = {*names, *signals}
    for signal in signals:
        columns |= {column for column in (own_usual(signal), peer_usual(signal)) if draw(st.booleans())}
    values = {
        name: draw(st.lists(st.floats(0, 12) if name == "tenure" else number, min_size=rows, max_size=rows))
        for name in sorted(columns)
    }
    frame = pd.DataFrame(values, dtype="float64").assign(region=["west", None, "north", 'a "b"'][:rows])
    # eighths, so that sums are exact in any order, and ties are frequent
    eighths = st.lists(st.integers(-8, 8), min_size=rows * (len(names) + 1), max_size=rows * (len(names) + 1))
    table = np.array(draw(eighths), dtype=float).reshape(rows, -1) / 8
    return Explanation(table, np.zeros(rows), frame[[*names, "region"]]), frame


@given(explained_frames())
def test_reasons_are_those_of_the_slow_way(explained: tuple[Explanation, pd.DataFrame]) -> None:
    assert reasons(*explained) == slow_reasons(*explained)


@given(explained_frames())
def test_what_the_store_keeps_is_read_as_the_same_reasons(explained: tuple[Explanation, pd.DataFrame]) -> None:
    explanation, frame = explained
    rows = np.arange(len(frame))[::2]
    texts = Sentences.of(frame, explanation.names).as_json(ranked(explanation), rows)
    slow = slow_reasons(explanation, frame)
    assert [records(json.loads(text)) for text in texts] == [[asdict(reason) for reason in slow[row]] for row in rows]


@pytest.mark.parametrize("outcome", ["burnout", "turnover"])
def test_reasons_of_a_real_frame_are_those_of_the_slow_way(outcome: str, road: Home, newest: pd.DataFrame) -> None:
    explanation = load_current(road, outcome)[0].explain(newest)
    found, slow = reasons(explanation, newest), slow_reasons(explanation, newest)
    assert told(found) == told(slow)
    np.testing.assert_allclose(contributions(found), contributions(slow), rtol=0, atol=1e-12)
    texts = Sentences.of(newest, explanation.names).as_json(ranked(explanation), np.arange(len(newest)))
    assert [records(json.loads(text)) for text in texts] == [[asdict(reason) for reason in one] for one in found]


def test_all_reasons_and_the_base_are_the_log_odds(champion: RiskModel, newest: pd.DataFrame) -> None:
    explanation = champion.explain(newest)
    found = reasons(explanation, newest)
    sums = [sum(reason.contribution for reason in one) for one in found]
    np.testing.assert_allclose(explanation.base + sums, explanation.log_odds, atol=1e-6)


def test_a_signal_and_its_comparisons_are_one_reason(champion: RiskModel, newest: pd.DataFrame) -> None:
    explanation = champion.explain(newest)
    raw = {entry.name for entry in CATALOG if entry.version == "raw"}
    values = pd.DataFrame(explanation.values, columns=explanation.names)
    for row, one in enumerate(reasons(explanation, newest)):
        assert {reason.signal for reason in one} == raw
        assert len(one) == len(raw)
        by_signal = {reason.signal: reason.contribution for reason in one}
        together = values.loc[row, ["overtime", "overtime_own_z", "overtime_peer_z"]].sum()
        assert by_signal["overtime"] == pytest.approx(together)


def test_reasons_come_strongest_first_and_ties_by_name(champion: RiskModel, newest: pd.DataFrame) -> None:
    for one in reasons(champion.explain(newest), newest):
        assert one == sorted(one, key=lambda reason: (-abs(reason.contribution), reason.signal))
        assert all(reason.family == family_of(reason.signal) for reason in one)


def test_the_numbers_of_a_sentence_are_those_on_record(champion: RiskModel, newest: pd.DataFrame) -> None:
    for (_, row), one in zip(newest.iterrows(), reasons(champion.explain(newest), newest), strict=True):
        for reason in one:
            entry, value = feature(reason.signal), row[reason.signal]
            assert entry is not None
            if pd.isna(value):
                assert reason.sentence == f"{entry.label}: not known"
            elif reason.signal not in ("tenure", "new_hire", "manager_change"):
                said, *compared = reason.sentence.split("; ")
                assert said == entry.shown.format(value)
                on_record = [row.get(own_usual(reason.signal)), row.get(peer_usual(reason.signal))]
                assert bool(compared) == any(pd.notna(number) for number in on_record)


def test_a_sentence_names_what_is_usual_for_oneself_and_for_peers() -> None:
    data = {"quick_returns": 4.0, own_usual("quick_returns"): 1.2, peer_usual("quick_returns"): 0.8}
    reason = only({"quick_returns": 0.3}, data)
    assert reason.sentence == "4 rests under 11 hours in 28 days; usually 1, peers 1"
    assert (reason.family, reason.contribution) == ("schedule", 0.3)


def test_what_is_usual_and_not_known_is_not_said() -> None:
    data = {"occupancy": 0.831, own_usual("occupancy"): np.nan, peer_usual("occupancy"): 0.7}
    assert only({"occupancy": 0.1}, data).sentence == "83% of logged time in contacts; peers 70%"
    assert only({"occupancy": 0.1}, {"occupancy": 0.831}).sentence == "83% of logged time in contacts"


def test_a_small_difference_is_not_shown_as_minus_zero() -> None:
    assert only({"escalation_excess": 0.1}, {"escalation_excess": -1e-6}).sentence.startswith("+0.0% ")


@pytest.mark.parametrize(
    ("name", "value", "sentence"),
    [
        ("tenure", np.log1p(400), "400 days with the company"),
        ("tenure", np.log1p(2000), "2,000 days with the company"),
        ("new_hire", 1.0, "in the first 90 days on the job"),
        ("new_hire", 0.0, "past the first 90 days on the job"),
        ("last_survey_score", np.nan, "last burnout survey: not known"),
        ("shoe_size", 43.0, "shoe_size is 43.0"),
        ("shoe_size", np.nan, "shoe_size is unknown"),
    ],
)
def test_a_value_is_said_in_words(name: str, value: float, sentence: str) -> None:
    assert only({name: 0.1}, {name: value}).sentence == sentence


def test_every_feature_of_the_catalog_can_be_said() -> None:
    for entry in CATALOG:
        if entry.version == "raw":
            data = {entry.name: 0.5, own_usual(entry.name): 0.25, peer_usual(entry.name): 0.75}
            said = only({entry.name: 0.1}, data).sentence
            assert said
            assert "{" not in said
            assert "nan" not in said
