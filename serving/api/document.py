"""The OpenAPI document of everything that is served: the routes, the BentoML methods, and the refusals of each."""

from typing import Any

from pydantic.json_schema import models_json_schema

from serving.access.policy import AccessPolicy
from serving.api.operations import PATHS
from serving.api.problems import PROBLEM, RETRY_AFTER_S
from serving.api.route import JSON, Route
from serving.api.routes import ROUTES
from serving.schemas import Problem

__all__ = ["document"]

_ABOUT = (
    "Scores of agents with reasons, for offers of support. Every request carries a bearer token and its purpose."
    " Not for discipline, pay, promotion or termination."
)
_REF = "#/components/schemas/"
_REFUSALS = {
    "400": "A field is missing, unknown or not valid: the sentence names place, rule and value.",
    "401": "No token, or one that is unknown, expired or revoked.",
    "403": "No purpose or one that is refused, a role that may not ask this, or not about this person.",
    "404": "No such agent, group, offer or feedback, or no such path.",
    "409": "Nothing was scored yet (on that date), or there is no champion.",
    "405": "The path takes other methods.",
    "413": "The body is too large.",
    "415": "The body is no JSON.",
    "429": "As many suggestions came from this person as a day takes.",
    "503": f"Stopped by a person, or the store or the log does not answer; ask again in {RETRY_AFTER_S} seconds.",
}
_METRICS: dict[str, Any] = {
    "operationId": "metrics",
    "summary": "What the service counts about itself, for Prometheus.",
    "responses": {"200": {"description": "Counters.", "content": {"text/plain": {"schema": {"type": "string"}}}}},
}


def document(bento: dict[str, Any], policy: AccessPolicy) -> dict[str, Any]:
    """The document, from BentoML's own of its methods and from the routes."""
    paths: dict[str, Any] = {}
    for path, operations in bento["paths"].items():
        if any((method.upper(), path) in PATHS for method in operations):
            paths.setdefault(path, {}).update(operations)
    paths["/metrics"] = {"get": dict(_METRICS)}
    for route in ROUTES:
        paths.setdefault(route.path, {})[route.method.lower()] = _operation(route)
    for path, operations in paths.items():
        for method, operation in operations.items():
            _complete(operation, PATHS[(method.upper(), path)])
    return {
        "openapi": "3.1.0",
        "info": {"title": "Respite", "version": "v1", "description": _ABOUT},
        "paths": paths,
        "components": {
            "schemas": _schemas(bento, paths),
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}},
            "parameters": {"purpose": _purpose(policy)},
        },
        "security": [{"token": []}],
    }


def _schemas(bento: dict[str, Any], paths: dict[str, Any]) -> dict[str, Any]:
    """The schemas that the paths speak of."""
    models = [Problem, *(model for route in ROUTES for model in (route.response, route.body) if model)]
    asked = [(model, "serialization" if model is Problem else "validation") for model in dict.fromkeys(models)]
    _, found = models_json_schema(asked, ref_template=f"{_REF}{{model}}")  # type: ignore[arg-type] # the two modes
    ours: dict[str, Any] = found["$defs"]
    theirs = {name: schema for name, schema in bento["components"]["schemas"].items() if f"{_REF}{name}" in str(paths)}
    inner = {
        n: s for n, s in bento["components"]["schemas"].items() if any(f"{_REF}{n}" in str(t) for t in theirs.values())
    }
    return inner | theirs | ours


def _operation(route: Route) -> dict[str, Any]:
    said = str(route.answer.__doc__)
    found: dict[str, Any] = {
        "operationId": route.answer.__name__,
        "summary": route.answer.__name__.replace("_", " ").capitalize(),
        "description": said,
        "parameters": _parameters(route),
        "responses": {"200": {"description": said, "content": _answered(route)}},
    }
    if route.body:
        found["requestBody"] = {"required": True, "content": _content(route.body.__name__)}
    return found


def _parameters(route: Route) -> list[dict[str, Any]]:
    schema = route.question.model_json_schema()
    found = []
    for name, field in schema.get("properties", {}).items():
        in_path = f"{{{name}}}" in route.path
        kept = {key: value for key, value in field.items() if key not in ("description", "title")}
        found.append(
            {"name": name, "in": "path" if in_path else "query", "required": name in schema.get("required", [])}
            | {"description": field.get("description", ""), "schema": kept}
        )
    return found


def _answered(route: Route) -> dict[str, Any]:
    if route.response is None:
        return {route.media: {"schema": {"type": "string"}}}
    return _content(route.response.__name__)


def _content(name: str) -> dict[str, Any]:
    return {JSON: {"schema": {"$ref": f"{_REF}{name}"}}}


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
    operation["parameters"] = [*operation.get("parameters", []), {"$ref": "#/components/parameters/purpose"}]
    (said,) = (answer for status, answer in operation["responses"].items() if str(status) == "200")
    refused = {PROBLEM: {"schema": {"$ref": f"{_REF}Problem"}}}
    operation["responses"] = {"200": said} | {
        status: {"description": why, "content": refused} for status, why in _REFUSALS.items()
    }
    retry = {"Retry-After": {"description": "Seconds.", "schema": {"type": "integer"}}}
    operation["responses"]["503"] |= {"headers": retry}
