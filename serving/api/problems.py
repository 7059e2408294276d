"""Refusals as problem details (RFC 9457): one shape, one sentence, and the status that says the same."""

import json
from http import HTTPStatus
from typing import Any

from pydantic import ValidationError
from pydantic_core import ErrorDetails
from sqlalchemy.exc import DBAPIError
from starlette.responses import Response

from features.errors import AccessError, InputError, NotReadyError, RespiteError
from serving.access.people import NotYoursError
from serving.access.policy import PurposeError
from serving.consent import StoppedError
from serving.feedback.log import UnknownFeedbackError
from serving.feedback.suggestions import TooManyError
from serving.offering import UnknownOfferError
from serving.scoring import UnknownAgentError, UnknownGroupError

__all__ = [
    "PROBLEM", "RETRY_AFTER_S", "LogError", "Refusal", "TokenError", "one_sentence", "problem", "refusal_of", "refused",
]  # fmt: skip

PROBLEM = "application/problem+json"
RETRY_AFTER_S = 5
_SHOWN = 60


class TokenError(AccessError):
    """No token, or one that opens nothing."""


class LogError(RespiteError):
    """The log of accesses takes no entry, so that nothing may be answered."""


class Refusal(Exception):  # noqa: N818 - a refusal is an answer, no fault
    """A refusal that has its status already."""

    def __init__(self, status: int, detail: str) -> None:
        super().__init__(detail)
        self.status, self.detail = status, detail


_STATUS: tuple[tuple[type[Exception], int], ...] = (  # the first that fits
    (TokenError, 401),
    (PurposeError, 403),
    (NotYoursError, 403),
    (AccessError, 403),
    (UnknownAgentError, 404),
    (UnknownGroupError, 404),
    (UnknownOfferError, 404),
    (UnknownFeedbackError, 404),
    (TooManyError, 429),
    (InputError, 400),
    (StoppedError, 503),
    (LogError, 503),
    (NotReadyError, 409),
    (ConnectionError, 503),
    (DBAPIError, 503),
)


def refusal_of(error: Exception) -> Refusal | None:
    """The refusal that an error is, or None where it is a fault of ours."""
    if isinstance(error, Refusal):
        return error
    if isinstance(error, ValidationError):
        return Refusal(400, one_sentence(error.errors(include_url=False)[0]))
    for kind, status in _STATUS:
        if isinstance(error, kind):
            known = isinstance(error, RespiteError | ConnectionError)
            return Refusal(status, str(error) if known else "The store does not answer; ask again.")
    return Refusal(409, str(error)) if isinstance(error, RespiteError) else None


def one_sentence(error: ErrorDetails) -> str:
    """What is wrong with a request: place, rule, and the value."""
    place = ".".join(str(part) for part in error["loc"] if part not in ("body", "query", "path")) or "body"
    return f"{place}: {error['msg']}; got {str(error.get('input'))[:_SHOWN]!r}."


def problem(status: int, detail: str) -> tuple[dict[str, str], bytes]:
    """Headers and body of a refusal."""
    body: dict[str, Any] = {"type": "about:blank", "title": HTTPStatus(status).phrase, "status": status}
    headers = {"content-type": PROBLEM}
    if status == HTTPStatus.UNAUTHORIZED:
        headers["www-authenticate"] = "Bearer"
    if status == HTTPStatus.SERVICE_UNAVAILABLE:
        headers["retry-after"] = str(RETRY_AFTER_S)
    return headers, json.dumps(body | {"detail": detail}, ensure_ascii=True).encode()


def refused(error: Exception) -> Response:
    """The response to a refusal; a fault is raised again."""
    refusal = refusal_of(error)
    if refusal is None:
        raise error
    headers, body = problem(refusal.status, refusal.detail)
    return Response(body, refusal.status, headers)
