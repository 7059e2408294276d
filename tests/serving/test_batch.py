"""The nightly batch: everyone on the roster has a score or a reason for none, and twice is once."""

from datetime import UTC, date, datetime

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from features import Home, contract_version
from features.errors import InputError, NotReadyError
from serving import Store, score_all
from serving.batch import THIN_HISTORY, UNLIKE, band, score_frame
from serving.consent import StoppedError, record, turn
from serving.privacy.opt_out import OPTED_OUT
from training import RiskModel
from training.calibration import sigmoid


def rows_of(store: Store, day: date) -> list[dict[str, object]]:
    scores = [score for outcome in ("burnout", "turnover") for score in store.scores(outcome, day)]
    told = [{name: value for name, value in vars(score).items() if not name.startswith("_")} for score in scores]
    return [{name: value for name, value in row.items() if name != "scored_at"} for row in told]  # when is no score


def test_everyone_on_the_roster_has_a_row_per_outcome(scored: Store, newest: pd.DataFrame, last_day: date) -> None:
    for outcome in ("burnout", "turnover"):
        found = scored.scores(outcome, last_day)
        assert [score.agent_id for score in found] == sorted(newest["agent_id"])
        assert {score.contract_version for score in found} == {contract_version()}
        assert {score.model_version for score in found} == {"1"}


def test_running_twice_is_running_once(road: Home, scored: Store, last_day: date) -> None:
    before = rows_of(scored, last_day)
    report = score_all(road)
    assert rows_of(scored, last_day) == before
    assert report.as_of == last_day
    for counted in report.outcomes.values():
        assert counted["scored"] + counted["abstained"] == len(before) / 2
        assert sum(counted["bands"].values()) == counted["scored"]


def test_a_stored_score_is_what_the_champion_says(
    scored: Store, champion: RiskModel, newest: pd.DataFrame, last_day: date
) -> None:
    said = dict(zip(newest["agent_id"], champion.predict_proba(newest)[:, 1], strict=True))
    for score in scored.scores("burnout", last_day):
        if score.probability is not None:
            assert score.probability == pytest.approx(said[score.agent_id], abs=1e-9)
            log_odds = score.base + sum(reason["contribution"] for reason in score.reasons)
            assert float(sigmoid(log_odds)) == pytest.approx(score.probability, abs=1e-6)


def test_every_horizon_of_turnover_is_scored_and_the_longer_the_likelier(scored: Store, last_day: date) -> None:
    found = {days: scored.scores("turnover", last_day, horizon=days) for days in (30, 90, 180)}
    assert scored.scores("turnover", last_day)[0].horizon_days == 90
    for short, middle, long in zip(*found.values(), strict=True):
        if short.probability is not None:
            assert short.probability <= middle.probability <= long.probability
            assert short.agent_id == middle.agent_id == long.agent_id
        assert (short.band, long.band) == (None, None)


def test_a_score_lies_in_its_interval_and_its_families_add_up(scored: Store, last_day: date) -> None:
    for score in [*scored.scores("burnout", last_day), *scored.scores("turnover", last_day, horizon=180)]:
        if score.probability is None:
            assert (score.low, score.high, score.families) == (None, None, {})
            continue
        assert score.low <= score.probability <= score.high
        assert float(sigmoid(score.base + sum(score.families.values()))) == pytest.approx(score.probability, abs=1e-6)


