"""A run that dies at any moment leaves what was there whole, and the next run continues: nothing is lost."""

import shutil
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
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

BEFORE, TODAY = date(2025, 5, 6), date(2025, 5, 13)
DATES = [BEFORE, TODAY]
KILLS_OF_BUILDS, KILLS_OF_FIRST_BUILDS, KILLS_OF_INGESTS = 25, 10, 15
KILLS_IN_A_ROW = 5
PATIENCE_S = 60


class World(NamedTuple):
    """What happened until a week before, what became known since (some of it long past), and homes in which it is."""

    new: Frames
    built: Home  # a week before: its tables, facts and frame
    arrived: Home  # and what is new, in the tables
    done: Home  # and in the frame: what an undisturbed run leaves


@pytest.fixture(scope="module")
def world(arrivals: Any, tmp_path_factory: pytest.TempPathFactory) -> World:
    frames = simulate(Centre(agents=10, days=49, seed=2)).frames()
    old, new = arrivals.known(frames, "2000-01-01", BEFORE), arrivals.known(frames, BEFORE, TODAY)
    held_back = old["contacts"].sample(100, random_state=1)  # so that the frame of the week before changes as well
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


@pytest.fixture(scope="module")
def context() -> ForkServerContext:
    """Processes that are forked when everything is imported, so that a kill strikes at work."""
    context = get_context("forkserver")
    context.set_forkserver_preload(["__main__", "features.frame", "features.simulation", "ibis.backends.duckdb"])
    return context


@dataclass
class Killer:
    """Kills runs of `work(home, *given)` at random moments, a few in a row on each copy of a home."""

    context: ForkServerContext
    folder: Path

    def strike(
        self, times: int, seed: int, source: Home, work: Callable[..., Any], *given: Any
    ) -> Iterator[tuple[Home, bool]]:
        """The home after each kill, and whether the next kill strikes in another copy.

        A run that is done before its moment has come does not count.
        """
        rng = np.random.default_rng(seed)
        longest_s = self._duration_s(work, copied(source, self.folder / f"{seed}-undisturbed"), *given)
        struck = attempts = 0
        home = copied(source, self.folder / f"{seed}-0")
        while struck < times:
            attempts += 1
            killed = self._run(float(rng.uniform(0, longest_s)), work, home, *given) == -SIGKILL
            struck += killed
            last = not killed or struck % KILLS_IN_A_ROW == 0
            if killed:
                yield home, last
            else:
                longest_s *= 0.95
            if last:
                home = copied(source, self.folder / f"{seed}-{attempts}")

    def _duration_s(self, work: Callable[..., Any], *given: Any) -> float:
        started = time.monotonic()
        assert self._run(PATIENCE_S, work, *given) == 0
        return time.monotonic() - started

    def _run(self, at_most_s: float, work: Callable[..., Any], *given: Any) -> int | None:
        """Exit code of a run that is killed after a while, if it is not done by then."""
        process = self.context.Process(target=work, args=given)
        process.start()
        process.join(at_most_s)
        process.kill()
        process.join(PATIENCE_S)
        assert process.exitcode in (0, -SIGKILL)
        return process.exitcode


@pytest.fixture
def killer(context: ForkServerContext, arrivals: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Killer:
    monkeypatch.syspath_prepend(str(Path(arrivals.__file__).parent))  # a run finds `arrivals` by its name
    return Killer(context, tmp_path)


def assert_whole(home: Home, world: World) -> None:
    """Every partition is the former or the new one, to the last byte, and the frame can be read."""
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


def test_builds_that_are_killed_at_random_moments_lose_nothing(world: World, killer: Killer) -> None:
    assert partitions(world.built)[f"as_of={BEFORE}"] != partitions(world.done)[f"as_of={BEFORE}"]
    for home, last in killer.strike(KILLS_OF_BUILDS, 1, world.arrived, write_features, DATES):
        assert_whole(home, world)
        if last:
            write_features(home, DATES)
            assert_done(home, world)


def test_a_first_build_that_is_killed_leaves_no_frame_or_whole_partitions(
    world: World, killer: Killer, tmp_path: Path
) -> None:
    fresh = copied(world.arrived, tmp_path / "fresh")
    shutil.rmtree(fresh.features)
    shutil.rmtree(fresh.facts)
    for home, last in killer.strike(KILLS_OF_FIRST_BUILDS, 2, fresh, write_features, DATES):
        assert partitions(home).items() <= partitions(world.done).items()
        try:
            assert len(load_frame(home)) > 0
        except NotReadyError:
            assert not (home.features / "build.json").exists()
        if last:
            write_features(home, DATES)
            assert partitions(home) == partitions(world.done)


def test_ingests_that_are_killed_at_random_moments_lose_nothing(world: World, killer: Killer, arrivals: Any) -> None:
    before, after = batches(world.built), batches(world.arrived)
    for home, last in killer.strike(KILLS_OF_INGESTS, 3, world.built, arrivals.arrive_all, world.new):
        assert before.items() <= batches(home).items() <= after.items()
        assert_frame_equal(load_frame(home), load_frame(world.built), check_exact=True)
        if last:
            write_features(home, [TODAY])
            found = load_frame(home, since=TODAY)
            assert_frame_equal(found, build(home, [TODAY]), check_dtype=False, check_exact=True)
            arrivals.arrive_all(home, world.new)
            assert batches(home) == after
            write_features(home, DATES)
            assert partitions(home) == partitions(world.done)


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
