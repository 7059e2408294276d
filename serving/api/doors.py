"""How requests of one kind come, and in which shape refusals leave; everything between is the gate's."""

from datetime import datetime
from typing import Any, Protocol
from urllib.parse import parse_qs

from sqlalchemy import Connection

from serving.access import Principal, check
from serving.access.oidc import is_jwt
from serving.api.asked import Asked
from serving.api.desk import Desk
from serving.api.operations import OPEN, OPEN_PREFIX, PURPOSE_HEADER, PURPOSE_QUERY, Question, question_of
from serving.api.problems import PROBLEM, problem

__all__ = ["ApiDoor", "Door"]


class Door(Protocol):
    """One way into the service.

    `bodies` is the media type of its requests' bodies, which have at most `largest` bytes; `refusals` that of refusals
    which have their shape already.
    """

    bodies: bytes
    largest: int
    refusals: str
    no_such_path: str

    def takes(self, path: str) -> bool:
        """Whether this door is the path's."""
        ...

    def is_open(self, method: str, path: str) -> bool:
        """Whether it holds nothing about anyone, and is answered without a question."""
        ...

    def question(self, method: str, path: str) -> Question | None:
        """What a request asks."""
        ...

    def who(self, connection: Connection, headers: dict[bytes, bytes], now: datetime) -> Principal:
        """Who asks, or AccessError."""
        ...

    def purpose(self, scope: Any, headers: dict[bytes, bytes], who: Principal) -> str | None:
        """What for."""
        ...

    def refused(self, scope: Any, request: Asked, status: int, detail: str) -> tuple[int, dict[str, str], bytes]:
        """Status, headers and body of a refusal."""
        ...


class ApiDoor:
    """Requests with a bearer token and a purpose in a header; JSON, and problems as refusals."""

    bodies, refusals = b"application/json", PROBLEM
    no_such_path = "There is no such path; GET /docs.json lists those there are."

    def __init__(self, desk: Desk) -> None:
        self.provider, self.largest = desk.provider, desk.settings.service.max_body_bytes

    def takes(self, path: str) -> bool:
        return True

    def is_open(self, method: str, path: str) -> bool:
        return path in OPEN or path.startswith(OPEN_PREFIX)

    def question(self, method: str, path: str) -> Question | None:
        return question_of(method, path)

    def who(self, connection: Connection, headers: dict[bytes, bytes], now: datetime) -> Principal:
        given = headers.get(b"authorization", b"").decode("latin-1")
        if self.provider is not None and is_jwt(given):
            return self.provider.check(given)
        return check(connection, given, now)

    def purpose(self, scope: Any, headers: dict[bytes, bytes], who: Principal) -> str | None:
        """From the header, or from the address for clients that cannot set one, as some scrapers."""
        if PURPOSE_HEADER in headers:
            return headers[PURPOSE_HEADER].decode("latin-1").strip()
        found = parse_qs(scope.get("query_string", b"").decode("latin-1")).get(PURPOSE_QUERY)
        return found[0] if found else None

    def refused(self, scope: Any, request: Asked, status: int, detail: str) -> tuple[int, dict[str, str], bytes]:
        return status, *problem(status, detail)