def test_who_opted_out_has_no_score_and_stopped_is_stopped(road: Home, scored: Store, last_day: date) -> None:
    day = (pd.Timestamp(last_day) - pd.Timedelta(weeks=8)).date()
    now = datetime(2026, 1, 5, tzinfo=UTC)
    score_all(road, day, ["burnout"])
    before = [score.agent_id for score in scored.scores("burnout", day)]
    record(scored, before[0], "scoring", False, now)
    turn(scored, True, "a works council asked", "the tests", now)
    try:
        with pytest.raises(StoppedError, match="a works council asked"):
            score_all(road, day, ["burnout"])
        assert [score.agent_id for score in scored.scores("burnout", day)] == before
        turn(scored, False, "settled", "the tests", now)
        score_all(road, day, ["burnout"])
        after = scored.scores("burnout", day)
        assert [score.agent_id for score in after if score.abstained != OPTED_OUT] == before[1:]
    finally:
        turn(scored, False, "settled", "the tests", now)
        record(scored, before[0], "scoring", True, now)
        scored.replace_scores(day, "burnout", [])


def test_it_abstains_where_the_history_is_too_thin(champion: RiskModel, newest: pd.DataFrame) -> None:
    thin = newest.assign(contacts_per_hour=newest["contacts_per_hour"].where(newest.index > 2))
    rows = score_frame(champion, "1", thin)
    for row in rows[:3]:
        assert (row["probability"], row["band"], row["base"], row["reasons"]) == (None, None, None, [])
        assert row["abstained"] == THIN_HISTORY
    others = [row for row in rows[3:] if not (row["abstained"] or "").startswith(UNLIKE)]
    assert len(others) > len(rows) / 2
    assert all(row["probability"] is not None and row["abstained"] is None for row in others)


def test_it_abstains_on_what_no_model_has_seen(champion: RiskModel, newest: pd.DataFrame) -> None:
    rows = score_frame(champion, "1", newest.assign(quick_returns=1e6))
    assert all(row["probability"] is None and row["reasons"] == [] for row in rows)
    said = {row["abstained"] for row in rows} - {THIN_HISTORY}
    assert any("quick_returns is 1e+06, seen between" in sentence for sentence in said)


def test_a_score_does_not_depend_on_who_else_is_scored(champion: RiskModel, newest: pd.DataFrame) -> None:
    together = [row["probability"] for row in score_frame(champion, "1", newest)]
    alone = [score_frame(champion, "1", newest.iloc[[i]].reset_index(drop=True))[0]["probability"] for i in range(5)]
    np.testing.assert_allclose(alone, together[:5], atol=1e-12)


def test_an_earlier_date_can_be_scored_and_stands_beside_the_newest(
    road: Home, scored: Store, last_day: date, newest: pd.DataFrame
) -> None:
    earlier = (pd.Timestamp(last_day) - pd.Timedelta(weeks=4)).date()
    assert score_all(road, earlier, ["burnout"]).as_of == earlier
    assert scored.scores("burnout", earlier)
    assert scored.latest("burnout") == last_day
    scored.replace_scores(earlier, "burnout", [])


@pytest.mark.parametrize("day", [date(2026, 1, 1), date(2020, 1, 1), date(2030, 1, 1)])
def test_a_date_that_the_frame_does_not_have_is_refused(day: date, road: Home) -> None:
    with pytest.raises(InputError, match=f"--as-of {day}: the feature frame has no such date"):
        score_all(road, day)


def test_without_a_champion_the_step_to_run_is_named(home: Home, road: Home) -> None:
    home.root.mkdir()
    home.features.symlink_to(road.features)
    with pytest.raises(NotReadyError, match="no champion for burnout yet; run `respite promote"):
        score_all(home)


@given(st.floats(0, 1), st.floats(0, 1), st.floats(0.01, 0.5))
def test_bands_are_a_fixed_ruler(one: float, other: float, base_rate: float) -> None:
    order = ["usual", "elevated", "high"]
    low, high = sorted([one, other])
    assert order.index(band(low, base_rate)) <= order.index(band(high, base_rate))


@pytest.mark.parametrize(
    ("p", "expected"), [(0.1, "usual"), (0.129, "usual"), (0.13, "elevated"), (0.199, "elevated"), (0.2, "high")]
)
def test_a_band_begins_at_1_3_and_at_2_times_the_base_rate(p: float, expected: str) -> None:
    assert band(p, 0.1) == expected
