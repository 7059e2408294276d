"""People for plans, a store with the offers of one week, and a receiver of notices on this machine."""

import shutil
from collections.abc import Callable, Iterator
from datetime import date
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import pytest

from features import Home
from serving import Store
from serving.outreach.offers import Person, plan_week
from serving.outreach.plan import Rules, rules_of
from serving.outreach.tables import Offer

MONDAY = date(2026, 1, 5)


@pytest.fixture
def rules() -> Callable[..., Rules]:
    """Rules of a week, without holdout unless told otherwise."""

    def make(**given: Any) -> Rules:
        return rules_of(**{"week": MONDAY, "holdout": 0.0, "capacity": 2} | given)

    return make


@pytest.fixture
def person() -> Callable[..., Person]:
    """Someone in team T1 of manager M1, whom a conversation would help."""

    def make(agent_id: str, rank: float = 0.5, **more: Any) -> Person:
        post = {"manager_id": "M1", "team_id": "T1", "site_id": "S1", "actions": ("check-in", "recognition")}
        return Person(agent_id, rank=rank, **post | more)

    return make


@pytest.fixture
def offered(store: Store, person: Callable[..., Person], rules: Callable[..., Rules]) -> list[Offer]:
    """Offers to A1 and A2 in the week of 2026-01-05."""
    return plan_week(store, [person("A1", 0.9), person("A2", 0.8)], rules())


class Desk:
    """A receiver on this machine: it answers with the statuses that it is told to, then with 204."""

    def __init__(self) -> None:
        self.statuses: list[int] = []
        self.posts: list[tuple[dict[str, str], bytes]] = []
        desk = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                desk.posts.append((dict(self.headers), body))
                status = desk.statuses.pop(0) if desk.statuses else 204
                if status == 0:  # hangs up without a word
                    self.close_connection = True
                    return
                self.send_response(status)
                self.send_header("Location", "http://127.0.0.1:1/elsewhere")
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_: object) -> None:
                """Quiet."""

        self.server = HTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/hook?team=1"


@pytest.fixture
def desk() -> Iterator[Desk]:
    """A receiver that listens on 127.0.0.1."""
    made = Desk()
    thread = Thread(target=made.server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield made
    made.server.shutdown()
    thread.join()
    made.server.server_close()


@pytest.fixture
def own_road(road: Home, tmp_path: Path) -> Home:
    """A copy of the road's home that a test may change; models stay where the road has them."""
    home = Home(tmp_path / "own")
    shutil.copytree(road.root, home.root)
    return home
