"""Tokens of an identity provider: only its own, only for us, only in time, and only with a role that is known."""

import json
from collections.abc import Callable
from pathlib import Path
from time import time
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from jwt.algorithms import RSAAlgorithm

from features.errors import AccessError, ConfigError
from serving.access.oidc import IdentityProvider, is_jwt
from serving.settings import OidcSettings

ISSUER, AUDIENCE = "https://login.example.org", "respite"
Sign = Callable[..., str]


@pytest.fixture(scope="module")
def key() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(65537, 2048)


@pytest.fixture
def provider(key: rsa.RSAPrivateKey, tmp_path: Path) -> IdentityProvider:
    published = json.loads(RSAAlgorithm.to_jwk(key.public_key())) | {"kid": "one", "use": "sig", "alg": "RS256"}
    file = tmp_path / "jwks.json"
    file.write_text(json.dumps({"keys": [published]}), encoding="utf-8")
    roles: Any = {"wellbeing": "hr", "team-leads": "manager", "staff": "agent"}
    return IdentityProvider(OidcSettings(issuer=ISSUER, audience=AUDIENCE, jwks=str(file), roles=roles))


@pytest.fixture
def sign(key: rsa.RSAPrivateKey) -> Sign:
    def signed(by: Any = key, kid: str = "one", algorithm: str = "RS256", **claims: Any) -> str:
        base = {"iss": ISSUER, "aud": AUDIENCE, "sub": "u1", "exp": time() + 60, "roles": ["wellbeing"]}
        given = {name: value for name, value in (base | claims).items() if value is not None}
        return f"Bearer {jwt.encode(given, by, algorithm=algorithm, headers={'kid': kid})}"

    return signed


def test_a_token_of_the_provider_opens_what_its_role_may(provider: IdentityProvider, sign: Sign) -> None:
    found = provider.check(sign())
    assert (found.name, found.role) == ("u1", "hr")


def test_claims_bind_a_manager_to_teams_and_an_agent_to_themselves(provider: IdentityProvider, sign: Sign) -> None:
    manager = provider.check(sign(roles=["team-leads"], teams=["T01", "T02"]))
    agent = provider.check(sign(roles="staff", agent_id="A7"))
    assert (manager.role, manager.teams) == ("manager", {"T01", "T02"})
    assert (agent.role, agent.agent_id) == ("agent", "A7")


def test_a_claim_says_which_manager_it_is_where_there_is_one(provider: IdentityProvider, sign: Sign) -> None:
    team = {"roles": ["team-leads"], "teams": ["T01"]}
    assert provider.check(sign(**team)).manager_id is None
    assert provider.check(sign(**team, manager_id="M07")).manager_id == "M07"
    assert provider.check(sign(**team, manager_id=7)).manager_id == "7"
    assert provider.check(sign(roles="wellbeing", manager_id="M07")).manager_id is None
    provider.settings = provider.settings.model_copy(update={"manager_claim": "employee_number"})
    assert provider.check(sign(**team, manager_id="M07", employee_number="M08")).manager_id == "M08"


WRONG: list[dict[str, Any]] = [
    {"iss": "https://elsewhere.example.org"}, {"aud": "payroll"}, {"exp": time() - 3600}, {"exp": None}, {"iss": None},
    {"aud": None}, {"sub": None}, {"roles": ["chief"]}, {"roles": None}, {"roles": ["team-leads"]},
    {"roles": ["staff"]}, {"kid": "two"}, {"by": rsa.generate_private_key(65537, 2048)},
    {"by": ec.generate_private_key(ec.SECP256R1()), "algorithm": "ES256"}, {"nbf": time() + 3600},
    {"roles": ["team-leads"], "teams": ["T01"], "manager_id": " "},
    {"by": "a shared secret that is long enough for HS256", "algorithm": "HS256"}, {"by": None, "algorithm": "none"},
]  # fmt: skip


@pytest.mark.parametrize("wrong", WRONG)
def test_every_other_token_is_refused_in_the_same_words(
    wrong: dict[str, Any], provider: IdentityProvider, sign: Sign
) -> None:
    with pytest.raises(AccessError, match="Send 'Authorization: Bearer <token>'"):
        provider.check(sign(**wrong))


def test_what_is_no_jwt_is_not_taken_for_one() -> None:
    assert is_jwt("Bearer a.b.c")
    assert not any(is_jwt(given) for given in ("Bearer respite_abc", "Basic a.b.c", "", "Bearer a.b"))


def test_keys_that_cannot_be_read_stop_the_start(tmp_path: Path) -> None:
    for content in ("", "{}", '{"keys": [{"kty": "what"}]}'):
        file = tmp_path / "jwks.json"
        file.write_text(content, encoding="utf-8")
        with pytest.raises(ConfigError, match="no set of keys"):
            IdentityProvider(OidcSettings(issuer=ISSUER, audience=AUDIENCE, jwks=str(file), roles={"x": "hr"}))
