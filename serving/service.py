"""The BentoML service: thin. What may be answered is decided in `serving.scoring`, who may ask in `serving.access`."""

import json
from collections.abc import Callable
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Any, Self

import bentoml
from bentoml.exceptions import BentoMLException, InvalidArgument, NotFound
from pydantic import BaseModel, ValidationError

from features.errors import AccessError, InputError, RespiteError
from features.home import Home
from serving.access import check
from serving.audit import Event, append
from serving.schemas import RowsRequest, RowsResponse, ScoresRequest, ScoresResponse
from serving.scoring import Scoring, UnknownAgentError
from serving.store import Store

__all__ = ["RespiteScores", "TokenGate"]

# the page that documents the API and the probes hold nothing about anyone
OPEN_PATHS = ("/healthz", "/livez", "/readyz")
OPEN_PREFIX = "/static_content/"
_ABOUT = (
    "Scores of agents with reasons, for offers of support. Send a bearer token with every request."
    " Not for discipline, pay, promotion or termination."
)
# BentoML's own page asks a third party for a tracking frame; this one asks nobody
_DOCS_PAGE = """<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Respite API</title>
<link rel="stylesheet" href="./static_content/swagger-ui.css"></head><body><div id="swagger-ui"></div>
<script src="./static_content/swagger-ui-bundle.js"></script>
<script src="./static_content/swagger-ui-standalone-preset.js"></script>
<script src="./static_content/swagger-initializer.js"></script></body></html>"""


class TokenGate:
    """ASGI middleware: no token, no data; and every request that passes is written down with its end."""

    def __init__(self, app: Any) -> None:
        self.app, self.store = app, Store(Home.find())

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "http" and scope["path"] == "/":
            await _send(send, 200, b"text/html; charset=utf-8", _DOCS_PAGE.encode())
            return
        if scope["type"] == "http" and scope["path"] == "/docs.json":
            await _send(send, 200, b"application/json", json.dumps(_specification()).encode())
            return
        if scope["type"] != "http" or _is_open(scope["path"]):
            await self.app(scope, receive, send)
            return
        given = dict(scope["headers"]).get(b"authorization", b"").decode("latin-1")
        what = f"{scope['method']} {scope['path']}"
        try:
            who = check(self.store, given, _now())
        except AccessError as error:
            append(self.store, Event("nobody", what, 401), _now())
            await _refuse(send, str(error))
            return
        await self.app(
            scope, receive, _Answer(send, lambda status: append(self.store, Event(who, what, status), _now()))
        )


class _Answer:
    """Sends an answer on, once it is noted how it ended; a refusal always has the shape {"error": sentence}.

    BentoML wraps some of them into a list.
    """

    def __init__(self, send: Any, noted: Callable[[int], int]) -> None:
        self.send, self.noted = send, noted
        self.refusal: dict[str, Any] | None = None
        self.body = b""

    async def __call__(self, message: Any) -> None:
        if message["type"] == "http.response.start":
            self.noted(message["status"])
            if message["status"] >= HTTPStatus.BAD_REQUEST:
                self.refusal = message
                return
        if self.refusal is None:
            await self.send(message)
            return
        self.body += message.get("body", b"")
        if not message.get("more_body"):
            await _send(self.send, self.refusal["status"], b"application/json", _one_shape(self.body))


class _OneSentence(BaseModel):
    """A request that is refused in one sentence: place, what is valid, and the value."""

    @classmethod
    def model_validate_json(cls, json_data: str | bytes | bytearray, **options: Any) -> Self:
        try:
            return super().model_validate_json(json_data, **options)
        except ValidationError as error:
            first = error.errors(include_url=False)[0]
            place = ".".join(str(part) for part in first["loc"]) or "body"
            # not chained: the server's log would repeat the whole request
            raise InvalidArgument(f"{place}: {first['msg']}; got {str(first['input'])[:60]!r}.") from None


class ScoresIn(_OneSentence, ScoresRequest):
    """The body of /v1/scores."""


class RowsIn(_OneSentence, RowsRequest):
    """The body of /v1/score_rows."""


@bentoml.service(
    name="respite_scores", traffic={"timeout": 30}, http={"cors": {"enabled": False}}, metrics={"enabled": True}
)
class RespiteScores:
    """Scores of agents with reasons, for offers of support; a bearer token with every request."""

    def __init__(self) -> None:
        self.scoring = Scoring(Home.find())

    @bentoml.api(route="/v1/scores", input_spec=ScoresIn)
    def scores(self, **body: Any) -> ScoresResponse:
        """Scores of some agents from the last batch, with reasons in words."""
        answer: ScoresResponse = _answer(self.scoring.scores, ScoresRequest(**body))
        return answer

    @bentoml.api(route="/v1/score_rows", input_spec=RowsIn)
    def score_rows(self, **body: Any) -> RowsResponse:
        """Score rows of features; nothing is kept."""
        answer: RowsResponse = _answer(self.scoring.score_rows, RowsRequest(**body))
        return answer


RespiteScores.add_asgi_middleware(TokenGate)  # type: ignore[attr-defined] # the decorator made it a Service


def _specification() -> dict[str, Any]:
    """BentoML's OpenAPI document, with the token that every request needs, and without BentoML as the contact."""
    found: dict[str, Any] = RespiteScores.openapi_spec.asdict()  # type: ignore[attr-defined] # as above
    found["info"] = {"title": "Respite", "version": "v1", "description": _ABOUT}
    found["components"]["securitySchemes"] = {"token": {"type": "http", "scheme": "bearer"}}
    found["security"] = [{"token": []}]
    return found


def _answer(question: Any, request: Any) -> Any:
    """The answer, or Respite's refusal as the HTTP status that says the same."""
    try:
        return question(request)
    except RespiteError as error:
        raise _as_http(error) from error


def _as_http(error: RespiteError) -> BentoMLException:
    if isinstance(error, UnknownAgentError):
        return NotFound(str(error))
    if isinstance(error, InputError):
        return InvalidArgument(str(error))
    return _NotNow(str(error))


class _NotNow(BentoMLException):  # type: ignore[misc] # untyped
    """The question is right, but the store or the model cannot answer it now; BentoML hides what a 5xx says."""

    error_code = HTTPStatus.CONFLICT


def _is_open(path: str) -> bool:
    return path in OPEN_PATHS or path.startswith(OPEN_PREFIX)


def _one_shape(body: bytes) -> bytes:
    try:
        said = json.loads(body)
    except ValueError:
        said = body.decode("utf-8", "replace") or "refused"
    first = said[0] if isinstance(said, list) and said else said
    sentence = first.get("error", first) if isinstance(first, dict) else first
    return json.dumps({"error": sentence}).encode()


async def _refuse(send: Any, why: str) -> None:
    await _send(send, 401, b"application/json", json.dumps({"error": why}).encode(), (b"www-authenticate", b"Bearer"))


async def _send(send: Any, status: int, kind: bytes, body: bytes, *headers: tuple[bytes, bytes]) -> None:
    await send({"type": "http.response.start", "status": status, "headers": [(b"content-type", kind), *headers]})
    await send({"type": "http.response.body", "body": body})


def _now() -> datetime:
    return datetime.now(UTC)
