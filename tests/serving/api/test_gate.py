"""What every request goes through: it is in the log before it is answered, and every refusal is one sentence."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from sqlalchemy.exc import OperationalError
from starlette.testclient import TestClient

from features.errors import NotReadyError
from serving import Store
from serving.api.desk import Desk
from serving.api.gate import Gate
from serving.audit import verify
from serving.consent import turn

pytestmark = pytest.mark.service
NOW = datetime.now(UTC)


def path(api: Any, what: str = "score") -> str:
    return f"/v1/agents/{api.cast.own}/{what}"


def last(api: Any) -> tuple[str, str, str, str, str, int]:
    entry = api.log()[-1]
    return entry.who, entry.what, entry.whom, entry.purpose, entry.model, entry.status


def test_an_answer_is_in_the_log_with_who_whom_purpose_and_model(api: Any) -> None:
    before = len(api.log())
    assert api.ask("GET", path(api)).status_code == 200
    assert len(api.log()) == before + 1
    who, what, whom, purpose, model, status = last(api)
    assert (who, what, purpose, model, status) == (
        "hr-1", "GET /v1/agents/{agent_id}/score", "support", "burnout 1", 200,
    )  # fmt: skip
    assert whom.startswith("P-")
    assert api.cast.own not in whom


def test_the_same_person_has_the_same_pseudonym_in_the_log(api: Any) -> None:
    api.ask("GET", path(api))
    one = last(api)[2]
    api.ask("POST", "/v1/scores", json={"agent_ids": [api.cast.own, api.cast.other_agent]})
    assert one in last(api)[2].split()
    assert len(last(api)[2].split()) == 2


def test_an_agent_is_named_in_the_log_by_pseudonym_too(api: Any) -> None:
    api.ask("GET", path(api), "agent")
    who, _, whom, *_ = last(api)
    assert who == f"agent {whom}"


@pytest.mark.parametrize(
    ("method", "where", "role", "purpose", "said"),
    [
        ("GET", "/v1/agents/nobody/score", "hr", "", ("hr-1", "GET /v1/agents/{agent_id}/score", "", "support", 404)),
        ("GET", "/v1/scores?outcome=luck", "hr", "", ("hr-1", "GET /v1/scores", "", "support", 400)),
        ("GET", "/v1/scores", "hr", "promotion", ("hr-1", "GET /v1/scores", "", "promotion", 403)),
        ("GET", "/v1/scores", "hr", "A0001 is lazy", ("hr-1", "GET /v1/scores", "", "unknown", 403)),
        ("GET", "/v1/scores", None, "support", ("nobody", "GET /v1/scores", "", "", 401)),
        ("GET", "/v1/nothing/A0001", "hr", "", ("hr-1", "GET (no such path)", "", "", 404)),
        ("DELETE", "/v1/scores", "hr", "", ("hr-1", "DELETE /v1/scores", "", "", 405)),
    ],
)
def test_a_refusal_is_in_the_log_without_anyones_words(
    method: str, where: str, role: str | None, purpose: str, said: tuple[Any, ...], api: Any
) -> None:
    api.ask(method, where, role, purpose)
    who, what, whom, for_, _, status = last(api)
    assert (who, what, whom, for_, status) == said


def test_where_the_log_takes_no_entry_there_is_no_answer(api: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: Any, **__: Any) -> int:
        raise OperationalError("INSERT", {}, Exception("disk full"))

    monkeypatch.setattr("serving.api.journal.append_all", broken)
    answer = api.ask("GET", path(api))
    assert answer.status_code == 503
    assert answer.headers["retry-after"]
    assert "log of accesses" in answer.json()["detail"]
    assert "probability" not in answer.text


def test_a_decision_is_not_kept_without_its_entry(api: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    from serving import audit
    from serving.consent import agreed

    store = Store(api.home)
    before = agreed(store, "scoring")
    monkeypatch.setattr(audit, "_hash", lambda *_: 1 / 0)
    answer = api.ask("PUT", path(api, "consent"), "agent", json={"what": "scoring", "granted": False})
    assert answer.status_code in (500, 503)
    assert agreed(store, "scoring") == before
    store.close()


def test_the_log_is_whole_after_all_this(api: Any) -> None:
    store = Store(api.home)
    assert verify(store) == len(api.log())
    store.close()


def test_a_stopped_service_says_who_stopped_it_and_goes_on_with_what_is_ones_own(api: Any) -> None:
    store = Store(api.home)
    turn(store, True, "a wrong model", "the works council", NOW)
    try:
        answer = api.ask("GET", path(api))
        assert answer.status_code == 503
        assert answer.headers["retry-after"]
        assert "stopped by the works council" in answer.json()["detail"]
        for body in ({"what": "scoring", "granted": False}, {"what": "scoring", "granted": True}):
            assert api.ask("PUT", path(api, "consent"), "agent", json=body).status_code == 200
        assert api.ask("GET", "/v1/log", "auditor").status_code == 200
    finally:
        turn(store, False, "found", "the works council", NOW)
        store.close()
    assert api.ask("GET", path(api)).status_code == 200


@pytest.mark.parametrize(
    ("content", "status", "said"),
    [
        (b"{", 400, "body: Invalid JSON"),
        (b"", 400, "agent_ids: Field required"),
        (b"\xff\xfe", 400, "body: Invalid JSON"),
        (b"[]", 400, "body: "),
        (b'{"agent_ids": ' + b"[" * 100_000 + b"]" * 100_000 + b"}", 400, ""),
        (b'{"agent_ids": ["A"], "top_reasons": NaN}', 400, "top_reasons: "),
        (b'{"agent_ids": ["\\u0000"]}', 400, "agent_ids.0: "),
        (b'{"agent_ids": ["\\ud800"]}', 400, "body: Invalid JSON"),
        (b'{"agent_ids": ["A"], "purpose": "pay"}', 400, "purpose: Extra inputs"),
        (b'{"agent_ids": ["' + b"A" * 10_000_000 + b'"]}', 413, "A body has at most 1,000,000 bytes"),
        ('{"agent_ids": ["\N{PILE OF POO}"]}'.encode(), 404, "had no post"),
    ],
)
def test_a_bad_body_is_refused_in_one_sentence(content: bytes, status: int, said: str, api: Any) -> None:
    answer = api.ask("POST", "/v1/scores", content=content, headers={"Content-Type": "application/json"})
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"
    problem = answer.json()
    assert set(problem) == {"type", "title", "status", "detail"}
    assert said in problem["detail"]
    assert "\n" not in problem["detail"]
    assert len(problem["detail"]) < 400


def test_a_body_without_a_length_is_bounded_all_the_same(api: Any) -> None:
    chunks = (b"[" * 100_000 for _ in range(50))
    answer = api.ask("POST", "/v1/scores", content=chunks, headers={"Content-Type": "application/json"})
    assert answer.status_code == 413


BAD = [
    "outcome=luck", "horizon_days=0", "horizon_days=1e9", "as_of=soon", "top_reasons=51", "limit=0", "limit=1001",
    "surprise=1", "after=%00", "limit=9999999999999999999999",
]  # fmt: skip


@pytest.mark.parametrize("query", BAD)
def test_a_bad_address_is_refused_in_one_sentence(query: str, api: Any) -> None:
    answer = api.ask("GET", f"/v1/scores?{query}")
    assert answer.status_code == 400
    assert answer.json()["detail"].startswith(query.partition("=")[0])


def test_a_purpose_may_stand_in_the_address(api: Any) -> None:
    assert api.ask("GET", "/metrics?purpose=operations", "service", None).status_code == 200


def test_a_body_of_another_kind_is_refused(api: Any) -> None:
    for kind in ("text/plain", "multipart/form-data; boundary=x", "application/vnd.bentoml+pickle"):
        assert api.ask("POST", "/v1/scores", content=b"{}", headers={"Content-Type": kind}).status_code == 415


def test_lines_of_the_log_are_json_without_ids_and_tokens(api: Any, capfd: pytest.CaptureFixture[str]) -> None:
    capfd.readouterr()
    api.ask("GET", path(api))
    api.ask("POST", "/v1/scores", json={"agent_ids": ["nobody-knows-this"], "surprise": 1})
    written = capfd.readouterr().err
    said = [json.loads(line) for line in written.splitlines() if line.startswith("{")]
    assert [(line["what"], line["status"]) for line in said] == [
        ("GET /v1/agents/{agent_id}/score", 200), ("POST /v1/scores", 400),
    ]  # fmt: skip
    for secret in (api.cast.own, api.tokens["hr"], "nobody-knows-this", "Traceback"):
        assert secret not in written


def test_a_fault_is_an_answer_and_a_line_without_values(
    api: Any, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    def fault(*_: Any) -> None:
        raise KeyError("a secret")

    monkeypatch.setattr("serving.scoring.Scoring._freshness", fault)
    answer = api.ask("GET", path(api))
    assert answer.status_code == 500
    assert "secret" not in answer.text
    written = capfd.readouterr().err
    (line,) = [json.loads(line) for line in written.splitlines() if '"fault"' in line]
    assert line["fault"] == "KeyError"
    assert "a secret" not in json.dumps(line)


def test_not_ready_says_why(api: Any) -> None:
    answer = api.client.get("/readyz")
    assert answer.status_code == 503  # the simulated centre ended long ago
    assert "days old; run `respite score`" in answer.json()["detail"]


@pytest.mark.parametrize("where", ["/healthz", "/livez", "/", "/docs.json", "/schema.json"])
def test_what_is_open_holds_nothing_about_anyone(where: str, api: Any) -> None:
    answer = api.client.get(where)
    assert answer.status_code == 200
    assert api.cast.own not in answer.text


def test_a_store_that_is_not_there_when_the_process_starts_is_asked_again(api: Any) -> None:
    there: list[bool] = []

    def desk() -> Desk:
        if not there:
            raise NotReadyError("The store does not answer: it is being restarted.")
        return Desk.of(api.home)

    async def alive(_: Any, __: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"alive"})

    client = TestClient(Gate(alive, desk, alive))
    headers = {"Authorization": f"Bearer {api.tokens['hr']}", "Respite-Purpose": "support"}
    for where in (path(api), "/readyz"):
        refused = client.get(where, headers=headers)
        assert (refused.status_code, refused.headers["Retry-After"]) == (503, "5")
        assert "it is being restarted" in refused.json()["detail"]
    assert client.get("/livez").text == "alive"
    there.append(True)
    assert client.get(path(api), headers=headers).status_code == 200
