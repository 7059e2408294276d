"""The real service on 127.0.0.1 with two workers: its clients, its counters, its log; what it answers is in `api/`."""

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
import pytest

from features import Home
from serving import Store
from serving.access import Principal, grant, revoke
from serving.audit import verify
from serving.server import ask, running
from serving.tables import AuditEntry
from training.calibration import logit

pytestmark = pytest.mark.service
NOW = datetime.now(UTC)


class Served(NamedTuple):
    """A service that is running over a copy of the road's home, and a token of the wellbeing partner."""

    address: str
    token: str
    home: Home


@pytest.fixture(scope="module")
def served(road: Home, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    home = Home(Path(shutil.copytree(road.root, tmp_path_factory.mktemp("served") / "home")))
    # the simulated centre ended long ago, and BentoML's client waits until the service is ready
    (home.root / "respite.yaml").write_text("service: {fresh_days: 100000}\n", encoding="utf-8")
    store = Store(home)
    token = grant(store, Principal("partner", "hr"), 1, NOW)
    store.close()
    with running(home, workers=2) as address:
        yield Served(address, token, home)


def get(served: Served, path: str, token: str | None = None, purpose: str = "support") -> tuple[int, str]:
    headers = {"Respite-Purpose": purpose} | ({"Authorization": f"Bearer {token}"} if token else {})
    request = urllib.request.Request(served.address + path, headers=headers)  # noqa: S310 - http on loopback
    try:
        with urllib.request.urlopen(request, timeout=30) as answer:  # noqa: S310 - http on loopback
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as refused:
        with refused:
            return refused.code, refused.read().decode()


def entries(home: Home) -> list[tuple[str, str, int]]:
    store = Store(home)
    with store.session() as session:
        found = [(e.who, e.what, e.status) for e in session.query(AuditEntry).order_by(AuditEntry.number)]
    store.close()
    return found


def token_of(served: Served, name: str, role: Any) -> str:
    store = Store(served.home)
    token = grant(store, Principal(name, role), 1, NOW)
    store.close()
    return token


def adds_up(score: dict[str, Any]) -> bool:
    total = score["base_log_odds"] + score["other_reasons_log_odds"] + sum(r["contribution"] for r in score["reasons"])
    return bool(np.isclose(total, float(logit(score["probability"])), atol=1e-6))


def test_a_token_opens_scores_with_reasons_that_add_up(served: Served, newest: pd.DataFrame) -> None:
    body = {"agent_ids": list(newest["agent_id"][:5])[::-1], "outcome": "turnover", "top_reasons": 2}
    status, answer = ask(served.address, "/v1/scores", body, served.token)
    assert status == 200
    assert [score["agent_id"] for score in answer["scores"]] == body["agent_ids"]
    assert all(len(score["reasons"]) == 2 and adds_up(score) for score in answer["scores"])


def test_curl_asks_as_the_documentation_says(served: Served, newest: pd.DataFrame) -> None:
    where = f"{served.address}/v1/agents/{newest['agent_id'].iloc[0]}/score?top_reasons=3"
    words = ["curl", "-s", where, "-H", f"Authorization: Bearer {served.token}", "-H", "Respite-Purpose: support"]
    if shutil.which("curl") is None:
        pytest.skip("curl is not installed")
    answer = subprocess.run(words, capture_output=True, text=True, check=True)
    assert json.loads(answer.stdout)["score"]["agent_id"] == newest["agent_id"].iloc[0]


def test_bentomls_own_client_asks(served: Served, newest: pd.DataFrame) -> None:
    """In a process of its own: the client warns of things that are errors here."""
    program = (
        "import bentoml, os\n"
        "with bentoml.SyncHTTPClient(os.environ['WHERE'], token=os.environ['TOKEN']) as client:\n"
        "    client.client.headers['Respite-Purpose'] = 'support'\n"
        "    print(client.scores(agent_ids=[os.environ['WHOM']], top_reasons=1)['scores'][0]['agent_id'])\n"
    )
    whom = str(newest["agent_id"].iloc[0])
    environ = {**os.environ, "WHERE": served.address, "TOKEN": served.token, "WHOM": whom}
    answer = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", program],
        capture_output=True, text=True, check=False, env=environ,
    )  # fmt: skip
    assert answer.stdout.split() == [whom], answer.stderr[-800:]


