"""A run that dies at any moment leaves what was there whole, and the next run continues: nothing is lost."""

import shutil
import time
from collections.abc import Callable, Iterator
from datetime import date
from multiprocessing import get_context
from multiprocessing.context import ForkServerContext
from pathlib import Path
from signal import SIGKILL
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
import pytest
from pandas.testing import assert_frame_equal

from features import Centre, Home, build, load_frame, simulate, write_features
from features.errors import NotReadyError

Frames = dict[str, pd.DataFrame]
Content = dict[str, bytes]

BEFORE, TODAY = date(2025, 5, 12), date(2025, 5, 13)
DATES = [BEFORE, TODAY]
KILLS_OF_BUILDS, KILLS_OF_FIRST_BUILDS, KILLS_OF_INGESTS = 30, 10, 10
KILLS_BETWEEN_CHECKS = 5
PATIENCE_S = 60


class World(NamedTuple):
    """What happened until the day before, what became known since (some of it long past), and homes in which it is."""

    new: Frames
    built: Home  # the day before: its tables, facts and frame
    arrived: Home  # and what is new, in the tables
    done: Home  # and in the frame: what an undisturbed run leaves


@pytest.fixture(scope="module")
def world(arrivals: Any, tmp_path_factory: pytest.TempPathFactory) -> World:
    frames = simulate(Centre(agents=10, days=49, seed=2)).frames()
    old, new = arrivals.known(frames, "2000-01-01", BEFORE), arrivals.known(frames, BEFORE, TODAY)
    held_back = old["contacts"].sample(100, random_state=1)  # so that the frame of the day before changes as well
    old["contacts"] = old["contacts"].drop(held_back.index)
    new["contacts"] = pd.concat([new["contacts"], held_back], ignore_index=True)
    folder = tmp_path_factory.mktemp("world")
    built = Home(folder / "built")
    arrivals.arrive_all(built, old)
    write_features(built, [BEFORE])
    arrived = copied(built, folder / "arrived")
    arrivals.arrive_all(arrived, new)
    done = copied(arrived, folder / "done")
    write_features(done, DATES)
    return World(new, built, arrived, done)


def copied(home: Home, folder: Path) -> Home:
    shutil.copytree(home.root, folder)
    return Home(folder)


def partitions(home: Home) -> Content:
    """The bytes of every partition of the frame, by its date."""
    return {path.parent.name: path.read_bytes() for path in home.features.glob("as_of=*/part.parquet")}


def batches(home: Home) -> Content:
    """The bytes of every file of the tables."""
    return {str(path.relative_to(home.raw)): path.read_bytes() for path in home.raw.rglob("*.parquet")}


def facts(home: Home) -> set[str]:
    return {path.name for path in home.facts.iterdir()}


class Runs:
    """Runs in processes of their own, forked when everything is imported, so that a kill strikes at work."""

    def __init__(self, context: ForkServerContext) -> None:
        self.context = context
        self.killed = 0

    def duration_s(self, work: Callable[..., Any], *given: Any) -> float:
        """How long an undisturbed run takes."""
        started = time.monotonic()
        process = self.context.Process(target=work, args=given)
        process.start()
        process.join(PATIENCE_S)
        assert process.exitcode == 0
        return time.monotonic() - started

    def kill(self, after_s: float, work: Callable[..., Any], *given: Any) -> None:
        """Start a run and kill it after a while, if it is not done by then."""
        process = self.context.Process(target=work, args=given)
        process.start()
        process.join(after_s)
        process.kill()
        process.join(PATIENCE_S)
        assert process.exitcode in (0, -SIGKILL)
        self.killed += process.exitcode != 0


@pytest.fixture(scope="module")
def context() -> ForkServerContext:
    context = get_context("forkserver")
    context.set_forkserver_preload(["__main__", "features.frame", "features.simulation", "ibis.backends.duckdb"])
    return context


@pytest.fixture
def runs(context: ForkServerContext, arrivals: Any, monkeypatch: pytest.MonkeyPatch) -> Runs:
    monkeypatch.syspath_prepend(str(Path(arrivals.__file__).parent))  # a run finds `arrivals` by its name
    return Runs(context)


def moments(number: int, duration_s: float, seed: int) -> Iterator[float]:
    """Random moments in random order, one in each part of the duration."""
    rng = np.random.default_rng(seed)
    yield from rng.permutation((np.arange(number) + rng.random(number)) / number * duration_s)


def assert_whole(home: Home, world: World) -> None:
    """Every partition is that of the day before or the new one, to the last byte, and the frame can be read."""
    old, new = partitions(world.built), partitions(world.done)
    for day, content in partitions(home).items():
        assert content in (old.get(day), new[day]), day
    assert set(partitions(home)) >= set(old)
    frame = load_frame(home)
    assert len(frame) == sum(len(pd.read_parquet(path)) for path in home.features.glob("as_of=*/part.parquet"))
    assert batches(home) == batches(world.arrived)


