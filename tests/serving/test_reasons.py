"""Reasons: they add up, a signal and its comparisons are one, and the numbers are those on record."""

import numpy as np
import pandas as pd
import pytest

from features.catalog import CATALOG, feature, own_usual, peer_usual
from serving.reasons import Reason, reasons
from training import Explanation, RiskModel
from training.explain import family_of


def explained(values: dict[str, float], data: dict[str, object]) -> tuple[Explanation, pd.DataFrame]:
    """One row: contributions by feature, and the row of the frame."""
    frame = pd.DataFrame([data])
    return Explanation(np.array([list(values.values())]), np.zeros(1), frame[list(values)]), frame


def only(values: dict[str, float], data: dict[str, object]) -> Reason:
    ((reason,),) = reasons(*explained(values, data))
    return reason


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
