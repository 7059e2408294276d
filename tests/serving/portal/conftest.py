"""The portal behind its gate, in this process, with a browser's cookies, and someone of every role who is signed in."""

import re
import secrets
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from sqlalchemy import delete
from starlette.applications import Starlette
from starlette.testclient import TestClient

from features import Home
from serving import Store
from serving.access import Principal, grant
from serving.access.principal import ROLES
from serving.api.desk import Desk
from serving.api.doors import ApiDoor
from serving.api.gate import Gate
from serving.consent import record
from serving.feedback import give
from serving.feedback.tables import SuggestionCount
from serving.outreach.listing import WELLBEING
from serving.outreach.tables import Offer
from serving.portal.app import portal as portal_routes
from serving.portal.door import PortalDoor
from serving.tables import AuditEntry

NOW = datetime.now(UTC)
PROOF = re.compile(r'name="proof" value="([0-9a-f]{64})"')


@dataclass
class Browser:
    """A browser: it keeps cookies, and sends forms with the proof of the page that it read last."""

    client: TestClient
    proof: str = ""

    def get(self, path: str, **more: Any) -> Any:
        answer = self.client.get(path, follow_redirects=False, **more)
        if found := PROOF.search(answer.text):
            self.proof = found[1]
        return answer

    def post(self, path: str, proof: str | None = None, **form: str) -> Any:
        sent = form | {"proof": self.proof if proof is None else proof}
        return self.client.post(path, data=sent, follow_redirects=False)

    def sign_in(self, token: str) -> Any:
        self.get("/portal/sign-in")
        return self.post("/portal/sign-in", token=token)


@dataclass
class Portal:
    """The service, and who plays: an agent who shares, a teammate who does not, and someone of another team."""

    app: Any
    home: Home
    agents: dict[str, str]
    teams: dict[str, str]
    tokens: dict[str, str] = field(default_factory=dict)
    kept: dict[str, Browser] = field(default_factory=dict)

    def browser(self, address: str = "10.0.0.1") -> Browser:
        """A new browser over TLS."""
        return Browser(TestClient(self.app, base_url="https://respite.example", client=(address, 5000)))

    def role(self, name: str) -> Browser:
        """The browser of a role, signed in once."""
        if name not in self.kept:
            self.kept[name] = self.browser(f"10.0.1.{len(self.kept)}")
            assert self.kept[name].sign_in(self.tokens[name]).status_code == 303
            self.kept[name].get("/portal")
        return self.kept[name]

    def token(self, principal: Principal, days: int = 1) -> str:
        store = Store(self.home)
        found = grant(store, principal, days, NOW)
        store.close()
        return found

    def offer(self, about: str, by: str = WELLBEING, arm: str = "offer", **more: Any) -> int:
        """A new offer to one of the cast, in a program of its own; its number."""
        offered = arm == "offer"
        given: dict[str, Any] = {
            "uid": secrets.token_hex(16), "agent_id": self.agents[about], "manager_id": "M-1",
            "team_id": self.teams[about], "site_id": "S1", "program": secrets.token_hex(8), "week": NOW.date(),
            "arm": arm, "action": "check-in", "also": [], "state": "offered" if offered else None,
            "offered_by": by if offered else None, "offered_at": NOW.replace(tzinfo=None), "due_on": NOW.date(),
        }  # fmt: skip
        store = Store(self.home)
        with store.writing() as session:
            row = Offer(**given | more)
            session.add(row)
            session.flush()
            number = row.number
        store.close()
        return number

    def feedback(self, about: str, said: str = "I see it differently.") -> int:
        """Something that one of the cast said; its number."""
        store = Store(self.home)
        with store.writing() as session:
            row = give(self.agents[about], "contest", said, "", NOW)
            session.add(row)
            session.flush()
            number = row.number
        store.close()
        return number

    def forget_counts(self) -> None:
        """Let everyone suggest something again today."""
        store = Store(self.home)
        with store.writing() as session:
            session.execute(delete(SuggestionCount))
        store.close()

    def log(self) -> list[AuditEntry]:
        store = Store(self.home)
        with store.session() as session:
            found = list(session.query(AuditEntry).order_by(AuditEntry.number))
        store.close()
        return found


@pytest.fixture(scope="session")
def portal(road: Home, newest: pd.DataFrame, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Portal]:
    """The service over a copy of the road's home, with a token for every role."""
    home = Home(Path(shutil.copytree(road.root, tmp_path_factory.mktemp("portal") / "home")))
    teams = newest.groupby("team_id")["agent_id"].apply(list)
    first = max(teams.index, key=lambda name: len(teams[name]))
    second = next(name for name in teams.index if name != first)
    agents = {"own": teams[first][0], "other_agent": teams[first][1], "other_team": teams[second][0]}
    found = Portal(None, home, agents, {"own": first, "other_agent": first, "other_team": second})
    for role in ROLES:
        own = frozenset({first}) if role == "manager" else frozenset()
        found.tokens[role] = found.token(Principal(f"{role}-1", role, own, agents["own"] if role == "agent" else None))
    store = Store(home)
    record(store, agents["own"], "share_with_manager", True, NOW)
    store.close()
    desk = Desk.of(home)
    app = Starlette(routes=portal_routes(lambda: desk))
    found.app = Gate(app, lambda: desk, doors=(PortalDoor, ApiDoor))
    yield found
    desk.close()
