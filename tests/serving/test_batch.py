"""The nightly batch: everyone on the roster has a score or a reason for none, and twice is once."""

import shutil
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from features import Home, contract_version
from features.errors import InputError, NotReadyError
from serving import Store, score_all
from serving.consent import StoppedError, record, turn
from serving.privacy.opt_out import OPTED_OUT
from training import RiskModel
from training.calibration import sigmoid

AT = datetime(2026, 1, 5, tzinfo=UTC)


@pytest.fixture
def own_home(road: Home, tmp_path: Path) -> Home:
    """A copy of the road's home that a test may change; the models stay where they are."""
    home = Home(tmp_path / "own")
    shutil.copytree(road.root, home.root)
    return home


def rows_of(store: Store, day: date) -> list[dict[str, Any]]:
    scores = [score for outcome in ("burnout", "turnover") for score in store.scores(outcome, day)]
    # when is no score; both are in `reasons`; the answer is made of the others
    apart = ("scored_at", "strongest", "more_reasons", "answer")
    told = [
        {name: value for name, value in vars(score).items() if name[0] != "_" and name not in apart} for score in scores
    ]
    return [row | {"reasons": score.reasons} for row, score in zip(told, scores, strict=True)]


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


@pytest.mark.parametrize("at_once", [1, 7, 1_000])
def test_it_does_not_matter_how_many_are_scored_together(
    at_once: int, road: Home, scored: Store, last_day: date, newest: pd.DataFrame
) -> None:
    before, told = rows_of(scored, last_day), list[str]()
    score_all(road, say=told.append, at_once=at_once)
    assert [without_numbers(row) for row in rows_of(scored, last_day)] == [without_numbers(row) for row in before]
    for row, former in zip(rows_of(scored, last_day), before, strict=True):
        if former["probability"] is not None:
            assert numbers(row) == pytest.approx(numbers(former), abs=1e-9)
    assert told[0] == f"{4 * min(at_once, len(newest)):,} scores of {len(newest)} agents"
    assert told[-1].startswith("writing")
    score_all(road)


def without_numbers(row: dict[str, Any]) -> dict[str, Any]:
    said = sorted((reason["signal"], reason["family"], reason["sentence"]) for reason in row["reasons"])
    return {name: value for name, value in row.items() if not isinstance(value, float | dict | list)} | {"said": said}


def numbers(row: dict[str, Any]) -> dict[str, float]:
    of_score = {name: row[name] for name in ("probability", "low", "high", "base")}
    return of_score | row["families"] | {reason["signal"]: reason["contribution"] for reason in row["reasons"]}


def test_a_home_in_which_everyone_opted_out_says_so_of_everyone(own_home: Home, last_day: date) -> None:
    store = Store(own_home)
    everyone = [score.agent_id for score in store.scores("burnout", last_day)]
    for agent in everyone:
        record(store, agent, "scoring", False, AT)
    report = score_all(own_home)
    found = [score for outcome in ("burnout", "turnover") for score in store.history(outcome, everyone[0])]
    assert [(score.outcome, score.horizon_days, score.main) for score in found] == [
        ("burnout", 90, True), ("turnover", 30, False), ("turnover", 90, True), ("turnover", 180, False),
    ]  # fmt: skip
    for score in (score for outcome in report.outcomes for score in store.scores(outcome, last_day)):
        assert (score.probability, score.reasons, score.families) == (None, [], {})
        assert score.abstained == OPTED_OUT
    assert {(c["scored"], c["abstained"]) for c in report.outcomes.values()} == {(0, len(everyone))}
    store.close()


def test_who_opts_out_while_the_batch_runs_gets_no_score(own_home: Home, last_day: date) -> None:
    store = Store(own_home)
    agent = next(s.agent_id for s in store.scores("burnout", last_day) if s.probability is not None)

    def say(text: str) -> None:
        if "scores of" in text:
            record(store, agent, "scoring", False, AT)

    score_all(own_home, say=say)
    for horizon in (30, 90, 180):
        (score,) = store.scores("turnover", last_day, [agent], horizon=horizon)
        assert (score.probability, score.reasons, score.abstained) == (None, [], OPTED_OUT)
    others = [score for score in store.scores("burnout", last_day) if score.agent_id != agent]
    assert OPTED_OUT not in {score.abstained for score in others}
    store.close()


def test_a_batch_that_is_stopped_while_it_runs_writes_nothing(own_home: Home, last_day: date) -> None:
    store = Store(own_home)
    before = [vars(score)["scored_at"] for score in store.scores("turnover", last_day)]
    with pytest.raises(StoppedError, match="a works council asked"):
        score_all(own_home, say=lambda text: turn(store, True, "a works council asked", "the tests", AT))
    assert [score.scored_at for score in store.scores("turnover", last_day)] == before
    store.close()


def test_only_the_date_that_is_scored_is_read(own_home: Home, last_day: date) -> None:
    for partition in own_home.features.glob("as_of=*/part.parquet"):
        if str(last_day) not in partition.parent.name:
            partition.write_bytes(b"no Parquet")
    assert score_all(own_home).as_of == last_day


@pytest.mark.parametrize("engine", ["duckdb", "", "postgres://x"])
def test_an_engine_that_cannot_score_is_refused_with_those_that_can(engine: str, road: Home) -> None:
    with pytest.raises(InputError, match=rf"--engine {engine}: scoring runs on spark://host:port, on local\[2\], or"):
        score_all(road, engine=engine)
