"""Numbers that pages say are the numbers that they were made from, and the words stay kind."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from serving.outreach.words import refuse_words
from serving.reports import sentences
from serving.reports.outcomes import Matured
from serving.reports.sentences import Compared

SHARES = st.floats(0.0, 1.0)
NAMES = st.sampled_from(["contacts_per_hour", "occupancy", "overtime", "quick_returns", "sentiment_mean"])
NUMBER = re.compile(r"[-+]?\d+(?:\.\d+)?%?")
PEOPLE = st.integers(10, 5_000)


def numbers(said: str) -> list[float]:
    """Every number of a sentence; a percentage as a share."""
    return [float(one.rstrip("%")) / (100 if one.endswith("%") else 1) for one in NUMBER.findall(said)]


def read_back(name: str, said: str) -> float:
    """A value as the sentence about its signal shows it."""
    (value,) = numbers(said)
    return value


@given(NAMES, st.floats(-0.9, 60, allow_nan=False))
def test_a_plain_value_reads_back_as_what_it_was(name: str, value: float) -> None:
    shown = sentences.plain(name, value)
    step = 0.005 if shown.endswith("%") else 0.005 if name == "sentiment_mean" else 0.05
    assert read_back(name, shown) == pytest.approx(value, abs=step + 1e-9)


@given(st.sampled_from(["burnout", "turnover"]), SHARES, SHARES, PEOPLE)
def test_what_is_expected_of_a_group_reads_back(outcome: str, mean: float, usual: float, people: int) -> None:
    said = sentences.expected(outcome, mean, usual, people)
    shown_mean, shown_people, about, shown_usual = numbers(said)
    assert shown_mean == pytest.approx(mean, abs=0.0051)
    assert (shown_people, about) == (people, pytest.approx(mean * people, abs=0.51))
    assert shown_usual == pytest.approx(usual, abs=0.0051)
    apart = shown_mean != shown_usual
    assert ("above" in said) == (mean > usual * 1.1 and apart)
    assert ("below" in said) == (mean < usual * 0.9 and apart)


@given(st.floats(0, 40), st.floats(0, 40), SHARES, SHARES)
def test_what_the_model_would_expect_reads_back(now: float, queue: float, mean: float, then: float) -> None:
    said = sentences.expected_with(Compared("overtime", now, 1.0, queue), mean, then)
    here, there, shown_then, shown_mean = numbers(said)
    assert (here, there) == (pytest.approx(now, abs=0.051), pytest.approx(queue, abs=0.051))
    assert (shown_then, shown_mean) == (pytest.approx(then, abs=0.0051), pytest.approx(mean, abs=0.0051))
    assert "would expect" in said
    assert " will " not in said


@given(st.lists(SHARES, min_size=2, max_size=12), PEOPLE)
def test_a_trend_reads_back(means: list[float], people: int) -> None:
    weeks, shown_people, first, last, least, most = numbers(sentences.trend_of(means, people))
    assert (weeks, shown_people) == (len(means) - 1, people)
    assert [first, last, least, most] == pytest.approx([means[0], means[-1], min(means), max(means)], abs=0.0051)


@given(st.lists(st.floats(-3, 3), min_size=5, max_size=5), st.floats(-4, 4))
def test_the_sum_of_families_adds_up_as_it_is_read(values: list[float], everyone: float) -> None:
    families = dict(zip("abcde", values, strict=True))
    together, here, usual = numbers(sentences.sum_of_families(families, everyone))
    assert together == pytest.approx(sum(round(value, 2) for value in values), abs=1e-9)
    assert here == pytest.approx(usual + together, abs=1e-9)


@given(st.lists(st.floats(-3, 3), min_size=1, max_size=5), st.floats(-3, 3), SHARES)
def test_steps_from_the_starting_point_add_up_as_they_are_read(steps: list[float], base: float, share: float) -> None:
    rounded = [("schedule", round(step, 2)) for step in steps]
    total = round(round(base, 2) + sum(step for _, step in rounded), 2)
    said = sentences.added_up(round(base, 2), rounded, total, share)
    start, *found = (float(one) for one in re.findall(r"-?\d+\.\d+(?= \()", said.replace("- ", "-").replace("+ ", "")))
    end, percent = re.search(r"= (-?[\d.]+), which is ([\d.]+)%", said).groups()  # type: ignore[union-attr]
    assert start + sum(found) == pytest.approx(float(end), abs=1e-6)
    assert float(percent) == pytest.approx(share * 100, abs=0.051)


@given(st.integers(1, 60), st.lists(st.floats(2, 10.9), max_size=5))
def test_hours_on_record_read_back(days: int, short: list[float]) -> None:
    said = sentences.hours_on_record(days, 8, short)
    assert numbers(said)[:2] == [days, 8]
    if short:
        assert numbers(said)[-1] == pytest.approx(min(short), abs=0.051)
        assert said.count("Once") == (len(short) == 1)
    else:
        assert "No rest" in said


@given(PEOPLE, PEOPLE, SHARES, SHARES, SHARES, SHARES)
def test_a_class_of_scores_reads_back(
    people: int, scores: int, expected: float, actual: float, low: float, high: float
) -> None:
    found = numbers(sentences.matured_of(Matured(people, scores, expected, actual, low, high)))
    assert found[:2] == [scores, people]
    assert [found[2], found[3], found[5], found[6]] == pytest.approx([expected, actual, low, high], abs=0.0051)


@given(SHARES, PEOPLE, SHARES, SHARES)
def test_a_rate_of_offers_reads_back(rate: float, people: int, low: float, high: float) -> None:
    row = {"attribute": "gender", "group": "a", "rate": rate, "people": people, "low": low, "high": high}
    found = numbers(sentences.offer_rate_of(row))
    assert [found[0], found[1], found[3], found[4]] == pytest.approx([rate, people, low, high], abs=0.0051)


@given(st.lists(st.one_of(st.floats(0, 1), st.just(float("nan"))), min_size=1, max_size=12))
def test_a_key_figure_shows_its_first_and_last_known_month(line: list[float]) -> None:
    months = [f"month {chr(97 + at)}" for at in range(len(line))]
    known = [(month, value) for month, value in zip(months, line, strict=True) if value == value]
    said = sentences.kpi_of("FCR", "{:.0%}", months, line)
    if not known:
        assert said.first == said.last == "not known"
        return
    assert numbers(said.sentence) == pytest.approx([known[0][1], known[-1][1]], abs=0.0051)
    assert known[0][0] in said.sentence
    assert known[-1][0] in said.sentence


@given(st.integers(0, 30), st.integers(30, 60))
def test_hidden_teams_are_counted(hidden: int, teams: int) -> None:
    found = numbers(sentences.hidden_teams(hidden, teams, 10))
    assert found == ([hidden, teams, 10] if hidden else [teams])


@given(NAMES, st.floats(0, 1), st.floats(0, 1), st.floats(0, 1))
def test_no_sentence_has_a_word_that_hurts(name: str, now: float, before: float, queue: float) -> None:
    found = Compared(name, now, before, queue)
    for said in (
        sentences.standing_out(found),
        sentences.standing_out_for_you(found),
        sentences.expected_with(found, now, before),
        sentences.expected("burnout", now, before, 20),
        sentences.trend_of([now, before], 20),
        sentences.among_colleagues("turnover", now),
        sentences.contributed({"sentence": "overtime", "family": "workload", "contribution": now}),
    ):
        assert refuse_words(said) == said
