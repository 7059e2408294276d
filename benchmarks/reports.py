"""Pages over 10,000 scored agents in 500 teams: what a page takes once its material is gathered, and from nothing.

Run from the repository: make bench-reports, or python -m benchmarks.reports [AGENTS [HOME]]; without a home with
champions a centre is simulated and models are trained on it. Its newest twelve weeks stand for as many agents as asked
for, each a little off, in teams of twenty. Times of the processor stand beside those of the clock, which other work on
the machine lengthens. Contacts, shifts and surveys are those of the home, so that what key figures
take is that of its size. Prints a table and writes benchmarks/reports.json.
"""

import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable
from pathlib import Path

import numpy as np

from benchmarks.many import SEED, trained
from features.frame import frame_dates, load_frame, partition
from features.home import TRACKING_VARIABLE, Home
from serving.batch import score_all
from serving.reports.build import Reports
from serving.reports.material import WEEKS
from serving.store import Store

AGENTS, TEAM, SITES, OFF = 10_000, 20, 10, 0.01


def main() -> None:
    if sys.argv[1:2] == ["--run"]:
        print(json.dumps(_from_nothing(Home.find(sys.argv[2]), sys.argv[3])))
        return
    agents = int(float(sys.argv[1])) if len(sys.argv) > 1 else AGENTS
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        source = Home.find(sys.argv[2]) if len(sys.argv) > 2 else trained(Home(folder / "source"))
        home = Home(folder / "home", tracking=source.tracking_uri)
        multiply_weeks(source, home, agents)
        score_all(home)
        found: dict[str, float] = {"agents": agents, "teams": agents // TEAM} | _in_one_process(home)
        found |= _alone(home)
    for key, value in found.items():
        print(f"{key:36}{value:>14,.1f}")
    path = Path(__file__).with_name("reports.json")
    path.write_text(json.dumps({key: round(value, 1) for key, value in found.items()}, indent=2) + "\n")


def multiply_weeks(source: Home, home: Home, agents: int) -> None:
    """The newest weeks of a home as those of many agents in teams of twenty; teams share a site and a queue."""
    shutil.copytree(source.raw, home.raw)
    shutil.copytree(source.facts, home.facts)
    numbers = np.arange(agents)
    team = numbers // TEAM
    for day in frame_dates(source)[-WEEKS:]:
        frame = load_frame(source, day, day).drop(columns="as_of")
        queues = sorted(set(frame["queue"]))
        many = frame.iloc[numbers % len(frame)].reset_index(drop=True)
        columns = [name for name in frame.select_dtypes("float64") if (frame[name].dropna() % 1).any()]
        noise = np.random.default_rng([SEED, day.toordinal()]).normal(size=(agents, len(columns)))
        many[columns] += OFF * noise * frame[columns].std().fillna(0).to_numpy()
        many["agent_id"] = [f"A{number:07d}" for number in numbers]
        many["team_id"] = [f"T{number:04d}" for number in team]
        many["manager_id"] = [f"M{number:04d}" for number in team]
        many["site_id"] = [f"S{number % SITES:02d}" for number in team]
        many["queue"] = [queues[number // SITES % len(queues)] for number in team]
        path = partition(home, day)
        path.parent.mkdir(parents=True)
        many.to_parquet(path)
    shutil.copy(source.features / "build.json", home.features)


def _in_one_process(home: Home) -> dict[str, float]:
    """The material, then pages: each for the first time, when it is decided what may be shown, and again."""
    store = Store(home)
    reports = Reports(home, store)
    found = {"gather_ms": _took(reports.teams)}
    teams = reports.teams()
    found["settle_ms"] = _took(reports.settle)
    found["first_team_ms"] = _took(lambda: reports.team(teams[0]))
    found["first_organization_ms"] = _took(reports.organization)
    found["organization_ms"] = _median(_took(reports.organization) for _ in range(5))
    worked = time.process_time()
    firsts = [_took(lambda one=team: reports.team(one)) for team in teams[1:]]
    found["team_mean_processor_ms"] = 1000 * (time.process_time() - worked) / len(firsts)
    found["team_median_ms"], found["team_p95_ms"] = _median(firsts), float(np.percentile(firsts, 95))
    found["every_team_s"] = (found["first_team_ms"] + sum(firsts)) / 1000
    found["team_again_ms"] = _median(_took(lambda one=team: reports.team(one)) for team in teams[:40])
    found["agent_ms"] = _median(_took(lambda one=n: reports.agent(f"A{one:07d}")) for n in range(20))
    found["team_kib"] = len(reports.team(teams[0]).encode()) / 1024
    found["organization_kib"] = len(reports.organization().encode()) / 1024
    store.close()
    return found


def _alone(home: Home) -> dict[str, float]:
    """`respite report --team` in a process of its own: with imports, and after them; the median of three."""
    environment = os.environ | {TRACKING_VARIABLE: home.tracking_uri}
    runs = []
    for team in ("T0001", "T0002", "T0003"):
        words = [sys.executable, "-m", "benchmarks.reports", "--run", str(home.root), team]
        began = time.perf_counter()
        ended = subprocess.run(words, stdout=subprocess.PIPE, text=True, check=True, env=environment)
        runs.append((1000 * (time.perf_counter() - began), json.loads(ended.stdout.splitlines()[-1])))
    return {
        "command_with_imports_ms": _median(run[0] for run in runs),
        "command_ms": _median(run[1]["wall"] for run in runs),
        "command_processor_ms": _median(run[1]["processor"] for run in runs),
    }


def _from_nothing(home: Home, team: str) -> dict[str, float]:
    """Milliseconds of the command once everything that it imports is imported, by the clock and of the processor."""
    import mlflow.store.tracking.sqlalchemy_store

    import training.tracking  # noqa: F401 - what a page asks for the champion
    from serving.reports.build import write_reports

    assert mlflow.store.tracking.sqlalchemy_store  # noqa: S101 - imported for its own sake
    began = time.process_time()
    wall = _took(lambda: write_reports(home, team=team))
    return {"wall": wall, "processor": 1000 * (time.process_time() - began)}


def _took(work: Callable[[], object]) -> float:
    """Milliseconds of a call."""
    began = time.perf_counter()
    work()
    return 1000 * (time.perf_counter() - began)


def _median(values: Iterable[float]) -> float:
    return float(statistics.median(values))


if __name__ == "__main__":
    main()
