"""The OpenAPI document of everything that is served, and the page that shows it."""

from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

from serving.access.policy import AccessPolicy
from serving.api.operations import PATHS
from serving.api.problems import PROBLEM, RETRY_AFTER_S
from serving.schemas import Problem

__all__ = ["PAGE", "document"]

_ABOUT = (
    "Scores of agents with reasons, for offers of support. Every request carries a bearer token and its purpose."
    " Not for discipline, pay, promotion or termination."
)
# BentoML's own page asks a third party for a tracking frame; this one asks nobody
PAGE = """<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Respite API</title>
<link rel="stylesheet" href="./static_content/swagger-ui.css"></head><body><div id="swagger-ui"></div>
<script src="./static_content/swagger-ui-bundle.js"></script>
<script src="./static_content/swagger-ui-standalone-preset.js"></script>
<script src="./static_content/swagger-initializer.js"></script></body></html>"""
_REFUSALS = {
    "400": "A field is missing, unknown or not valid: the sentence names place, rule and value.",
    "401": "No token, or one that is unknown, expired or revoked.",
    "403": "No purpose or one that is refused, a role that may not ask this, or not about this person.",
    "404": "No such agent or group on that date.",
    "409": "Nothing was scored yet (on that date), or there is no champion.",
    "413": "The body is too large.",
    "503": f"Stopped by a person, or the store or the log does not answer; ask again in {RETRY_AFTER_S} seconds.",
}
_METRICS: dict[str, Any] = {
    "get": {
        "operationId": "metrics",
        "summary": "Metrics",
        "description": "What the service counts about itself, for Prometheus.",
        "responses": {"200": {"description": "Counters.", "content": {"text/plain": {"schema": {"type": "string"}}}}},
    }
}


def document(app: FastAPI, bento: dict[str, Any], policy: AccessPolicy) -> dict[str, Any]:
    """The routes of the application and the BentoML methods in one document, with the refusals that each can give."""
    found = get_openapi(title="Respite", version="v1", description=_ABOUT, routes=app.routes)
    for path, operations in bento["paths"].items():
        if any((method.upper(), path) in PATHS for method in operations):
            found["paths"].setdefault(path, {}).update(operations)
    found["paths"]["/metrics"] = _METRICS
    components = found.setdefault("components", {})
    components["schemas"] = bento["components"]["schemas"] | components.get("schemas", {})
    components["schemas"]["Problem"] = Problem.model_json_schema()
    components["securitySchemes"] = {"token": {"type": "http", "scheme": "bearer"}}
    components["parameters"] = {"purpose": _purpose(policy)}
    found["security"] = [{"token": []}]
    for path, operations in found["paths"].items():
        for method, operation in operations.items():
            _complete(operation, PATHS[(method.upper(), path)])
    for unused in ("HTTPValidationError", "ValidationError", "TaskStatusResponse", "InvalidArgument",
                   "NotFound", "InternalServerError"):  # fmt: skip
        components["schemas"].pop(unused, None)
    return found


def _purpose(policy: AccessPolicy) -> dict[str, Any]:
    said = "; ".join(f"{name}: {meaning}" for name, meaning in policy.purposes.items())
    return {
        "name": "Respite-Purpose",
        "in": "header",
        "required": True,
        "description": f"What the answer is for. {said}.",
        "schema": {"type": "string", "enum": list(policy.purposes)},
        "example": "support",
    }


def _complete(operation: dict[str, Any], kind: str) -> None:
    """Purpose, refusals as problems, and which kind of question it is."""
    operation["x-respite-operation"] = kind
    operation.setdefault("parameters", []).append({"$ref": "#/components/parameters/purpose"})
    answers = {status: said for status, said in operation["responses"].items() if status == "200"}
    refused = {PROBLEM: {"schema": {"$ref": "#/components/schemas/Problem"}}}
    operation["responses"] = answers | {
        status: {"description": said, "content": refused} for status, said in _REFUSALS.items()
    }
    operation["responses"]["503"]["headers"] = {
        "Retry-After": {"description": "Seconds.", "schema": {"type": "integer"}}
    }
