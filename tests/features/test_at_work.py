"""Runs write into a home beside one another, an erasure alone."""

import threading
from pathlib import Path

import pytest

from features import Home
from features.at_work import alone, at_work
from features.errors import NotReadyError


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path)


def test_runs_write_beside_one_another(home: Home) -> None:
    with at_work(home), at_work(home):
        pass
    with alone(home):
        pass


def test_whoever_wants_to_be_alone_is_refused_while_a_run_writes(home: Home) -> None:
    with (
        at_work(home),
        pytest.raises(NotReadyError, match=f"A run is writing into {home.root}.*run this again"),
        alone(home),
    ):
        pytest.fail("both were in")
    with alone(home):
        pass


def test_a_run_waits_until_whoever_is_alone_has_ended(home: Home) -> None:
    begun, order = threading.Event(), []

    def run() -> None:
        begun.set()
        with at_work(home):
            order.append("run")

    with alone(home):
        waiting = threading.Thread(target=run)
        waiting.start()
        begun.wait(10)
        waiting.join(0.2)
        order.append("alone")
    waiting.join(10)
    assert order == ["alone", "run"]


def test_a_home_that_is_not_there_is_not_made(tmp_path: Path) -> None:
    with at_work(Home(tmp_path / "none")):
        assert not (tmp_path / "none").exists()