def test_the_open_page_and_its_files_ask_nobody_outside(served: Served) -> None:
    status, page = get(served, "/")
    assert status == 200
    assert not re.search(r"(?:https?:)?//[\w.]+", page)
    for path in re.findall(r'(?:href|src)="\.(/[^"]+)"', page):
        assert get(served, path)[0] == 200, path


@pytest.mark.parametrize("path", ["/metrics", "/v1/scores", "/nothing", "/docs.json/../metrics", "//metrics"])
def test_nothing_else_is_open(path: str, served: Served) -> None:
    assert get(served, path)[0] == 401


def test_a_token_revoked_while_the_service_runs_opens_nothing_any_more(served: Served, newest: pd.DataFrame) -> None:
    token, body = token_of(served, "brief", "hr"), {"agent_ids": list(newest["agent_id"][:1])}
    assert ask(served.address, "/v1/scores", body, token)[0] == 200
    store = Store(served.home)
    revoke(store, "brief")
    store.close()
    assert ask(served.address, "/v1/scores", body, token)[0] == 401


def test_counters_of_all_workers_name_kinds_and_roles_and_nobody(served: Served, newest: pd.DataFrame) -> None:
    agent, token = newest["agent_id"].iloc[0], token_of(served, "scraper", "service")
    for _ in range(4):
        get(served, f"/v1/agents/{agent}/history", served.token)
    status, text = get(served, "/metrics?purpose=operations", token)
    assert status == 200
    found = re.search(r'respite_requests_total\{operation="history",role="hr",status="200"\} (\d+)', text)
    assert found
    assert int(found[1]) == 4
    assert "respite_scores_as_of_seconds" in text
    assert agent not in text


def test_workers_that_answer_at_once_keep_one_chain(served: Served, newest: pd.DataFrame) -> None:
    before, agents = len(entries(served.home)), list(newest["agent_id"])
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda i: get(served, f"/v1/agents/{agents[i % 9]}/score", served.token)[0], range(200)))
    assert set(found) == {200}
    assert len(entries(served.home)) == before + 200
    store = Store(served.home)
    assert verify(store) == before + 200
    store.close()


def test_a_worker_that_is_killed_loses_no_entry(served: Served, newest: pd.DataFrame) -> None:
    """SIGKILL in the middle of answers: what was answered is in the log, and the next worker goes on."""
    agent, before = newest["agent_id"].iloc[0], len(entries(served.home))
    workers = [int(pid) for pid in _children(served) if pid]
    assert len(workers) == 2

    def one(number: int) -> int | None:
        if number == 40:
            os.kill(workers[0], signal.SIGKILL)
        try:
            return get(served, f"/v1/agents/{agent}/score", served.token)[0]
        except OSError:
            return None

    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(one, range(300)))
    answered = sum(status == 200 for status in found)
    assert set(found) <= {200, None}
    assert answered > 150
    assert len(entries(served.home)) - before >= answered
    store = Store(served.home)
    verify(store)
    store.close()


def test_the_log_of_the_service_holds_no_token_and_no_question(served: Served) -> None:
    body = {"rows": [{"tenure": 4.87654321}, {"shoe_size": 1}]}
    ask(served.address, "/v1/score_rows", body, served.token)
    ask(served.address, "/v1/scores", {"agent_ids": ["somebody-in-particular"], "surprise": 1}, served.token)
    log = (served.home.root / "service.log").read_text(encoding="utf-8")
    assert '"what": "POST /v1/score_rows"' in log
    for secret in (served.token, "4.87654321", "somebody-in-particular", "Traceback"):
        assert secret not in log


def _children(served: Served) -> list[str]:
    """Process ids of the workers of this service."""
    if shutil.which("pgrep") is None:
        pytest.skip("pgrep is not installed")
    port = served.address.rpartition(":")[2]
    main = subprocess.run(
        ["pgrep", "-f", f"bentoml serve .* --port {port}"], capture_output=True, text=True, check=True
    )
    (parent,) = main.stdout.split()[:1]
    found = subprocess.run(["pgrep", "-P", parent, "-f", "worker"], capture_output=True, text=True, check=True)
    return found.stdout.split()
