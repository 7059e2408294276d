"""The service over 100,000 scored agents beside a bare endpoint of the same service, as ratios in one run.

Run from the repository: make bench-serve, or python -m benchmarks.serve [AGENTS [HOME]]; without a home with champions
a centre is simulated and models are trained on it. 32 connections, two workers, the load generator on the same machine;
the kinds take turns, and each ratio is of neighbours in time. Prints a table and writes benchmarks/serve.json.
"""

import json
import random
import statistics
import sys
import tempfile
import time
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from benchmarks.load import Load, load, request
from benchmarks.many import multiply, trained
from features.home import Home
from serving.access import Principal, grant
from serving.batch import score_all
from serving.server import running
from serving.store import Store

AGENTS, ROUNDS, SECONDS, CONNECTIONS = 100_000, 7, 5.0, 32
SERVICE = "benchmarks.serve_service:Measured"


def main() -> None:
    agents = int(float(sys.argv[1])) if len(sys.argv) > 1 else AGENTS
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        source = Home.find(sys.argv[2]) if len(sys.argv) > 2 else trained(Home(folder / "source"))
        home = Home(folder / "home", tracking=source.tracking_uri)
        multiply(source, home, agents)
        day = score_all(home).as_of
        found = {"agents": agents} | _what_if(home, day) | _served(home, agents)
    for key, value in found.items():
        print(f"{key:36}{value:>14,.2f}")
    path = Path(__file__).with_name("serve.json")
    path.write_text(json.dumps({key: round(value, 3) for key, value in found.items()}, indent=2) + "\n")


def _served(home: Home, agents: int) -> dict[str, float]:
    """Rounds of every kind, and the medians of their ratios."""
    kinds = _kinds(_token(home), [f"A{number:07d}" for number in range(agents)])
    began = time.perf_counter()
    with running(home, service=SERVICE, folder=Path.cwd(), workers=2) as address:
        found = {"ready_s": time.perf_counter() - began}
        port = int(address.rpartition(":")[2])
        rounds: dict[str, list[Load]] = {kind: [] for kind in kinds}
        for kind in kinds:
            load(port, kinds[kind], 2.0, CONNECTIONS)
        for _ in range(ROUNDS):
            for kind, requests in kinds.items():
                rounds[kind].append(load(port, requests, SECONDS, CONNECTIONS))
    for kind, loads in rounds.items():
        if any(set(one.statuses) != {200} for one in loads):
            raise RuntimeError(f"{kind}: answers other than 200: {[one.statuses for one in loads]}")
        found |= {f"{kind}_per_s": _median([one.per_second for one in loads])}
        found |= {f"{kind}_p99_ms": _median([one.p99_ms for one in loads])}
    pairs = list(zip(rounds["bare"], rounds["one"], rounds["hundred"], strict=True))
    return found | {
        "one_rate_by_bare": _median([one.per_second / bare.per_second for bare, one, _ in pairs]),
        "one_p99_by_bare": _median([one.p99_ms / bare.p99_ms for bare, one, _ in pairs]),
        "hundred_cost_by_one": _median([one.per_second / many.per_second for _, one, many in pairs]),
    }


def _kinds(token: str, agents: list[str]) -> dict[str, list[bytes]]:
    random.Random(3).shuffle(agents)  # noqa: S311 - which agents are asked for first
    headers = {"Authorization": f"Bearer {token}", "Respite-Purpose": "support"}
    some = [agents[start : start + 100] for start in range(0, 20_000, 100)]
    return {
        "bare": [request("POST", "/bare", {}, {"number": 1})],
        "one": [request("GET", f"/v1/agents/{agent}/score", headers) for agent in agents[:5_000]],
        "one_by_post": [request("POST", "/v1/scores", headers, {"agent_ids": [agent]}) for agent in agents[:5_000]],
        "hundred": [request("POST", "/v1/scores", headers, {"agent_ids": part}) for part in some if part],
    }


def _token(home: Home) -> str:
    store = Store(home)
    token = grant(store, Principal("benchmark", "hr"), 1, datetime.now(UTC))
    store.close()
    return token


def _what_if(home: Home, day: date) -> dict[str, float]:
    """Milliseconds of one question in this process, the features of the agent at hand."""
    from serving.online import Online

    online, found = Online(home), {}
    for outcome in ("burnout", "turnover"):
        took = []
        online.what_if("A0000001", day, outcome, {"overtime": 1.0})  # the first question has later ones prepared
        online.settle()
        for _ in range(60):
            began = time.perf_counter()
            online.what_if("A0000001", day, outcome, {"overtime": 1.0})
            took.append(1000 * (time.perf_counter() - began))
        found[f"what_if_{outcome}_ms"] = _median(took)
    return found


def _median(values: Any) -> float:
    return float(statistics.median(values))


if __name__ == "__main__":
    main()
