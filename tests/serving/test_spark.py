"""The batch over Spark says the same to the last digit that counts. Runs where Java and PySpark are installed."""

import importlib.util
import shutil
import subprocess
import sys
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest

from features import Home
from serving import Store, score_all
from serving.consent import record
from serving.privacy.opt_out import OPTED_OUT
from serving.store import Score

pytestmark = pytest.mark.skipif(
    shutil.which("java") is None or importlib.util.find_spec("pyspark") is None,
    reason="needs Java 17 and the extra 'spark'",
)
_NUMBERS = ("probability", "low", "high", "base")


def words(score: Score) -> dict[str, Any]:
    columns = [c.name for c in Score.__table__.columns if c.name not in (*_NUMBERS, "reasons", "families", "scored_at")]
    said = {(reason["signal"], reason["family"], reason["sentence"]) for reason in score.reasons}
    return {name: getattr(score, name) for name in columns} | {"said": said}


def numbers(score: Score) -> dict[str, float]:
    found = {name: getattr(score, name) for name in _NUMBERS if getattr(score, name) is not None}
    return found | score.families | {reason["signal"]: reason["contribution"] for reason in score.reasons}


def test_spark_and_this_process_write_the_same_scores(road: Home, last_day: date, tmp_path: Path) -> None:
    here, there = (Home(tmp_path / name) for name in ("here", "there"))
    for home in (here, there):
        shutil.copytree(road.root, home.root)
        store = Store(home)
        refused = store.scores("burnout", last_day)[0].agent_id
        record(store, refused, "scoring", False, datetime(2026, 1, 5, tzinfo=UTC))
        store.replace_scores(last_day, ["burnout", "turnover"], [])
        store.close()
    score_all(here)
    # a process of its own: a JVM ends with the process that started it
    command = [sys.executable, "-m", "respite", "score", "--engine", "local[2]", "--home", str(there.root), "--json"]
    root = Path(__file__).parents[2]
    ended = subprocess.run(command, cwd=root, capture_output=True, text=True, timeout=600)
    assert ended.returncode == 0, ended.stderr[-2000:]
    stores = Store(here), Store(there)
    for outcome, horizon in (("burnout", 90), ("turnover", 30), ("turnover", 90), ("turnover", 180)):
        ours, theirs = (store.scores(outcome, last_day, horizon=horizon) for store in stores)
        assert [words(score) for score in theirs] == [words(score) for score in ours]
        assert OPTED_OUT in {score.abstained for score in ours}
        for one, other in zip(ours, theirs, strict=True):
            assert numbers(other) == pytest.approx(numbers(one), rel=0, abs=1e-9)
    for store in stores:
        store.close()
