"""Pages of the portal over 10,000 scored agents in 500 teams, and over one team of 20: milliseconds of the service.

Run from the repository: make bench-portal, or python -m benchmarks.portal [HOME]; without a home with champions a
centre is simulated and models are trained on it. The agents are those of `benchmarks.reports`; 2,000 offers and 200
words of feedback are added. A page is asked of the whole service in this process, session, policy and the log included:
once (`first`: some of it stays in memory until the next batch), and then ten times. Prints a table and writes
benchmarks/portal.json.
"""

import json
import os
import re
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from starlette.testclient import TestClient

from benchmarks.many import trained
from benchmarks.reports import multiply_weeks
from features.home import Home
from serving.access import Principal, grant
from serving.batch import score_all
from serving.consent import record
from serving.feedback import give
from serving.outreach.listing import WELLBEING
from serving.outreach.tables import Offer
from serving.store import Store

NOW = datetime.now(UTC)
OFFERS, VOICES, TIMES = 2_000, 200, 10
PAGES: dict[str, tuple[str, ...]] = {
    "hr": ("/portal", "/portal/organization", "/portal/people", "/portal/people?page=200", "/portal/people/A0000007",
           "/portal/teams", "/portal/teams/T0003", "/portal/offers", "/portal/offers/1", "/portal/feedback"),
    "manager": ("/portal", "/portal/people", "/portal/teams/T0003", "/portal/offers"),
    "agent": ("/portal", "/portal/me", "/portal/offers", "/portal/feedback"),
}  # fmt: skip


def main() -> None:
    found: dict[str, float] = {}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        source = Home.find(sys.argv[1]) if len(sys.argv) > 1 else trained(Home(folder / "source"))
        for agents in (20, 10_000):
            home = Home(folder / str(agents), tracking=source.tracking_uri)
            multiply_weeks(source, home, agents)
            score_all(home)
            found |= _of(home, agents)
    for key, value in found.items():
        print(f"{key:50}{value:>12,.1f}")
    path = Path(__file__).with_name("portal.json")
    path.write_text(json.dumps({key: round(value, 1) for key, value in found.items()}, indent=2) + "\n")


def _of(home: Home, agents: int) -> dict[str, float]:
    team = "T0003" if agents > 20 else "T0000"
    tokens = _filled(home, agents, team)
    found = {}
    with _served(home) as app:
        for role, pages in PAGES.items():
            browser = TestClient(app, base_url="https://respite.example")
            proof = re.search(r'name="proof" value="(\w+)"', browser.get("/portal/sign-in").text)
            assert proof is not None  # noqa: S101 - a program for the shell
            browser.post("/portal/sign-in", data={"proof": proof[1], "token": tokens[role]})
            for page in pages:
                path = page.replace("T0003", team)
                if agents == 20 and "page=" in page:
                    continue
                first, times = _asked(browser, path), [_asked(browser, path) for _ in range(TIMES)]
                found |= {
                    f"{agents} {role} {path} first": first,
                    f"{agents} {role} {path} median": statistics.median(times),
                    f"{agents} {role} {path} slowest": max(times),
                }
    return found


def _filled(home: Home, agents: int, team: str) -> dict[str, str]:
    """Offers, feedback, someone who shares, and a token for each role."""
    store = Store(home)
    with store.writing() as session:
        session.add_all(_offer(number, agents) for number in range(min(OFFERS, agents)))
        session.add_all(give(_agent(n, agents), "contest", "As I see it.", "", NOW) for n in range(VOICES))
    own = 60 if agents > 20 else 0
    for number in range(own, own + 5):
        record(store, f"A{number:07d}", "share_with_manager", True, NOW)
    who = (
        Principal("hr", "hr"),
        Principal("manager", "manager", frozenset({team})),
        Principal("agent", "agent", agent_id="A0000007"),
    )
    tokens = {one.role: grant(store, one, 1, NOW) for one in who}
    store.close()
    return dict(tokens)


def _agent(number: int, agents: int) -> str:
    return f"A{number % agents:07d}"


def _offer(number: int, agents: int) -> Offer:
    week = (NOW - timedelta(days=7 * (number % 4))).date()
    return Offer(
        uid=f"{number}", agent_id=_agent(number, agents), manager_id=f"M{number % agents // 20:04d}",
        team_id=f"T{number % agents // 20:04d}", site_id="S00", program=f"p{number}", week=week, arm="offer",
        action="check-in", also=[], state="offered", offered_by=WELLBEING if number % 3 else f"M{number // 20:04d}",
        offered_at=NOW.replace(tzinfo=None), due_on=week + timedelta(days=6),
    )  # fmt: skip


@contextmanager
def _served(home: Home) -> Iterator[Any]:
    os.environ |= {"RESPITE_HOME": str(home.root), "BENTOML_HOME": str(home.root / "bentoml")}
    if home.tracking:
        os.environ["RESPITE_TRACKING_URI"] = home.tracking
    from serving.service import RespiteScores, desk
    from serving.settings import load_settings

    desk.cache_clear()
    load_settings(home)
    with TestClient(RespiteScores.to_asgi()) as client:
        yield client.app


def _asked(browser: TestClient, path: str) -> float:
    start = time.perf_counter()
    answer = browser.get(path)
    took = 1000 * (time.perf_counter() - start)
    if answer.status_code != 200:
        raise SystemExit(f"{path}: {answer.status_code} {answer.text[:300]}")
    return took


if __name__ == "__main__":
    main()