def assert_done(home: Home, world: World) -> None:
    """Everything is as an undisturbed run leaves it."""
    assert partitions(home) == partitions(world.done)
    assert (home.facts / "manifest.json").read_bytes() == (world.done.facts / "manifest.json").read_bytes()
    assert facts(home) >= facts(world.done)
    assert_frame_equal(load_frame(home), load_frame(world.done), check_exact=True)


def test_builds_that_are_killed_at_random_moments_lose_nothing(world: World, runs: Runs, tmp_path: Path) -> None:
    assert partitions(world.built)[f"as_of={BEFORE}"] != partitions(world.done)[f"as_of={BEFORE}"]
    duration_s = runs.duration_s(write_features, copied(world.arrived, tmp_path / "undisturbed"), DATES)
    home = copied(world.arrived, tmp_path / "0")
    for number, after_s in enumerate(moments(KILLS_OF_BUILDS, duration_s, seed=1), start=1):
        runs.kill(after_s, write_features, home, DATES)
        assert_whole(home, world)
        if number % KILLS_BETWEEN_CHECKS == 0:
            write_features(home, DATES)
            assert_done(home, world)
            home = copied(world.arrived, tmp_path / str(number))
    assert runs.killed > KILLS_OF_BUILDS / 3


def test_a_first_build_that_is_killed_leaves_no_frame_or_whole_partitions(
    world: World, runs: Runs, tmp_path: Path
) -> None:
    fresh = copied(world.arrived, tmp_path / "fresh")
    shutil.rmtree(fresh.features)
    shutil.rmtree(fresh.facts)
    undisturbed = copied(fresh, tmp_path / "undisturbed")
    duration_s = runs.duration_s(write_features, undisturbed, DATES)
    home = copied(fresh, tmp_path / "0")
    for number, after_s in enumerate(moments(KILLS_OF_FIRST_BUILDS, duration_s, seed=2), start=1):
        runs.kill(after_s, write_features, home, DATES)
        for day, content in partitions(home).items():
            assert content == partitions(world.done)[day]
        try:
            assert len(load_frame(home)) > 0
        except NotReadyError:
            assert not (home.features / "build.json").exists()
        if number % KILLS_BETWEEN_CHECKS == 0:
            write_features(home, DATES)
            assert_done(home, World(world.new, world.built, world.arrived, undisturbed))
            home = copied(fresh, tmp_path / str(number))
    assert runs.killed > KILLS_OF_FIRST_BUILDS / 3


def test_ingests_that_are_killed_at_random_moments_lose_nothing(
    world: World, runs: Runs, arrivals: Any, tmp_path: Path
) -> None:
    duration_s = runs.duration_s(arrivals.arrive_all, copied(world.built, tmp_path / "undisturbed"), world.new)
    before, after = batches(world.built), batches(world.arrived)
    for number, after_s in enumerate(moments(KILLS_OF_INGESTS, duration_s, seed=3)):
        home = copied(world.built, tmp_path / str(number))
        runs.kill(after_s, arrivals.arrive_all, home, world.new)
        assert before.items() <= batches(home).items() <= after.items()
        assert_frame_equal(load_frame(home), load_frame(world.built), check_exact=True)
        if number % KILLS_BETWEEN_CHECKS == 0:
            write_features(home, [TODAY])
            found = load_frame(home, since=TODAY)
            assert_frame_equal(found, build(home, [TODAY]), check_dtype=False, check_exact=True)
        arrivals.arrive_all(home, world.new)
        assert batches(home) == after
        if number % KILLS_BETWEEN_CHECKS == 0:
            write_features(home, DATES)
            assert partitions(home) == partitions(world.done)
    assert runs.killed > KILLS_OF_INGESTS / 3


@pytest.mark.parametrize("state", ["built", "fresh"])
def test_a_build_that_dies_before_its_report_is_written_leaves_a_frame_that_can_be_read_or_none(
    world: World, tmp_path: Path, state: str
) -> None:
    home = copied(world.arrived, tmp_path / "home")
    if state == "fresh":
        shutil.rmtree(home.features)
    with pytest.raises(KeyboardInterrupt):
        write_features(home, DATES, tick=_die)
    assert partitions(home) == partitions(world.done)
    if state == "fresh":
        with pytest.raises(NotReadyError, match="run `respite features"):
            load_frame(home)
    else:
        assert_whole(home, world)
    write_features(home, DATES)
    assert_done(home, world)


def _die(done: int, total: int) -> None:
    raise KeyboardInterrupt


def test_a_run_that_dies_between_ingest_and_build_leaves_the_frame_as_it_was(world: World, tmp_path: Path) -> None:
    home = copied(world.arrived, tmp_path / "home")
    assert_frame_equal(load_frame(home), load_frame(world.built), check_exact=True)
    write_features(home, DATES)
    assert_done(home, world)
