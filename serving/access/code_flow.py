"""Signing in with an identity provider: the authorization-code flow of OpenID Connect, with PKCE, state and nonce.

The browser is sent to the provider and comes back with a code, which this process exchanges for an id token. `state`
says that the answer belongs to a question of this browser, `nonce` that the token does, and the verifier that whoever
redeems the code is who asked for it. Source: RFC 7636 (PKCE), RFC 9700 (best current practice for OAuth 2.0).
"""

import base64
import hashlib
import hmac
import json
import os
import secrets
from typing import TYPE_CHECKING, Any, NamedTuple, Self
from urllib.error import HTTPError, URLError
from urllib.parse import quote, urlencode
from urllib.request import HTTPRedirectHandler, Request, build_opener

from features.errors import AccessError
from serving.access.tokens import REFUSED

if TYPE_CHECKING:
    from serving.settings import SignInSettings

__all__ = ["SECRET_VARIABLE", "Begun", "address", "redeem"]

SECRET_VARIABLE = "RESPITE_OIDC_SECRET"  # noqa: S105 - the name of a variable
_TIMEOUT_S, _MOST_BYTES = 5, 100_000


class Begun(NamedTuple):
    """What a browser keeps while its user is with the provider."""

    state: str
    nonce: str
    verifier: str

    @classmethod
    def new(cls) -> Self:
        return cls(*(secrets.token_urlsafe(32) for _ in cls._fields))

    @classmethod
    def of(cls, kept: str) -> Self | None:
        """From a cookie; None where it holds something else."""
        parts = kept.split(".")
        return cls(*parts) if len(parts) == len(cls._fields) and all(parts) else None

    @property
    def text(self) -> str:
        return ".".join(self)

    def answers(self, state: str) -> bool:
        """Whether an answer belongs to this question."""
        return hmac.compare_digest(self.state.encode(), state.encode())


def address(settings: "SignInSettings", begun: Begun) -> str:
    """Where the browser is sent to."""
    digest = hashlib.sha256(begun.verifier.encode()).digest()
    asked = {
        "response_type": "code", "client_id": settings.client_id, "redirect_uri": settings.back,
        "scope": settings.scope, "state": begun.state, "nonce": begun.nonce, "code_challenge_method": "S256",
        "code_challenge": base64.urlsafe_b64encode(digest).rstrip(b"=").decode(),
    }  # fmt: skip
    return f"{settings.authorize}{'&' if '?' in settings.authorize else '?'}{urlencode(asked)}"


def redeem(settings: "SignInSettings", code: str, begun: Begun) -> str:
    """The id token for a code; the caller checks it.

    Raises
    ------
    AccessError
        The provider does not take the code.
    ConnectionError
        The provider does not answer.
    """
    sent = {"grant_type": "authorization_code", "code": code, "redirect_uri": settings.back,
            "client_id": settings.client_id, "code_verifier": begun.verifier}  # fmt: skip
    headers = {"Accept": "application/json"}
    secret = os.environ.get(SECRET_VARIABLE)
    if secret:
        pair = f"{quote(settings.client_id, safe='')}:{quote(secret, safe='')}"
        headers["Authorization"] = f"Basic {base64.b64encode(pair.encode()).decode()}"
    request = Request(settings.token, urlencode(sent).encode(), headers)  # noqa: S310 - https, by the settings
    try:
        with build_opener(_NoRedirect).open(request, timeout=_TIMEOUT_S) as answer:
            found: Any = json.loads(answer.read(_MOST_BYTES))
        return str(found["id_token"])
    except HTTPError as error:
        error.close()
        if error.code < 500:
            raise AccessError(REFUSED) from None
        raise ConnectionError("The identity provider does not answer; ask again.") from None
    except (URLError, TimeoutError, ConnectionError):
        raise ConnectionError("The identity provider does not answer; ask again.") from None
    except (ValueError, KeyError, TypeError):
        raise AccessError(REFUSED) from None


class _NoRedirect(HTTPRedirectHandler):
    """A code and a secret go to the address that is configured, and to no other."""

    def redirect_request(self, *_: Any, **__: Any) -> None:
        return None
