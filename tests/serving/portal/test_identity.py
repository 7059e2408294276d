"""Signing in with a token of the identity provider: its claims decide who that is, and its end is the session's."""

import dataclasses
import json
from collections.abc import Callable
from pathlib import Path
from time import time
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from jwt.algorithms import RSAAlgorithm
from starlette.applications import Starlette

from serving import Store
from serving.access.oidc import IdentityProvider
from serving.access.tables import SessionRow
from serving.api.desk import Desk
from serving.api.doors import ApiDoor
from serving.api.gate import Gate
from serving.portal.app import portal as portal_routes
from serving.portal.door import PortalDoor
from serving.settings import OidcSettings

pytestmark = pytest.mark.service
ISSUER, AUDIENCE = "https://login.example.org", "respite"
Sign = Callable[..., str]


@pytest.fixture(scope="module")
def key() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(65537, 2048)


@pytest.fixture
def sign(key: rsa.RSAPrivateKey) -> Sign:
    def signed(by: Any = key, **claims: Any) -> str:
        base = {"iss": ISSUER, "aud": AUDIENCE, "sub": "u1", "exp": time() + 600, "roles": ["staff"]}
        return str(jwt.encode(base | claims, by, algorithm="RS256", headers={"kid": "one"}))

    return signed


@pytest.fixture
def trusting(portal: Any, key: rsa.RSAPrivateKey, tmp_path: Path) -> Any:
    """The portal of an installation that trusts a provider."""
    published = json.loads(RSAAlgorithm.to_jwk(key.public_key())) | {"kid": "one", "use": "sig", "alg": "RS256"}
    file = tmp_path / "jwks.json"
    file.write_text(json.dumps({"keys": [published]}), encoding="utf-8")
    settings = OidcSettings(issuer=ISSUER, audience=AUDIENCE, jwks=str(file), roles={"staff": "agent", "it": "service"})
    desk = dataclasses.replace(Desk.of(portal.home), provider=IdentityProvider(settings))
    app = Gate(Starlette(routes=portal_routes(lambda: desk)), lambda: desk, doors=(PortalDoor, ApiDoor))
    yield dataclasses.replace(portal, app=app, kept={})
    desk.close()


def test_its_claims_say_who_signs_in(trusting: Any, sign: Sign) -> None:
    browser = trusting.browser()
    assert "identity provider" in browser.get("/portal/sign-in").text
    assert browser.sign_in(sign(agent_id=trusting.agents["own"])).status_code == 303
    assert trusting.agents["own"] in browser.get("/portal/me").text
    assert browser.get("/portal/people").status_code == 403


def test_the_session_ends_with_the_token(trusting: Any, sign: Sign) -> None:
    ends = int(time()) + 90
    trusting.browser().sign_in(sign(agent_id="A-ends", exp=ends))
    store = Store(trusting.home)
    with store.session() as session:
        row = session.query(SessionRow).filter(SessionRow.agent_id == "A-ends").one()
    store.close()
    assert abs((row.ends_at - row.started_at).total_seconds() - 90) < 10
    assert row.token is None
    assert row.principal == {"name": "u1", "role": "agent", "teams": [], "manager_id": None}


ANOTHER_KEY = rsa.generate_private_key(65537, 2048)


@pytest.mark.parametrize(
    "wrong", [{"aud": "payroll"}, {"exp": time() - 3600}, {"roles": ["chief"]}, {"by": ANOTHER_KEY}]
)
def test_another_token_opens_nothing(wrong: dict[str, Any], trusting: Any, sign: Sign) -> None:
    answer = trusting.browser("10.7.0.1").sign_in(sign(**({"agent_id": "A1"} | wrong)))
    assert answer.status_code == 401


def test_a_program_of_the_provider_signs_in_nowhere(trusting: Any, sign: Sign) -> None:
    assert trusting.browser().sign_in(sign(roles=["it"])).status_code == 403
