"""Speed and memory of the nightly batch: champions over 100,000 agents, scores with reasons into the store.

Run from the repository: make bench-score, or python -m benchmarks.score [AGENTS [HOME]]. Without the home of an
organization (or of the demo) a centre is simulated and models are trained on it, which takes minutes. Its newest rows
stand for as many agents as asked for, each a little off. The batch runs twice, in processes of their own: on an empty
store, and over its own scores. Prints a table and writes benchmarks/score.json. Takes 4 GB of disk for 100,000 agents.
"""

import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from benchmarks.many import multiply, trained
from features.home import TRACKING_VARIABLE, Home

AGENTS = 100_000


def main() -> None:
    agents = int(float(sys.argv[1])) if len(sys.argv) > 1 else AGENTS
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        source = Home.find(sys.argv[2]) if len(sys.argv) > 2 else trained(Home(folder / "source"))
        home = Home(folder / "home", tracking=source.tracking_uri)
        multiply(source, home, agents)
        found: dict[str, float] = {"agents": agents, "cores": os.cpu_count() or 1}
        for run in ("first", "again"):
            found |= {f"{run}_{key}": value for key, value in _run(home).items()}
            found[f"{run}_agents_per_s"] = agents / found[f"{run}_with_imports_s"]
            found[f"{run}_agents_per_s_without_imports"] = agents / found[f"{run}_s"]
        found["store_mib"] = (home.root / "respite.db").stat().st_size / 2**20
    for key, value in found.items():
        print(f"{key:36}{value:>16,}" if isinstance(value, int) else f"{key:36}{value:>16,.1f}")
    path = Path(__file__).with_name("score.json")
    path.write_text(json.dumps({key: round(value, 1) for key, value in found.items()}, indent=2) + "\n")


def _run(home: Home) -> dict[str, float]:
    """One batch in a process of its own."""
    words = [sys.executable, "-m", "benchmarks.score", "--run", str(home.root)]
    began = time.perf_counter()
    environment = os.environ | {TRACKING_VARIABLE: home.tracking_uri}
    ended = subprocess.run(words, stdout=subprocess.PIPE, text=True, check=True, env=environment)
    return {"with_imports_s": time.perf_counter() - began} | json.loads(ended.stdout.splitlines()[-1])


def _run_here(root: str) -> dict[str, float]:
    from serving.batch import score_all

    written = list[float]()

    def say(text: str) -> None:
        if text.startswith("writing"):
            written.append(time.perf_counter())

    began = time.perf_counter()
    report = score_all(Home.find(root), say=say)
    ended = time.perf_counter()
    scored = min(counted["scored"] for counted in report.outcomes.values())
    return {"s": ended - began, "writing_s": ended - written[0], "scored": scored, "peak_mib": _peak_mib()}


def _peak_mib() -> float:
    """Most memory that this process held (not `ru_maxrss`, which begins with what the parent held)."""
    status = Path("/proc/self/status").read_text(encoding="ascii")
    return int(status.partition("VmHWM:")[2].split()[0]) / 1024


if __name__ == "__main__":
    if sys.argv[1:2] == ["--run"]:
        print(json.dumps(_run_here(sys.argv[2])))
    else:
        main()
