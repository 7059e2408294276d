"""Signing in with a token, or with one of the identity provider; signing out."""

import secrets
from datetime import UTC, datetime

import jwt
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from features.errors import AccessError
from serving.access import Principal
from serving.access.oidc import is_jwt
from serving.access.sessions import proof_of, proves
from serving.api.asked import asked
from serving.api.desk import Desk
from serving.api.problems import Refusal
from serving.portal.browser import LANGUAGE, SESSION, VISIT, cookie, cookies_of, headers_of, language_asked, words_for
from serving.portal.limits import Tries
from serving.portal.visit import rendered
from serving.portal.words import LANGUAGES

__all__ = ["sign_in", "sign_in_page", "sign_out", "welcome"]

_FORGED = "This form is not from a page that was given to you; open the page again and send it from there."


def sign_in_page(desk: Desk, request: Request, status: int = 200, error: str = "") -> Response:
    """The form, with a proof bound to a cookie of this visit."""
    headers = dict(request.scope["headers"])
    kept, words = cookies_of(headers), words_for(request.scope, headers)
    visit = kept.get(VISIT) or secrets.token_urlsafe(16)
    said = request.query_params.get("said", "")
    notice = words.either("said", said) if words.has(f"said.{said}") else ""
    page = rendered(
        "sign_in.html", words, header="", notice=notice, error=error, proof=proof_of(visit),
        provider=desk.provider is not None, leads_there=desk.provider is not None and desk.provider.leads_there,
        languages=LANGUAGES,
    )  # fmt: skip
    response = HTMLResponse(page, status, headers=headers_of(page))
    if VISIT not in kept:
        response.headers.append("set-cookie", cookie(headers, VISIT, visit))
    if language_asked(request.scope):
        response.headers.append("set-cookie", cookie(headers, LANGUAGE, words.language))
    return response


def sign_in(desk: Desk, tries: Tries, request: Request, form: dict[str, str]) -> Response:
    """Begin a session; the former one of this browser ends.

    Raises
    ------
    AccessError
        The token's role, or the token itself, opens no page.
    Refusal
        The form is not of this browser, or too many wrong tokens came from its address.
    """
    headers = dict(request.scope["headers"])
    kept, address = cookies_of(headers), request.client.host if request.client else ""
    if not proves(kept.get(VISIT, ""), form.get("proof", "")):
        raise Refusal(403, _FORGED)
    tries.refuse(address)
    try:
        session, who = _begun(desk, form.get("token", "").strip())
    except AccessError:
        tries.wrong(address)
        return sign_in_page(desk, request, 401, words_for(request.scope, headers)("sign_in.wrong"))
    welcome(desk, who, session, kept)
    response = RedirectResponse("/portal", 303, headers=headers_of(""))
    response.headers.append("set-cookie", cookie(headers, SESSION, session))
    return response


def welcome(desk: Desk, who: Principal, session: str, kept: dict[str, str]) -> None:
    """Keep a session that was begun, in place of the former one of this browser.

    Raises
    ------
    AccessError
        The role opens no page; the session has ended.
    """
    asked().who = who
    try:
        desk.scoring.policy.refuse_operation(who, "portal")
    except AccessError:
        desk.sessions.close(session)
        raise
    if SESSION in kept:
        desk.sessions.close(kept[SESSION])


def sign_out(desk: Desk, request: Request, form: dict[str, str]) -> Response:
    """End the session, in the store and in the browser."""
    headers = dict(request.scope["headers"])
    session = cookies_of(headers).get(SESSION, "")
    if not proves(session, form.get("proof", "")):
        raise Refusal(403, _FORGED)
    desk.sessions.close(session)
    response = RedirectResponse("/portal/sign-in?said=signed_out", 303, headers=headers_of(""))
    response.headers.append("set-cookie", cookie(headers, SESSION, ""))
    return response


def _begun(desk: Desk, token: str) -> tuple[str, Principal]:
    now = datetime.now(UTC)
    if desk.provider is None or not is_jwt(f"Bearer {token}"):
        return desk.sessions.open(token, now)
    who = desk.provider.check(f"Bearer {token}")
    ends = jwt.decode(token, options={"verify_signature": False})["exp"]  # the line above verified it
    return desk.sessions.open_for(who, datetime.fromtimestamp(ends, UTC), now), who
