"""The whole service in this process, as its server would run it, over a copy of the road's home."""

import secrets
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from sqlalchemy import delete
from starlette.testclient import TestClient

from features import Home
from serving import Store
from serving.access import Principal, grant, revoke
from serving.access.principal import ROLES
from serving.consent import record
from serving.feedback import give
from serving.feedback.tables import SuggestionCount
from serving.outreach.listing import WELLBEING
from serving.outreach.tables import Offer
from serving.tables import AuditEntry

NOW = datetime.now(UTC)
PURPOSES = {
    "hr": "support", "manager": "support", "agent": "self", "data_scientist": "model_care", "auditor": "oversight",
    "service": "support", "M-1": "support", "M-2": "support",
}  # fmt: skip


@dataclass(frozen=True)
class Cast:
    """Who plays: an agent who shares their score, a teammate who does not, and someone of another team."""

    own: str
    other_agent: str
    other_team: str
    teams: dict[str, str]


@dataclass
class Api:
    """The service and its tokens."""

    client: TestClient
    home: Home
    cast: Cast
    tokens: dict[str, str]

    def ask(self, method: str, path: str, role: str | None = "hr", purpose: str | None = "", **more: Any) -> Any:
        """A request as a role; its own purpose where none is given, none where it is None."""
        headers = dict(more.pop("headers", {}))
        if role is not None:
            headers["Authorization"] = f"Bearer {self.tokens.get(role, role)}"
        if purpose is not None:
            headers["Respite-Purpose"] = purpose or PURPOSES.get(role or "hr", "support")
        return self.client.request(method, path, headers=headers, **more)

    def offer(self, about: str, by: str = WELLBEING, arm: str = "offer", **more: Any) -> int:
        """A new offer to one of the cast, in a program of its own; its number."""
        offered = arm == "offer"
        given: dict[str, Any] = {
            "uid": secrets.token_hex(16), "agent_id": getattr(self.cast, about), "manager_id": "M-1",
            "team_id": self.cast.teams[about], "site_id": "S1", "program": secrets.token_hex(8), "week": NOW.date(),
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

    def feedback(self, about: str) -> int:
        """Something that one of the cast said; its number."""
        store = Store(self.home)
        with store.writing() as session:
            row = give(getattr(self.cast, about), "contest", "I see it differently.", "", NOW)
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
def api(road: Home, newest: pd.DataFrame, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Api]:
    """The service, with a token for each role and three that open nothing."""
    home = Home(Path(shutil.copytree(road.root, tmp_path_factory.mktemp("api") / "home")))
    cast = _cast(newest)
    own = frozenset({cast.teams["own"]})
    store = Store(home)
    tokens = {role: grant(store, _principal(role, cast), 1, NOW) for role in ROLES}
    tokens |= {
        "expired": grant(store, Principal("old", "hr"), 1, NOW - timedelta(days=2)),
        "revoked": grant(store, Principal("gone", "hr"), 1, NOW),
        "forged": f"respite_{secrets.token_urlsafe(32)}",
    }
    for manager in ("M-1", "M-2"):  # two managers of one team
        tokens[manager] = grant(store, Principal(f"lead-{manager}", "manager", own, manager_id=manager), 1, NOW)
    revoke(store, "gone")
    record(store, cast.own, "share_with_manager", True, NOW)
    store.close()
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("RESPITE_HOME", str(home.root))
        patch.setenv("BENTOML_HOME", str(home.root / "bentoml"))
        patch.setenv("PROMETHEUS_MULTIPROC_DIR", str(tmp_path_factory.mktemp("counters")))  # as its server would
        from serving.service import RespiteScores, desk

        desk.cache_clear()
        with TestClient(RespiteScores.to_asgi(), raise_server_exceptions=False) as client:
            yield Api(client, home, cast, tokens)
        desk.cache_clear()


def _cast(newest: pd.DataFrame) -> Cast:
    teams = newest.groupby("team_id")["agent_id"].apply(list)
    first = next(name for name, members in teams.items() if len(members) > 1)
    second = next(name for name in teams.index if name != first)
    named = {"own": teams[first][0], "other_agent": teams[first][1], "other_team": teams[second][0]}
    return Cast(**named, teams={"own": first, "other_agent": first, "other_team": second})


def _principal(role: str, cast: Cast) -> Principal:
    teams = frozenset({cast.teams["own"]}) if role == "manager" else frozenset()
    return Principal(f"{role}-1", role, teams, cast.own if role == "agent" else None)  # type: ignore[arg-type]
