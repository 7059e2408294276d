"""The BentoML service: thin. What may be answered is decided in `serving.scoring`, who may ask in `serving.access`."""

import json
from datetime import UTC, datetime
from typing import Any

import bentoml
from bentoml.exceptions import BentoMLException, InvalidArgument, NotFound, ServiceUnavailable

from features.errors import AccessError, InputError, NotReadyError, RespiteError
from features.home import Home
from serving.access import check, note
from serving.schemas import RowsRequest, RowsResponse, ScoresRequest, ScoresResponse
from serving.scoring import Scoring, UnknownAgentError
from serving.store import Store

__all__ = ["RespiteScores", "TokenGate"]

# the page that documents the API and the probes hold nothing about anyone
OPEN_PATHS = ("/", "/docs.json", "/healthz", "/livez", "/readyz")
OPEN_PREFIX = "/static_content/"


class TokenGate:
    """ASGI middleware: no token, no data; and every request that passes is written down with its end."""

    def __init__(self, app: Any) -> None:
        self.app, self.store = app, Store(Home.find())

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] != "http" or _is_open(scope["path"]):
            await self.app(scope, receive, send)
            return
        given = dict(scope["headers"]).get(b"authorization", b"").decode("latin-1")
        what = f"{scope['method']} {scope['path']}"
        try:
            who = check(self.store, given, _now())
        except AccessError as error:
            note(self.store, "nobody", what, 401, _now())
            await _refuse(send, str(error))
            return
        status = 500

        async def watch(message: Any) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                note(self.store, who, what, status, _now())
            await send(message)

        await self.app(scope, receive, watch)


@bentoml.service(
    name="respite_scores", traffic={"timeout": 30}, http={"cors": {"enabled": False}}, metrics={"enabled": True}
)
class RespiteScores:
    """Scores of agents with reasons, for offers of support. Send a bearer token with every request.

    Not for discipline, pay, promotion or termination.
    """

    def __init__(self) -> None:
        self.scoring = Scoring(Home.find())

    @bentoml.api(route="/v1/scores")
    def scores(self, request: ScoresRequest) -> ScoresResponse:
        """Scores of some agents from the last batch, with reasons in words."""
        return _answer(self.scoring.scores, request)

    @bentoml.api(route="/v1/score_rows")
    def score_rows(self, request: RowsRequest) -> RowsResponse:
        """Score rows of features; nothing is kept."""
        return _answer(self.scoring.score_rows, request)


RespiteScores.add_asgi_middleware(TokenGate)


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
    if isinstance(error, NotReadyError):
        return ServiceUnavailable(str(error))
    return BentoMLException(str(error))


def _is_open(path: str) -> bool:
    return path in OPEN_PATHS or path.startswith(OPEN_PREFIX)


async def _refuse(send: Any, why: str) -> None:
    headers = [(b"content-type", b"application/json"), (b"www-authenticate", b"Bearer")]
    await send({"type": "http.response.start", "status": 401, "headers": headers})
    await send({"type": "http.response.body", "body": json.dumps({"error": why}).encode()})


def _now() -> datetime:
    return datetime.now(UTC)
