"""Levels of the simulated centre, how well its outcomes can be foreseen, and its speed and memory.

Run from the repository: python -m benchmarks.simulation [SEEDS]. For each seed a centre of 400 agents and 540 days and
one of 2,000 agents and 365 days; models are trained on the small ones, in a folder that is deleted. Prints a table and
writes benchmarks/simulation.json.
"""

import json
import subprocess
import sys
import tempfile
import time
from datetime import timedelta
from pathlib import Path

from features.home import Home
from features.simulation import Centre, Simulated, oracle, simulate, write

SMALL, LARGE = (400, 540), (2_000, 365)
OTHERS = ("signals_only", "last_score_only", "tenure_only", "logistic")
_SHOWN = (
    "attrition", "voluntary", "involuntary", "transfer", "observed / hazard", "burnout, all", "burnout, submitted",
    "response", "oracle burnout", "oracle turnover", "model burnout", "signals_only burnout", "last_score_only burnout",
    "model turnover", "signals_only turnover", "tenure_only turnover",
)  # fmt: skip


def main() -> None:
    seeds = range(1, 1 + (int(sys.argv[1]) if len(sys.argv) > 1 else 5))
    found = []
    for agents, days in (SMALL, LARGE):
        for seed in seeds:
            print(f"{agents} agents, {days} days, seed {seed}", file=sys.stderr)
            simulated = simulate(Centre(agents=agents, days=days, seed=seed))
            levels = {"agents": agents, "days": days, "seed": seed, **_levels(simulated), **_foreseen(simulated)}
            found.append(levels | (_trained(simulated) if (agents, days) == SMALL else {}))
    speed = _speed(*LARGE)
    _print(found)
    print(f"{LARGE[0]} agents, {LARGE[1]} days: {speed['seconds']:.1f} s, {speed['peak_mib']:,.0f} MiB at most,"
          f" {speed['contacts']:,} contacts")  # fmt: skip
    rounded = [{name: round(value, 3) for name, value in row.items()} for row in found]
    answer = {"centres": rounded, "speed": speed}
    Path(__file__).with_name("simulation.json").write_text(json.dumps(answer, indent=2) + "\n")


def _print(found: list[dict[str, float]]) -> None:
    print(f"{'':26}" + "".join(f"{row['agents']:>8}" for row in found))
    print(f"{'seed':26}" + "".join(f"{row['seed']:>8}" for row in found))
    for name in _SHOWN:
        cells = (f"{row[name]:8.3f}" if name in row else f"{'':8}" for row in found)
        print(f"{name:26}" + "".join(cells))


def _levels(simulated: Simulated) -> dict[str, float]:
    """Yearly exits over mean headcount by cause, share of scores of 50 or more, share of answers."""
    weeks, waves = simulated.truth.weeks, simulated.truth.surveys
    exits = simulated.tables["exits"].drop_duplicates(["agent_id", "notice_on"], keep="last")
    yearly = weeks["week"].nunique() * 7 / 365.25 * weeks.groupby("week").size().mean()
    rates = {kind: float((exits["kind"] == kind).sum() / yearly) for kind in ("voluntary", "involuntary", "transfer")}
    scores = waves["score"].dropna()
    expected = weeks.loc[weeks["at_risk"], ["hazard_voluntary", "hazard_involuntary"]].to_numpy().sum()
    return {
        "attrition": rates["voluntary"] + rates["involuntary"],
        **rates,
        "observed / hazard": float(exits["kind"].isin(["voluntary", "involuntary"]).sum() / expected),
        "burnout, all": float((scores >= 50).mean()),
        "burnout, submitted": float((simulated.tables["surveys"]["score"] >= 50).mean()),
        "response": float(waves["answered"].mean()),
    }


def _foreseen(simulated: Simulated) -> dict[str, float]:
    """AUROC of the oracle on the labels that models are trained on, every week from the fifth on."""
    from sklearn.metrics import roc_auc_score

    from training.config import OUTCOMES
    from training.labels import label

    weeks = simulated.truth.weeks
    rows = weeks.loc[weeks["week"] >= 5, ["agent_id"]].assign(as_of=weeks["monday"]).reset_index(drop=True)
    end = weeks["monday"].max() + timedelta(days=7)
    foreseen = oracle(simulated.truth, rows, gap_days=OUTCOMES["turnover"].gap_days)
    answer = {}
    for name, column in (("burnout", "burnout"), ("turnover", "voluntary_90")):
        y = label(rows, simulated.tables, OUTCOMES[name], end)
        known = y.notna() & foreseen[column].notna()
        answer[f"oracle {name}"] = float(roc_auc_score(y[known], foreseen.loc[known, column]))
    return answer


def _trained(simulated: Simulated) -> dict[str, float]:
    """AUROC on later months of what the project trains from the tables alone."""
    from features.frame import write_features
    from training.config import OUTCOMES
    from training.outcome import train_outcome

    answer = {}
    with tempfile.TemporaryDirectory() as folder:
        home = Home(Path(folder))
        write(simulated, home)
        write_features(home)
        for name, config in OUTCOMES.items():
            trained = train_outcome(home, config)
            answer[f"model {name}"] = trained.metrics.auroc
            answer |= {f"{other} {name}": trained.others[other].auroc for other in OTHERS if other in trained.others}
    return answer


def _speed(agents: int, days: int) -> dict[str, float]:
    """Time and peak memory of simulating and writing, in a process of its own, imports excluded from the time."""
    words = [sys.executable, "-m", "benchmarks.simulation", "--write", str(agents), str(days)]
    ended = subprocess.run(words, capture_output=True, text=True, check=True)
    return dict(json.loads(ended.stdout.splitlines()[-1]))


def _write_here(agents: int, days: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        simulate(Centre(agents=10, days=28))  # loads what is imported late
        began = time.perf_counter()
        rows = write(simulate(Centre(agents=agents, days=days, seed=1)), Home(Path(folder)))
        took = time.perf_counter() - began
    status = Path("/proc/self/status").read_text(encoding="ascii")
    peak = int(status.partition("VmHWM:")[2].split()[0]) / 1024
    print(json.dumps({"seconds": round(took, 1), "peak_mib": round(peak), "contacts": rows["contacts"]}))


if __name__ == "__main__":
    if sys.argv[1:2] == ["--write"]:
        _write_here(int(sys.argv[2]), int(sys.argv[3]))
    else:
        main()
