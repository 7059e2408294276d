"""Everything that the OpenAPI document allows, and much that it does not: no fault, and no answer it does not know."""

import json
from typing import Any

import jsonschema
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis import GenerationMode, openapi

from serving.api.problems import PROBLEM

pytestmark = pytest.mark.service
TRIES = 25
# what BentoML and httpx add or refuse themselves
_SENT_BY_THE_CLIENT = {"content-length", "transfer-encoding", "host", "connection", "authorization", "respite-purpose"}


def described(document: dict[str, Any], operation: Any, answer: Any) -> None:
    """The answer is one that the document knows, in the shape that it gives."""
    assert answer.status_code < 500, answer.text
    known = document["paths"][operation.path][operation.method]["responses"]
    assert str(answer.status_code) in known, f"{answer.status_code} is not in the document: {answer.text}"
    content = known[str(answer.status_code)]["content"]
    kind = answer.headers["content-type"].partition(";")[0]
    assert kind in content
    if kind in ("application/json", PROBLEM):
        whole = content[kind]["schema"] | {"components": document["components"]}
        jsonschema.validate(answer.json(), whole, cls=jsonschema.Draft202012Validator)


def ask(api: Any, case: Any, role: str | None) -> Any:
    given_headers = {k: v for k, v in (case.headers or {}).items() if k.lower() not in _SENT_BY_THE_CLIENT}
    sent = case.as_transport_kwargs(headers={})
    body = {name: sent[name] for name in ("json", "content") if sent.get(name) is not None}
    if sent.get("data") is not None:
        body["content"] = sent["data"] if isinstance(sent["data"], bytes | str) else json.dumps(sent["data"])
    path = sent["url"].partition("://")[2].partition("/")[2] if "://" in sent["url"] else sent["url"].lstrip("/")
    clean = {k: v for k, v in given_headers.items() if v.isascii() and v.isprintable()}
    return api.ask(case.method, f"/{path}", role, headers=clean, params=sent.get("params"), **body)


@pytest.mark.parametrize("mode", [GenerationMode.POSITIVE, GenerationMode.NEGATIVE])
@pytest.mark.parametrize("role", ["hr", "agent", "data_scientist", "auditor", None])
def test_no_fault_and_no_answer_that_the_document_does_not_know(mode: Any, role: str | None, api: Any) -> None:
    document = api.client.get("/docs.json").json()
    for found in openapi.from_dict(document).get_all_operations():
        check(api, document, found.ok(), mode, role)


def check(api: Any, document: dict[str, Any], operation: Any, mode: Any, role: str | None) -> None:
    @settings(max_examples=TRIES, deadline=None, database=None, derandomize=True, phases=[Phase.generate],
              suppress_health_check=list(HealthCheck))  # fmt: skip
    @given(case=operation.as_strategy(generation_mode=mode))
    def holds(case: Any) -> None:
        described(document, operation, ask(api, case, role))

    holds()
