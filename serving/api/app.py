"""The FastAPI application that is mounted in the service: the routes, and refusals as problems."""

from collections.abc import Callable
from typing import Any

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from sqlalchemy.exc import DBAPIError
from starlette.exceptions import HTTPException

from features.errors import RespiteError
from serving.api.desk import Desk
from serving.api.problems import one_sentence, problem, refusal_of
from serving.api.routes import routes

__all__ = ["application"]


def application(desk: Callable[[], Desk]) -> FastAPI:
    """The routes of a desk. Known refusals become problems here, so that no server logs them as faults."""
    app = FastAPI(openapi_url=None, docs_url=None, redoc_url=None)
    app.include_router(routes(desk))
    for kind in (RespiteError, DBAPIError, ConnectionError):
        app.add_exception_handler(kind, _known)
    for kind in (RequestValidationError, HTTPException):
        app.add_exception_handler(kind, _malformed)
    return app


def _known(_: Request, error: Exception) -> Response:
    refusal = refusal_of(error)
    assert refusal is not None  # noqa: S101 - the kinds that are registered are all refusals
    return _response(refusal.status, refusal.detail)


def _malformed(_: Request, error: Any) -> Response:
    if isinstance(error, RequestValidationError):
        return _response(400, one_sentence(error.errors()[0]))
    return _response(error.status_code, f"{error.detail}.".replace("..", "."))


def _response(status: int, detail: str) -> Response:
    headers, body = problem(status, detail)
    return Response(body, status, headers)
