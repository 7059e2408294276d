"""Monitoring a whole home: freshness, both outcomes, labels as they mature, exit codes of the command."""

import json
import shutil
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from features import Home, load_frame
from features.errors import NotReadyError
from features.raw import next_batch
from serving import Store, score_all
from serving.monitor.run import monitor_home


def test_a_home_that_was_scored_today_is_fresh(road: Home, last_day: date) -> None:
    report = monitor_home(road, last_day)
    assert {f.level for f in report.findings if f.kind == "freshness"} == {"fine"}
    kinds = {(f.outcome, f.kind) for f in report.findings}
    assert {(o, k) for o in ("burnout", "turnover") for k in ("features", "scores", "expected", "realized")} <= kinds
    assert set(report.tables) == {"burnout", "turnover"}


def test_old_scores_raise_an_alert_that_no_retraining_would_answer(road: Home, last_day: date) -> None:
    report = monitor_home(road, last_day + timedelta(days=30))
    stale = [finding for finding in report.findings if finding.kind == "freshness"]
    assert {finding.level for finding in stale} == {"alert"}
    assert not any(finding.retrain for finding in stale)
    assert report.exit_code == 1


def test_labels_count_once_their_horizon_is_over(road: Home, tmp_path: Path, last_day: date) -> None:
    home = Home(tmp_path / "own")
    shutil.copytree(road.root, home.root)
    days = sorted(load_frame(home)["as_of"].unique())
    past = [day.date() for day in days if day.date() < last_day - timedelta(days=95)][-3:]
    for day in past:
        score_all(home, day, ["burnout"])
    (found,) = [g for g in monitor_home(home, last_day).gauges if g.name == "respite_realized_rows"]
    store = Store(home)
    scored = sum(score.probability is not None for day in past for score in store.scores("burnout", day))
    store.close()
    assert 0 < found.value <= scored


def test_a_score_is_not_judged_by_what_came_true_after_an_offer(road: Home, tmp_path: Path, last_day: date) -> None:
    home = Home(tmp_path / "own")
    shutil.copytree(road.root, home.root)
    frame = load_frame(home)
    days = sorted(day.date() for day in frame["as_of"].unique())
    past = [day for day in days if day < last_day - timedelta(days=95)][-3:]
    for day in past:
        score_all(home, day, ["burnout"])
    before, everyone = _realized_rows(home, last_day), sorted(frame["agent_id"].unique())
    few = _realized_rows_after(home, last_day, past[0], everyone[::10])
    assert before > few > 0
    assert _realized_rows_after(home, last_day, past[0], everyone) == 0


def _realized_rows_after(home: Home, today: date, offered_on: date, agents: list[str]) -> float:
    turns = pd.DataFrame({"agent_id": agents, "offered_at": pd.Timestamp(offered_on), "action": "care", "arm": "offer"})
    turns.to_parquet(next_batch(home, "outreach"))
    return _realized_rows(home, today)


def _realized_rows(home: Home, today: date) -> float:
    return sum(gauge.value for gauge in monitor_home(home, today).gauges if gauge.name == "respite_realized_rows")


def test_before_anything_was_scored_the_step_is_named(home: Home) -> None:
    with pytest.raises(NotReadyError, match="run `respite features"):
        monitor_home(home, date(2026, 3, 2))


def test_the_command_ends_with_what_a_scheduler_needs(
    command: Callable[..., Any], road: Home, last_day: date, tmp_path: Path
) -> None:
    answer = command("monitor", "--home", road.root, "--today", last_day + timedelta(days=30), "--json")
    said = json.loads(answer.out)
    assert (answer.code, said["exit_code"]) == (1, 1)
    assert Path(said["files"]["prom"]).read_text(encoding="utf-8").startswith("# HELP respite_")
    fresh = command("monitor", "--home", road.root, "--today", last_day, "--json")
    assert fresh.code == json.loads(fresh.out)["exit_code"]
    assert command("monitor", "--home", tmp_path / "none").code == 2
    assert command("monitor", "--home", road.root, "--today", "soon").code == 2
