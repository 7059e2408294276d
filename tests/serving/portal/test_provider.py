"""Signing in with an identity provider: there and back, and every answer that is not to be believed."""

import base64
import dataclasses
import hashlib
import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from time import time
from typing import Any
from urllib.parse import parse_qs, urlsplit

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from jwt.algorithms import RSAAlgorithm
from pydantic import ValidationError
from starlette.applications import Starlette

from serving.access.code_flow import SECRET_VARIABLE
from serving.access.oidc import IdentityProvider
from serving.api.desk import Desk
from serving.api.doors import ApiDoor
from serving.api.gate import Gate
from serving.portal.app import portal as portal_routes
from serving.portal.door import PortalDoor
from serving.settings import OidcSettings, SignInSettings

pytestmark = pytest.mark.service
CLIENT, BACK, SECRET = "respite-portal", "https://respite.example/portal/sign-in/back", "s/e cret"


@dataclasses.dataclass
class Provider:
    """A provider on this machine: it knows codes, checks who redeems them, and signs."""

    address: str = ""
    key: rsa.RSAPrivateKey = dataclasses.field(default_factory=lambda: rsa.generate_private_key(65537, 2048))
    codes: dict[str, dict[str, Any]] = dataclasses.field(default_factory=dict)
    status: int = 200
    body: bytes | None = None

    def grant(self, asked: dict[str, str], code: str = "c1", **claims: Any) -> str:
        """A code, as if somebody had signed in."""
        known = {"iss": self.address, "aud": CLIENT, "sub": "u1", "exp": time() + 600, "nonce": asked["nonce"]}
        self.codes[code] = {"challenge": asked["code_challenge"], "claims": known | claims}
        return code

    def jwks(self) -> bytes:
        published = json.loads(RSAAlgorithm.to_jwk(self.key.public_key())) | {"kid": "one", "use": "sig"}
        return json.dumps({"keys": [published | {"alg": "RS256"}]}).encode()

    def redeemed(self, form: dict[str, str], authorization: str) -> tuple[int, bytes]:
        if self.status != 200 or self.body is not None:
            return self.status, self.body or b"{}"
        granted = self.codes.pop(form.get("code", ""), None)
        digest = hashlib.sha256(form["code_verifier"].encode()).digest()
        challenge = base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
        secret = base64.b64encode(f"{CLIENT}:s%2Fe%20cret".encode()).decode()
        fits = granted is not None and granted["challenge"] == challenge and form["redirect_uri"] == BACK
        if not fits or authorization != f"Basic {secret}":
            return 400, b'{"error": "invalid_grant"}'
        signed = jwt.encode(granted["claims"], self.key, algorithm="RS256", headers={"kid": "one"})  # type: ignore[index] # it fits
        return 200, json.dumps({"id_token": signed, "token_type": "Bearer"}).encode()


@pytest.fixture
def provider() -> Iterator[Provider]:
    found = Provider()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self._send(200, found.jwks())

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"])).decode()
            form = {name: values[0] for name, values in parse_qs(body).items()}
            self._send(*found.redeemed(form, self.headers.get("Authorization", "")))

        def _send(self, status: int, body: bytes) -> None:
            self.send_response(status)
            if 300 <= status < 400:
                self.send_header("Location", f"{found.address}/elsewhere")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: Any) -> None:
            """Say nothing."""

    server = HTTPServer(("127.0.0.1", 0), Handler)
    found.address = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    yield found
    server.shutdown()
    server.server_close()
    thread.join(5)


