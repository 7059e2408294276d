"""The BentoML service: thin. What may be answered is decided in `serving.scoring`, who is let in by `serving.api.gate`."""

from collections.abc import Callable
from functools import cache
from typing import Any, Self

import bentoml
from bentoml.exceptions import InvalidArgument
from pydantic import BaseModel, ValidationError
from starlette.responses import HTMLResponse, JSONResponse, Response

from features.home import Home
from serving.api.app import application
from serving.api.asked import asked
from serving.api.desk import Desk
from serving.api.document import PAGE, document
from serving.api.gate import Gate
from serving.api.logs import configure_logging
from serving.api.problems import one_sentence, problem, refusal_of
from serving.schemas import RowsRequest, RowsResponse, ScoresRequest, ScoresResponse
from serving.scoring import Answer

__all__ = ["RespiteScores", "desk"]


@cache
def desk() -> Desk:
    """The desk of this process; its home is `RESPITE_HOME`."""
    return Desk.of(Home.find())


class _OneSentence(BaseModel):
    """A request that is refused in one sentence: place, what is valid, and the value."""

    @classmethod
    def model_validate_json(cls, json_data: str | bytes | bytearray, **options: Any) -> Self:
        try:
            return super().model_validate_json(json_data, **options)
        except ValidationError as error:
            # not chained: the server's log would repeat the whole request
            raise InvalidArgument(one_sentence(error.errors(include_url=False)[0])) from None


class ScoresIn(_OneSentence, ScoresRequest):
    """The body of POST /v1/scores."""


class RowsIn(_OneSentence, RowsRequest):
    """The body of POST /v1/score_rows."""


APPLICATION = application(desk)


@APPLICATION.get("/", include_in_schema=False)
def index() -> HTMLResponse:
    """The page that documents the API."""
    return HTMLResponse(PAGE)


@APPLICATION.get("/docs.json", include_in_schema=False)
def specification() -> JSONResponse:
    """The OpenAPI document."""
    bento = RespiteScores.openapi_spec.asdict()  # type: ignore[attr-defined] # the decorator made it a Service
    return JSONResponse(document(APPLICATION, bento, desk().scoring.policy))


@bentoml.service(
    name="respite_scores",
    traffic={"timeout": 30},
    http={"cors": {"enabled": False}},
    metrics={"enabled": True},
    logging={"access": {"enabled": False}},  # it would write ids down; the gate keeps a log of its own
    threads=40,
)
@bentoml.asgi_app(APPLICATION, path="/")
class RespiteScores:
    """Scores of agents with reasons, for offers of support; a bearer token and a purpose with every request."""

    def __init__(self) -> None:
        configure_logging()
        self.desk = desk()
        self.desk.load()

    @bentoml.api(route="/v1/scores", input_spec=ScoresIn, output_spec=ScoresResponse)
    def scores(self, **body: Any) -> Response:
        """Scores of some agents from the last batch, with reasons in words."""
        return _answered(lambda: self.desk.scoring.some(_who(), ScoresRequest(**body)))

    @bentoml.api(route="/v1/score_rows", input_spec=RowsIn, output_spec=RowsResponse)
    def score_rows(self, **body: Any) -> Response:
        """Score rows of features; nothing is kept."""
        return _answered(lambda: self.desk.online.score_rows(RowsRequest(**body)))

    @bentoml.on_shutdown
    def close(self) -> None:
        self.desk.close()


RespiteScores.add_asgi_middleware(Gate, desk=desk)  # type: ignore[attr-defined] # as above


def _who() -> Any:
    return asked().who


def _answered(question: Callable[[], Answer]) -> Response:
    """The answer, or Respite's refusal as a problem; a fault goes on."""
    try:
        return JSONResponse(asked().answered(question()))
    except Exception as error:
        refusal = refusal_of(error)
        if refusal is None:
            raise
        headers, body = problem(refusal.status, refusal.detail)
        return Response(body, refusal.status, headers)
