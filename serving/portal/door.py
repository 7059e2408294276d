"""The portal's door in the gate: a session in place of a token, the page's own purpose, pages as refusals."""

from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from serving.access import Principal
from serving.api.asked import Asked
from serving.api.desk import Desk
from serving.api.operations import Paths, Question
from serving.api.problems import RETRY_AFTER_S
from serving.portal.browser import LANGUAGE, SESSION, cookie, cookies_of, headers_of, language_asked, words_for
from serving.portal.pages import PAGES, page_of
from serving.portal.visit import Visit, rendered

__all__ = ["HTML", "PortalDoor"]

HTML = "text/html; charset=utf-8"
_OPEN = ("/portal/sign-in", "/portal/sign-in/provider", "/portal/style.css", "/portal/portal.css")
_SIGN_IN = "/portal/sign-in"


class PortalDoor:
    """Pages under /portal; forms as bodies, and pages with a sentence as refusals."""

    bodies, refusals = b"application/x-www-form-urlencoded", HTML
    no_such_path = "There is no such page."

    def __init__(self, desk: Desk) -> None:
        self.desk, self.largest = desk, desk.settings.portal.max_body_bytes
        self._paths = Paths({(page.method, page.path): page.operation for page in PAGES})

    def takes(self, path: str) -> bool:
        return path == "/portal" or path.startswith("/portal/")

    def is_open(self, method: str, path: str) -> bool:
        return method in ("GET", "HEAD") and path in _OPEN

    def question(self, method: str, path: str) -> Question | None:
        return self._paths.question(method, path)

    def who(self, connection: Connection, headers: dict[bytes, bytes], now: datetime) -> Principal:
        who = self.desk.sessions.who(connection, cookies_of(headers).get(SESSION), now)
        self.desk.scoring.policy.refuse_operation(who, "portal")
        return who

    def purpose(self, scope: Any, headers: dict[bytes, bytes], who: Principal) -> str | None:
        """What the page is for, in the first way that is the role's."""
        question = self.question(scope["method"], scope["path"])
        page = page_of(scope["method"], question.template) if question else None
        if page is None:
            return None
        role = self.desk.scoring.policy.of(who)
        fitting = next((one for one in page.purposes if one in role.purposes), None)
        if fitting is None and page.operation not in role.may:
            return role.purposes[0]  # the page is another role's; that says more than which purpose is missing
        return fitting or page.purposes[0]

    def refused(self, scope: Any, request: Asked, status: int, detail: str) -> tuple[int, dict[str, str], bytes]:
        """A page with the sentence; whoever is not signed in is led to where they can be."""
        headers = dict(scope["headers"])
        if status == 401:
            ended = "?said=ended" if SESSION in cookies_of(headers) else ""
            return 303, headers_of("") | {"location": _SIGN_IN + ended, "set-cookie": cookie(headers, SESSION, "")}, b""
        words, title = words_for(scope, headers), status if status in (400, 403, 404, 429, 503) else "other"
        navigation = ""
        if request.who is not None:
            session = cookies_of(headers).get(SESSION, "")
            navigation = Visit(self.desk, request.who, words, scope["path"], session).header()
        page = rendered("message.html", words, header=navigation, notice="", status=status, kind=title, detail=detail)
        more = {"retry-after": str(RETRY_AFTER_S if status == 503 else 60)} if status in (429, 503) else {}
        if language_asked(scope):
            more["set-cookie"] = cookie(headers, LANGUAGE, words.language)
        return status, {"content-type": HTML} | headers_of(page) | more, page.encode()