@pytest.fixture
def trusting(portal: Any, provider: Provider, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """The portal of an installation whose people sign in at the provider; its keys are read from its address."""
    monkeypatch.setenv(SECRET_VARIABLE, SECRET)
    there = provider.address
    sign_in = SignInSettings(
        authorize=f"{there}/authorize?tenant=1", token=f"{there}/token", client_id=CLIENT, back=BACK
    )
    settings = OidcSettings(
        issuer=there,
        audience="respite",
        jwks=f"{there}/keys",
        roles={"staff": "agent", "leads": "manager", "it": "service"},
        sign_in=sign_in,
    )
    desk = dataclasses.replace(Desk.of(portal.home), provider=IdentityProvider(settings))
    app = Gate(Starlette(routes=portal_routes(lambda: desk)), lambda: desk, doors=(PortalDoor, ApiDoor))
    yield dataclasses.replace(portal, app=app, kept={})
    desk.close()


def begun(browser: Any) -> dict[str, str]:
    """What the browser is sent to the provider with."""
    answer = browser.get("/portal/sign-in/provider")
    assert answer.status_code == 303
    return {name: values[0] for name, values in parse_qs(urlsplit(answer.headers["location"]).query).items()}


def back(browser: Any, code: str, state: str) -> Any:
    return browser.get(f"/portal/sign-in/back?code={code}&state={state}")


def test_there_and_back_begins_a_session_and_is_in_the_log(trusting: Any, provider: Provider) -> None:
    browser = trusting.browser("10.9.0.1")
    assert "/portal/sign-in/provider" in browser.get("/portal/sign-in").text
    asked = begun(browser)
    assert (asked["response_type"], asked["client_id"], asked["redirect_uri"]) == ("code", CLIENT, BACK)
    assert (asked["scope"], asked["code_challenge_method"], asked["tenant"]) == ("openid", "S256", "1")
    answer = back(browser, provider.grant(asked, roles=["staff"], agent_id=trusting.agents["own"]), asked["state"])
    assert answer.status_code == 200
    assert answer.headers["refresh"] == "0;url=/portal"
    session = next(one for one in answer.headers.get_list("set-cookie") if one.startswith("respite_session="))
    assert {"HttpOnly", "SameSite=Strict", "Secure"} <= set(session.split("; "))
    assert trusting.agents["own"] in browser.get("/portal/me").text
    entry = next(one for one in reversed(trusting.log()) if one.what == "GET /portal/sign-in/back")
    assert entry.status == 200
    assert entry.who.startswith("agent P-")


def test_a_manager_whom_the_provider_names_finds_their_own_offers_alone(trusting: Any, provider: Provider) -> None:
    number = trusting.offer("own", "M-1")
    for manager, status in (("M-1", 200), ("M-2", 404), (None, 200)):
        browser = trusting.browser("10.9.0.9")
        asked = begun(browser)
        claims = {"roles": ["leads"], "teams": [trusting.teams["own"]]} | ({"manager_id": manager} if manager else {})
        back(browser, provider.grant(asked, **claims), asked["state"])
        assert browser.get(f"/portal/offers/{number}").status_code == status


def test_an_answer_is_taken_once(trusting: Any, provider: Provider) -> None:
    browser = trusting.browser("10.9.0.2")
    asked = begun(browser)
    code = provider.grant(asked, roles=["staff"], agent_id="A1")
    assert back(browser, code, asked["state"]).status_code == 200
    assert back(browser, code, asked["state"]).status_code == 403


@pytest.mark.parametrize("state", ["", "x", "other"])
def test_an_answer_to_another_question_is_refused(state: str, trusting: Any, provider: Provider) -> None:
    browser, other = trusting.browser("10.9.0.3"), trusting.browser("10.9.0.4")
    asked = begun(browser)
    wrong = begun(other)["state"] if state == "other" else state
    answer = back(browser, provider.grant(asked, roles=["staff"], agent_id="A1"), wrong)
    assert answer.status_code == 403
    assert "belongs to no sign-in of this browser" in answer.text


@pytest.mark.parametrize(
    "claims",
    [{"nonce": "another"}, {"exp": 1_000}, {"aud": "payroll"}, {"iss": "https://other.example"}, {"roles": ["chief"]},
     {"roles": ["staff"], "agent_id": None}],
    ids=["nonce", "expired", "audience", "issuer", "role", "nobody"],
)  # fmt: skip
def test_a_token_that_is_not_for_this_sign_in_opens_nothing(
    claims: dict[str, Any], trusting: Any, provider: Provider
) -> None:
    browser = trusting.browser("10.9.0.5")
    asked = begun(browser)
    given = {"roles": ["staff"], "agent_id": "A1"} | claims
    answer = back(browser, provider.grant(asked, **given), asked["state"])
    assert answer.status_code == 401
    assert "no role in Respite goes with your account" in answer.text
    assert browser.get("/portal/me").status_code == 303


def test_a_code_that_another_browser_asked_for_is_not_redeemed(trusting: Any, provider: Provider) -> None:
    browser, other = trusting.browser("10.9.0.6"), trusting.browser("10.9.0.7")
    stolen = provider.grant(begun(other), roles=["staff"], agent_id="A1")
    assert back(browser, stolen, begun(browser)["state"]).status_code == 401


def test_who_says_no_there_is_told_so_here(trusting: Any) -> None:
    browser = trusting.browser("10.9.0.8")
    asked = begun(browser)
    answer = browser.get(f"/portal/sign-in/back?error=access_denied&state={asked['state']}")
    assert answer.status_code == 401
    assert "did not let you in" in answer.text


@pytest.mark.parametrize(
    ("status", "body", "expected"),
    [(500, b"{}", 503), (302, b"{}", 401), (200, b"no json", 401), (200, b"[]", 401), (200, b'{"id_token": 7}', 401)],
)
def test_a_provider_that_answers_nonsense_opens_nothing(
    status: int, body: bytes, expected: int, trusting: Any, provider: Provider
) -> None:
    browser = trusting.browser("10.9.0.9")
    asked = begun(browser)
    provider.status, provider.body = status, body
    assert back(browser, "c1", asked["state"]).status_code == expected


def test_a_provider_that_is_away_is_asked_again_later(portal: Any, tmp_path: Path, provider: Provider) -> None:
    keys, away = tmp_path / "keys.json", "http://127.0.0.1:9/"
    keys.write_bytes(provider.jwks())
    sign_in = SignInSettings(authorize=away, token=away, client_id=CLIENT, back=BACK)
    settings = OidcSettings(issuer=away, audience="respite", jwks=str(keys), roles={"staff": "agent"}, sign_in=sign_in)
    desk = dataclasses.replace(Desk.of(portal.home), provider=IdentityProvider(settings))
    app = Gate(Starlette(routes=portal_routes(lambda: desk)), lambda: desk, doors=(PortalDoor, ApiDoor))
    browser = dataclasses.replace(portal, app=app, kept={}).browser("10.9.0.10")
    answer = back(browser, "c1", begun(browser)["state"])
    desk.close()
    assert answer.status_code == 503
    assert answer.headers["retry-after"]
    assert "identity provider does not answer" in answer.text


def test_a_program_of_the_provider_signs_in_nowhere(trusting: Any, provider: Provider) -> None:
    browser = trusting.browser("10.9.0.11")
    asked = begun(browser)
    assert back(browser, provider.grant(asked, roles=["it"]), asked["state"]).status_code == 403
    assert browser.get("/portal").status_code == 303


def test_without_a_provider_there_is_no_way_to_one(portal: Any) -> None:
    browser = portal.browser("10.9.0.12")
    assert "/portal/sign-in/provider" not in browser.get("/portal/sign-in").text
    assert browser.get("/portal/sign-in/provider").status_code == 404
    assert browser.get("/portal/sign-in/back?code=c&state=s").status_code == 404


@pytest.mark.parametrize(
    ("field", "value"),
    [("authorize", "http://login.example.org/a"), ("token", "file:///etc/passwd"), ("token", "http://127.0.0.1.evil/"),
     ("back", "https://respite.example/elsewhere"), ("scope", "profile"), ("client_id", "")],
)  # fmt: skip
def test_an_address_that_is_not_safe_is_refused_at_the_start(field: str, value: str) -> None:
    given = {"authorize": "https://l.example/a", "token": "https://l.example/t", "client_id": CLIENT, "back": BACK}
    with pytest.raises(ValidationError, match=field):
        SignInSettings.model_validate(given | {field: value})
