"""A batch that dies at any moment leaves every date whole or as it was, and the next run does what was left."""

import shutil
import sys
import time
from collections.abc import Iterator
from importlib.util import module_from_spec, spec_from_file_location
from multiprocessing import get_context
from multiprocessing.context import ForkServerContext
from pathlib import Path
from signal import SIGKILL
from types import ModuleType
from typing import Any, NamedTuple

import numpy as np
import pytest
from sqlalchemy import text

from features import Home
from serving import Store

Rows = list[dict[str, Any]]
PATIENCE_S = 120
KILLS = 6


class World(NamedTuple):
    """A home whose newest date has scores of a former model, and what an undisturbed run makes of them."""

    home: Home
    before: Rows
    after: Rows


@pytest.fixture(scope="module")
def stepwise() -> ModuleType:
    """The module beside this one."""
    spec = spec_from_file_location("stepwise", Path(__file__).with_name("stepwise.py"))
    assert spec is not None
    assert spec.loader is not None
    module = sys.modules["stepwise"] = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def context() -> ForkServerContext:
    """Processes that are forked when everything is imported, so that a kill strikes at work."""
    context = get_context("forkserver")
    context.set_forkserver_preload(["__main__", "serving.batch"])
    return context


@pytest.fixture(scope="module")
def world(road: Home, tmp_path_factory: pytest.TempPathFactory, stepwise: ModuleType) -> World:
    home = Home(tmp_path_factory.mktemp("killed") / "former")
    shutil.copytree(road.root, home.root)
    store = Store(home)
    with store.writing() as session:
        session.execute(text("UPDATE scores SET model_version = 'former', probability = 0.5, reasons = '[]'"))
    store.close()
    done = copied(home, home.root.with_name("done"))
    stepwise.score(done)
    return World(home, stored(home), stored(done))


def copied(home: Home, folder: Path) -> Home:
    shutil.copytree(home.root, folder)
    return Home(folder)


def stored(home: Home) -> Rows:
    """Every score in the store, but for the moment at which it was made."""
    store = Store(home)
    with store.session() as session:
        columns = "SELECT * FROM scores ORDER BY as_of, agent_id, outcome, horizon_days"
        rows = [dict(row) for row in session.execute(text(columns)).mappings()]
    store.close()
    return [{name: value for name, value in row.items() if name != "scored_at"} for row in rows]


def steps(context: ForkServerContext, module: ModuleType, home: Home, at_most: int) -> Iterator[str]:
    """Let a batch go some steps, then kill it while it waits; what it said."""
    here, there = context.Pipe()
    process = context.Process(target=module.score_step_by_step, args=(home, there))
    process.start()
    there.close()
    try:
        for number in range(at_most):
            if number:
                here.send("go on")
            if not here.poll(PATIENCE_S):
                raise TimeoutError("the batch says nothing any more")
            yield here.recv()
    except EOFError:  # it is done
        process.join(PATIENCE_S)
    finally:
        process.kill()
        process.join(PATIENCE_S)


@pytest.fixture
def reachable(monkeypatch: pytest.MonkeyPatch) -> None:
    """A child finds `stepwise` by its name."""
    monkeypatch.syspath_prepend(str(Path(__file__).parent))


@pytest.mark.usefixtures("reachable")
def test_a_batch_that_is_killed_at_any_step_leaves_the_date_as_it_was(
    world: World, context: ForkServerContext, stepwise: ModuleType, tmp_path: Path
) -> None:
    assert world.before != world.after
    whole = list(steps(context, stepwise, copied(world.home, tmp_path / "whole"), 10_000))
    assert stored(Home(tmp_path / "whole")) == world.after
    assert sum("scores of" in said for said in whole) >= 3
    assert sum("writing" in said for said in whole) > 3
    home = copied(world.home, tmp_path / "home")
    for number in range(1, len(whole) + 1):
        assert list(steps(context, stepwise, home, number)) == whole[:number]
        assert stored(home) == world.before, whole[number - 1]
    stepwise.score(home)
    assert stored(home) == world.after
    stepwise.score(home)
    assert stored(home) == world.after


@pytest.mark.usefixtures("reachable")
def test_a_batch_that_is_killed_at_random_moments_leaves_the_date_whole_or_as_it_was(
    world: World, context: ForkServerContext, stepwise: ModuleType, tmp_path: Path
) -> None:
    rng, longest_s, struck = np.random.default_rng(4), 0.0, 0
    for attempt in range(4 * KILLS):
        home = copied(world.home, tmp_path / str(attempt))
        process = context.Process(target=stepwise.score, args=(home,))
        began = time.monotonic()
        process.start()
        process.join(float(rng.uniform(0.3, 1)) * longest_s if longest_s else PATIENCE_S)
        process.kill()
        process.join(PATIENCE_S)
        longest_s = longest_s or time.monotonic() - began  # of the first, which nobody disturbs
        struck += process.exitcode == -SIGKILL
        assert process.exitcode in (0, -SIGKILL)
        assert stored(home) in ((world.after,) if process.exitcode == 0 else (world.before, world.after))
        stepwise.score(home)
        assert stored(home) == world.after
        if struck == KILLS:
            break
    assert struck == KILLS
