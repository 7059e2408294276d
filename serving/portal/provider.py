"""Signing in with the identity provider: to it, and back from it."""

from datetime import UTC, datetime

from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from features.errors import AccessError
from serving.access.code_flow import Begun, address, redeem
from serving.access.oidc import IdentityProvider
from serving.api.desk import Desk
from serving.api.problems import Refusal
from serving.portal.browser import PROVIDER, SESSION, cookie, cookies_of, headers_of, words_for
from serving.portal.limits import Tries
from serving.portal.sign_in import sign_in_page, welcome
from serving.portal.visit import rendered
from serving.settings import SignInSettings

__all__ = ["from_provider", "to_provider"]

_PATH = "/portal/sign-in"
_NOT_HERE = "Nobody set up a sign-in with an identity provider here; sign in with a token."
_NOT_ASKED = (
    "This answer of the identity provider belongs to no sign-in of this browser; begin again on the sign-in page."
)


def to_provider(desk: Desk, request: Request) -> Response:
    """Send the browser to the provider; what was asked stays in a cookie, which its answer has to fit."""
    headers, begun = dict(request.scope["headers"]), Begun.new()
    response = RedirectResponse(address(_set_up(desk)[1], begun), 303, headers=headers_of(""))
    # lax: the provider's answer comes from another site
    kept = cookie(headers, PROVIDER, begun.text, _PATH, "Lax")
    response.headers.append("set-cookie", f"{kept}; Max-Age=600")
    return response


def from_provider(desk: Desk, tries: Tries, request: Request) -> Response:
    """Begin a session for whom the provider vouches.

    Raises
    ------
    AccessError
        The role opens no page.
    ConnectionError
        The provider does not answer.
    Refusal
        There is no provider, the answer belongs to no question of this browser, or too many were wrong.
    """
    provider, settings = _set_up(desk)
    headers, given = dict(request.scope["headers"]), request.query_params
    kept, address_ = cookies_of(headers), request.client.host if request.client else ""
    tries.refuse(address_)
    begun = Begun.of(kept.get(PROVIDER, ""))
    if begun is None or not begun.answers(given.get("state", "")):
        tries.wrong(address_)
        raise Refusal(403, _NOT_ASKED)
    try:
        if "code" not in given:
            return _asked_once(_refused(desk, request, "not_let_in"), headers)
        token = redeem(settings, given["code"], begun)
        who, ends = provider.check_id_token(token, settings.client_id, begun.nonce)
    except AccessError:
        tries.wrong(address_)
        return _asked_once(_refused(desk, request, "no_role"), headers)
    session = desk.sessions.open_for(who, datetime.fromtimestamp(ends, UTC), datetime.now(UTC))
    welcome(desk, who, session, kept)
    words = words_for(request.scope, headers)
    page = rendered("signed_in.html", words, header="", notice="")
    # a page and no redirect: a cookie that no other site sends along is not sent on a way that began at another site
    response = HTMLResponse(page, headers=headers_of(page) | {"Refresh": "0;url=/portal"})
    response.headers.append("set-cookie", cookie(headers, SESSION, session))
    return _asked_once(response, headers)


def _set_up(desk: Desk) -> tuple[IdentityProvider, SignInSettings]:
    settings = desk.provider.settings.sign_in if desk.provider else None
    if desk.provider is None or settings is None:
        raise Refusal(404, _NOT_HERE)
    return desk.provider, settings


def _refused(desk: Desk, request: Request, why: str) -> Response:
    words = words_for(request.scope, dict(request.scope["headers"]))
    return sign_in_page(desk, request, 401, words(f"sign_in.{why}"))


def _asked_once(response: Response, headers: dict[bytes, bytes]) -> Response:
    """Nothing is answered twice."""
    response.headers.append("set-cookie", cookie(headers, PROVIDER, "", _PATH, "Lax"))
    return response
