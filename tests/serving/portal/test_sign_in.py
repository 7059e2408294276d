"""Signing in and out: who gets in, for how long, and what a form must carry."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from serving import Store
from serving.access import Principal, revoke
from serving.access.sessions import proof_of
from serving.access.tables import SessionRow
from serving.consent import turn
from serving.portal.browser import SESSION

pytestmark = pytest.mark.service
NOW = datetime.now(UTC)


def sessions(portal: Any) -> list[SessionRow]:
    store = Store(portal.home)
    with store.session() as session:
        found = list(session.query(SessionRow))
    store.close()
    return found


def changed(portal: Any, browser: Any, **values: Any) -> None:
    """Change the session of a browser in the store."""
    from serving.access.tokens import hash_of

    store = Store(portal.home)
    with store.writing() as session:
        row = session.get_one(SessionRow, hash_of(browser.client.cookies[SESSION]))
        for name, value in values.items():
            setattr(row, name, value)
    store.close()


def signed_in(portal: Any, role: str = "hr", address: str = "10.9.0.1") -> Any:
    browser = portal.browser(address)
    assert browser.sign_in(portal.tokens[role]).status_code == 303
    assert browser.get("/portal").status_code == 200
    return browser


def test_a_token_opens_a_session_whose_id_no_script_and_no_other_site_gets(portal: Any) -> None:
    browser = portal.browser()
    answer = browser.sign_in(portal.tokens["hr"])
    (cookie,) = [line for line in answer.headers.get_list("set-cookie") if line.startswith(SESSION)]
    assert answer.headers["location"] == "/portal"
    assert {"Path=/portal", "HttpOnly", "SameSite=Strict", "Secure"} <= set(cookie.split("; "))
    assert browser.client.cookies[SESSION] not in {row.sha256 for row in sessions(portal)}
    assert portal.tokens["hr"] not in answer.text


def test_a_cookie_is_not_secure_on_this_machine_alone(portal: Any) -> None:
    for host, secure in (("127.0.0.1:3000", False), ("localhost", False), ("127.0.0.1.example", True)):
        answer = portal.browser().client.get("/portal/sign-in", headers={"Host": host})
        assert ("Secure" in answer.headers["set-cookie"]) is secure


@pytest.mark.parametrize("token", ["", "respite_nothing", "Bearer x", "a.b.c", "\N{PILE OF POO}" * 100])
def test_a_wrong_token_opens_nothing_and_is_in_the_log_as_nobody(token: str, portal: Any) -> None:
    answer = portal.browser(f"10.3.0.{len(token) % 250}").sign_in(token)
    assert answer.status_code == 401
    assert "opens nothing" in answer.text
    assert SESSION not in answer.headers.get("set-cookie", "")
    last = portal.log()[-1]
    assert (last.who, last.what, last.status) == ("nobody", "POST /portal/sign-in", 401)


def test_wrong_tokens_of_one_address_are_slowed_and_another_address_is_not(portal: Any) -> None:
    browser = portal.browser("10.4.0.1")
    found = [browser.sign_in(f"respite_{n}").status_code for n in range(7)]
    assert found == [401] * 5 + [429] * 2
    answer = browser.sign_in(portal.tokens["hr"])
    assert answer.status_code == 429
    assert answer.headers["retry-after"] == "60"
    assert portal.browser("10.4.0.2").sign_in(portal.tokens["hr"]).status_code == 303


def test_who_is_not_signed_in_is_led_to_the_form(portal: Any) -> None:
    for path in ("/portal", "/portal/people", "/portal/nothing"):
        answer = portal.browser().get(path)
        assert (answer.status_code, answer.headers["location"]) == (303, "/portal/sign-in")
        assert portal.log()[-1].status == 401


def test_a_program_signs_in_nowhere(portal: Any) -> None:
    answer = portal.browser().sign_in(portal.tokens["service"])
    assert answer.status_code == 403
    assert "may not ask for portal" in answer.text


@pytest.mark.parametrize(
    "values",
    [
        {"ends_at": (NOW - timedelta(seconds=1)).replace(tzinfo=None)},
        {"seen_at": (NOW - timedelta(minutes=31)).replace(tzinfo=None)},
    ],
)
def test_a_session_ends_after_its_hours_and_when_nobody_asks(values: Any, portal: Any) -> None:
    browser = signed_in(portal)
    changed(portal, browser, **values)
    answer = browser.get("/portal")
    assert (answer.status_code, answer.headers["location"]) == (303, "/portal/sign-in?said=ended")
    assert browser.get("/portal/sign-in?said=ended").text.count("Your session has ended") == 1


def test_whoever_asks_now_and_then_stays(portal: Any) -> None:
    browser = signed_in(portal)
    before = (datetime.now(UTC) - timedelta(minutes=20)).replace(tzinfo=None)
    changed(portal, browser, seen_at=before)
    assert browser.get("/portal").status_code == 200
    assert max(row.seen_at for row in sessions(portal)) > before


def test_a_revoked_token_ends_its_sessions(portal: Any) -> None:
    token = portal.token(Principal("leaver", "hr"))
    browser = portal.browser("10.5.0.1")
    browser.sign_in(token)
    assert browser.get("/portal").status_code == 200
    store = Store(portal.home)
    revoke(store, "leaver")
    store.close()
    assert browser.get("/portal").status_code == 303
    assert browser.sign_in(token).status_code == 401


def test_signing_out_ends_the_session_for_whoever_kept_its_id(portal: Any) -> None:
    browser = signed_in(portal)
    kept = browser.client.cookies[SESSION]
    assert browser.post("/portal/sign-out").headers["location"] == "/portal/sign-in?said=signed_out"
    browser.client.cookies.set(SESSION, kept, domain="respite.example", path="/portal")
    assert browser.get("/portal").status_code == 303


def test_signing_in_again_ends_the_former_session(portal: Any) -> None:
    browser = signed_in(portal)
    kept = browser.client.cookies[SESSION]
    browser.sign_in(portal.tokens["auditor"])
    assert browser.client.cookies[SESSION] != kept
    other = portal.browser()
    other.client.cookies.set(SESSION, kept, domain="respite.example", path="/portal")
    assert other.get("/portal").status_code == 303


FORMS = [
    ("/portal/sign-out", {}),
    ("/portal/plan", {"week": "2026-05-25", "capacity": "1"}),
    ("/portal/offers/1", {"state": "accepted"}),
    ("/portal/feedback/1", {"said": "yes"}),
]


@pytest.mark.parametrize(("path", "form"), FORMS)
@pytest.mark.parametrize("proof", ["", "0" * 64, "another", "\N{PILE OF POO}"])
def test_a_form_without_the_proof_of_its_session_changes_nothing(path: str, form: Any, proof: str, portal: Any) -> None:
    browser, other = portal.role("hr"), portal.role("auditor")
    given = proof_of(other.client.cookies[SESSION]) if proof == "another" else proof
    answer = browser.post(path, proof=given, **form)
    assert answer.status_code == 403
    assert "form is not from a page" in answer.text
    assert browser.get("/portal").status_code == 200


def test_signing_in_takes_a_form_that_was_given_to_this_browser(portal: Any) -> None:
    browser = portal.browser()
    assert browser.post("/portal/sign-in", proof="0" * 64, token=portal.tokens["hr"]).status_code == 403
    browser.get("/portal/sign-in")
    stolen = browser.proof
    assert portal.browser().post("/portal/sign-in", proof=stolen, token=portal.tokens["hr"]).status_code == 403


def test_every_page_can_only_be_read(portal: Any) -> None:
    for browser, path in ((portal.browser(), "/portal/sign-in"), (portal.role("hr"), "/portal/organization")):
        headers = browser.get(path).headers
        policy = headers["content-security-policy"]
        assert policy.startswith("default-src 'none'; style-src 'self'")
        assert "script" not in policy
        assert "form-action 'self'; frame-ancestors 'none'; base-uri 'none'" in policy
        assert headers["cache-control"] == "no-store"
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["referrer-policy"] == "same-origin"


def test_a_body_is_a_small_form(portal: Any) -> None:
    browser = portal.role("agent")
    answer = browser.client.post("/portal/feedback", json={"said": "x"}, follow_redirects=False)
    assert answer.status_code == 415
    assert browser.post("/portal/feedback", said="x" * 20_000, kind="contest").status_code == 413


def test_a_stopped_respite_says_who_stopped_it_and_lets_sign_out(portal: Any) -> None:
    browser, store = signed_in(portal), Store(portal.home)
    turn(store, True, "a wrong model", "the works council", NOW)
    try:
        answer = browser.get("/portal/people")
        assert answer.status_code == 503
        assert answer.headers["retry-after"]
        assert "stopped by the works council" in answer.text
        assert "stopped by the works council" in browser.get("/portal").text
        assert browser.post("/portal/sign-out").status_code == 303
    finally:
        turn(store, False, "found", "the works council", NOW)
        store.close()


def test_where_the_log_takes_no_entry_there_is_no_page(portal: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    from sqlalchemy.exc import OperationalError

    def broken(*_: Any, **__: Any) -> int:
        raise OperationalError("INSERT", {}, Exception("disk full"))

    monkeypatch.setattr("serving.api.journal.append_all", broken)
    answer = portal.role("hr").get("/portal/people")
    assert answer.status_code == 503
    assert portal.agents["own"] not in answer.text
