"""What a browser sends and is sent: cookies, forms, the language, and headers by which a page can only be read."""

import base64
import hashlib
import re
from functools import cache
from http.cookies import CookieError, SimpleCookie
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

import serving.reports
from serving.portal.words import LANGUAGES, Words, preferred, words_in

__all__ = ["LANGUAGE", "PROVIDER", "REPORTS_STYLE", "SESSION", "VISIT", "cookie", "cookies_of", "form_of", "headers_of",
           "is_here", "language_asked", "words_for"]  # fmt: skip

SESSION, VISIT, LANGUAGE = "respite_session", "respite_visit", "respite_language"
PROVIDER = "respite_provider"  # what was asked of the identity provider
_FIELDS = 20
_LOOPBACK = ("127.0.0.1", "localhost", "[::1]")
REPORTS_STYLE = Path(serving.reports.__file__).with_name("style.css")


def cookies_of(headers: dict[bytes, bytes]) -> dict[str, str]:
    """The cookies of a request."""
    try:
        found = SimpleCookie(headers.get(b"cookie", b"").decode("latin-1"))
    except CookieError:
        return {}
    return {name: morsel.value for name, morsel in found.items()}


def cookie(headers: dict[bytes, bytes], name: str, value: str, path: str = "/portal", same_site: str = "Strict") -> str:
    """A `Set-Cookie` that no script reads and no other site sends along; an empty value takes it away."""
    ended = "" if value else "; Max-Age=0"
    secure = "" if is_here(headers) else "; Secure"
    return f"{name}={value}; Path={path}; HttpOnly; SameSite={same_site}{secure}{ended}"


def is_here(headers: dict[bytes, bytes]) -> bool:
    """Whether the browser is on this machine, where there is no TLS."""
    host = headers.get(b"host", b"").decode("latin-1")
    return re.sub(r":\d+$", "", host) in _LOOPBACK


def form_of(body: bytes) -> dict[str, str]:
    """The fields of a form; of two with one name the last counts.

    Raises
    ------
    ValueError
        It has more fields than any form of the portal, or is no text.
    """
    return dict(parse_qsl(body.decode("utf-8"), keep_blank_values=True, max_num_fields=_FIELDS, errors="strict"))


def words_for(scope: Any, headers: dict[bytes, bytes]) -> Words:
    """The words of a request's language."""
    accepted = headers.get(b"accept-language", b"").decode("latin-1")
    return words_in(preferred(language_asked(scope), cookies_of(headers).get(LANGUAGE), accepted))


def language_asked(scope: Any) -> str | None:
    """The language that the address asks for, where it is one that is spoken here; it is kept in a cookie."""
    asked = dict(parse_qsl(scope.get("query_string", b"").decode("latin-1"))).get("lang")
    return asked if asked in LANGUAGES else None


def headers_of(page: str) -> dict[str, str]:
    """Headers of a page: it fetches its style from here and nothing else, sends forms here, and is kept nowhere.

    A page of the reports has their style within it, which is named by its hash, and charts whose parts have their own;
    those can fetch nothing either.
    """
    style = f"'self' '{_reports_hash()}'; style-src-attr 'unsafe-inline'" if "<style>" in page else "'self'"
    return {
        "Content-Security-Policy": f"default-src 'none'; style-src {style}; img-src data:; form-action 'self';"
        " frame-ancestors 'none'; base-uri 'none'",
        "Cache-Control": "no-store",
        "X-Content-Type-Options": "nosniff",
        "Referrer-Policy": "same-origin",
        "Cross-Origin-Opener-Policy": "same-origin",
        "X-Frame-Options": "DENY",
    }


@cache
def _reports_hash() -> str:
    """The hash of the reports' style: another one within a page is not obeyed."""
    digest = hashlib.sha256(REPORTS_STYLE.read_bytes()).digest()
    return f"sha256-{base64.b64encode(digest).decode()}"
