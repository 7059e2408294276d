"""The BentoML service: thin. What may be answered is decided in `serving.scoring`, who may ask in `serving.access`."""

import gc
from functools import cache
from typing import Any, Self

import bentoml
from bentoml.exceptions import InvalidArgument
from pydantic import BaseModel, ValidationError
from starlette.responses import Response

from features.errors import NotReadyError
from features.home import Home
from serving.api.app import application, responded
from serving.api.asked import known
from serving.api.desk import Desk
from serving.api.document import document
from serving.api.doors import ApiDoor
from serving.api.gate import Gate
from serving.api.logs import configure_logging, write_line
from serving.api.problems import one_sentence
from serving.portal.app import portal
from serving.portal.door import PortalDoor
from serving.schemas import RowsRequest, RowsResponse, ScoresRequest, ScoresResponse
from serving.settings import load_settings

__all__ = ["APPLICATION", "SETTINGS", "RespiteScores", "desk"]


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


class RowsIn(_OneSentence, RowsRequest):
    """The body of POST /v1/score_rows."""


_SERVICE = load_settings(Home.find()).service
SETTINGS: dict[str, Any] = {
    "name": "respite_scores",
    "workers": _SERVICE.workers,
    "traffic": {"timeout": _SERVICE.timeout_s},
    "threads": 8,
    "http": {"cors": {"enabled": False}},
    "metrics": {"enabled": False},  # they name every path as it was asked; the gate counts without ids
    "tracing": {
        "excluded_urls": ["/v1/"]
    },  # a trace would carry addresses with ids; and takes a tenth of an answer's time
    "logging": {"access": {"enabled": False}},  # it would write ids down; the gate keeps a log of its own
}


def _document() -> dict[str, Any]:
    """The OpenAPI document of the service."""
    bento = RespiteScores.openapi_spec.asdict()  # type: ignore[attr-defined] # the decorator made it a Service
    return document(bento, desk().scoring.policy)


APPLICATION = application(desk, _document, portal(desk))


@bentoml.service(**SETTINGS)
@bentoml.asgi_app(APPLICATION, path="/")
class RespiteScores:
    """Scores of agents with reasons, for offers of support; a bearer token and a purpose with every request."""

    def __init__(self) -> None:
        configure_logging()
        try:
            desk().load()
        except NotReadyError as error:  # the gate answers 503 until the store is there
            write_line("not ready", why=str(error))
        gc.collect()
        gc.freeze()  # what is there now stays: the collector need not look through it while somebody waits

    @bentoml.api(route="/v1/scores", input_spec=ScoresRequest, output_spec=ScoresResponse)
    async def scores(self, **body: Any) -> Response:
        """Scores of some agents from the last batch, with reasons in words.

        BentoML's client knows it from here; over HTTP the gate hands it to the same question of the application, where
        it costs half.
        """
        return await responded(lambda: desk().scoring.some(known(), ScoresRequest(**body)), here=False)

    @bentoml.api(route="/v1/score_rows", input_spec=RowsIn, output_spec=RowsResponse)
    async def score_rows(self, **body: Any) -> Response:
        """Score rows of features; nothing is kept."""
        return await responded(lambda: desk().online.score_rows(RowsRequest(**body)), here=False)

    @bentoml.on_shutdown
    def close(self) -> None:
        if desk.cache_info().currsize:
            desk().close()


_GUARDED: dict[str, Any] = {"desk": desk, "mounted": APPLICATION, "doors": (PortalDoor, ApiDoor)}
RespiteScores.add_asgi_middleware(Gate, **_GUARDED)  # type: ignore[attr-defined] # as above
