"""The real service on 127.0.0.1: who may ask, what comes back, and what is written down."""

import json
import re
import urllib.error
import urllib.request
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
import pytest
from sqlalchemy import select

from features import Home
from features.catalog import feature_names
from serving import Store
from serving.access import Principal, grant, revoke
from serving.server import ask, running
from serving.tables import AuditEntry
from training.calibration import logit

pytestmark = pytest.mark.service
NOW = datetime.now(UTC)


class Served(NamedTuple):
    """A service that is running, and the tokens it knows."""

    address: str
    token: str
    expired: str
    revoked: str


@pytest.fixture(scope="module")
def served(road: Home) -> Iterator[Served]:
    store = Store(road)
    tokens = (
        grant(store, Principal("hr", "hr"), 1, NOW),
        grant(store, Principal("old", "hr"), 1, NOW - timedelta(days=2)),
        grant(store, Principal("gone", "hr"), 1, NOW),
    )
    revoke(store, "gone")
    store.close()
    with running(road) as address:
        yield Served(address, *tokens)


def get(address: str, path: str, token: str | None = None) -> tuple[int, str]:
    request = urllib.request.Request(address + path, headers={"Authorization": f"Bearer {token}"} if token else {})  # noqa: S310 - http on loopback
    try:
        with urllib.request.urlopen(request, timeout=30) as answer:  # noqa: S310 - http on loopback
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as refused:
        with refused:
            return refused.code, refused.read().decode()


def reads(road: Home) -> list[tuple[str, str, int]]:
    store = Store(road)
    with store.session() as session:
        found = [
            (read.who, read.what, read.status)
            for read in session.scalars(select(AuditEntry).order_by(AuditEntry.number))
        ]
    store.close()
    return found


def whom(newest: pd.DataFrame, count: int = 1) -> list[str]:
    return [str(agent) for agent in newest["agent_id"].head(count)]


def sentence_of(answer: Any) -> str:
    """What a refusal says, whichever shape it has; one test asks for the same shape everywhere."""
    (refused,) = answer if isinstance(answer, list) else [answer]
    return str(refused["error"])


def adds_up(score: dict[str, Any]) -> bool:
    total = score["base_log_odds"] + score["other_reasons_log_odds"] + sum(r["contribution"] for r in score["reasons"])
    return bool(np.isclose(total, float(logit(score["probability"])), atol=1e-6))


def test_a_token_opens_scores_with_reasons_that_add_up(served: Served, newest: pd.DataFrame) -> None:
    body = {"agent_ids": whom(newest, 5)[::-1], "outcome": "turnover", "top_reasons": 2}
    status, answer = ask(served.address, "/v1/scores", body, served.token)
    assert status == 200
    assert [score["agent_id"] for score in answer["scores"]] == body["agent_ids"]
    assert (answer["outcome"], answer["model_version"]) == ("turnover", "1")
    assert all(len(score["reasons"]) == 2 and adds_up(score) for score in answer["scores"])


@pytest.mark.parametrize("path", ["/v1/scores", "/v1/score_rows"])
@pytest.mark.parametrize("which", ["none", "wrong", "expired", "revoked"])
def test_without_a_valid_token_there_is_no_data(path: str, which: str, served: Served, newest: pd.DataFrame) -> None:
    token = {"none": None, "wrong": "respite_x", "expired": served.expired, "revoked": served.revoked}[which]
    status, answer = ask(served.address, path, {"agent_ids": whom(newest)}, token)
    assert status == 401
    assert list(answer) == ["error"]
    assert "respite access grant" in answer["error"]


@pytest.mark.parametrize(
    "path", ["/metrics", "/v1/scores", "/nothing", "/schema.json", "/docs.json/../metrics", "//metrics"]
)
def test_nothing_else_is_open(path: str, served: Served) -> None:
    assert get(served.address, path)[0] in (401, 404)
    assert get(served.address, "/metrics")[0] == 401
    assert get(served.address, "/metrics", served.token)[0] == 200


def test_an_unknown_agent_is_404_in_one_sentence(served: Served) -> None:
    status, answer = ask(served.address, "/v1/scores", {"agent_ids": ["nobody"]}, served.token)
    assert status == 404
    assert "'nobody' had no post on" in sentence_of(answer)


@pytest.mark.parametrize(
    ("path", "body", "sentence"),
    [
        ("/v1/scores", {}, "agent_ids"),
        ("/v1/scores", {"agent_ids": []}, "agent_ids"),
        ("/v1/scores", {"agent_ids": ["A"], "purpose": "pay"}, "purpose"),
        ("/v1/scores", {"agent_ids": ["A"], "outcome": "luck"}, "outcome"),
        ("/v1/scores", {"agent_ids": ["A"], "as_of": "soon"}, "as_of"),
        ("/v1/score_rows", {"rows": [{"shoe_size": 3}]}, "rows[0]: 'shoe_size' is not a feature"),
        ("/v1/score_rows", {"rows": [{"tenure": "long"}]}, "tenure"),
        ("/v1/score_rows", {"rows": []}, "rows"),
    ],
)
def test_a_bad_question_is_400_in_one_sentence(path: str, body: dict[str, Any], sentence: str, served: Served) -> None:
    status, answer = ask(served.address, path, body, served.token)
    assert status == 400
    assert sentence in sentence_of(answer)
    assert "\n" not in sentence_of(answer)
    assert "Traceback" not in json.dumps(answer)


def test_what_is_no_json_is_refused(served: Served) -> None:
    request = urllib.request.Request(  # noqa: S310 - http on loopback
        f"{served.address}/v1/scores",
        b"{",
        {"Authorization": f"Bearer {served.token}", "Content-Type": "application/json"},
    )
    with pytest.raises(urllib.error.HTTPError) as refused:
        urllib.request.urlopen(request, timeout=30)  # noqa: S310 - http on loopback
    with refused.value:
        assert refused.value.code == 400


def test_a_date_that_was_not_scored_is_told(served: Served, newest: pd.DataFrame) -> None:
    body = {"agent_ids": whom(newest), "as_of": "2020-01-01"}
    status, answer = ask(served.address, "/v1/scores", body, served.token)
    assert status in (404, 409, 503)
    assert "no burnout scores as of 2020-01-01" in sentence_of(answer)


def test_every_refusal_has_the_same_shape(served: Served) -> None:
    known = [({"agent_ids": ["nobody"]}, served.token), ({"agent_ids": []}, served.token), ({}, None)]
    for body, token in known:
        status, answer = ask(served.address, "/v1/scores", body, token)
        assert status >= 400
        assert isinstance(answer, dict), answer
        assert list(answer) == ["error"]


def test_rows_are_scored_and_a_thin_one_is_not(served: Served, newest: pd.DataFrame) -> None:
    values = newest[feature_names()].median()
    full_row = {name: float(value) for name, value in values.items() if pd.notna(value)}
    rows = [full_row, {"tenure": None}]
    status, answer = ask(served.address, "/v1/score_rows", {"rows": rows, "top_reasons": 50}, served.token)
    first, second = answer["scores"]
    assert status == 200
    assert adds_up(first)
    assert second["probability"] is None
    assert "too little history" in second["abstained"]


def test_the_open_page_and_its_files_ask_nobody_outside(served: Served) -> None:
    status, page = get(served.address, "/")
    assert status == 200
    assert not re.search(r"(?:https?:)?//[\w.]+", page)
    for path in re.findall(r'(?:href|src)="\.(/[^"]+)"', page):
        assert get(served.address, path)[0] == 200, path


def test_the_documentation_has_both_questions_with_an_example_and_the_token(served: Served) -> None:
    status, text = get(served.address, "/docs.json")
    document = json.loads(text)
    assert status == 200
    assert {"/v1/scores", "/v1/score_rows"} <= set(document["paths"])
    schemas = document["components"]["schemas"]
    for path in ("/v1/scores", "/v1/score_rows"):
        body = document["paths"][path]["post"]["requestBody"]["content"]["application/json"]["schema"]
        body = schemas[body["$ref"].rpartition("/")[2]] if "$ref" in body else body
        assert body["example"]
    assert document["components"]["securitySchemes"]["token"]["scheme"] == "bearer"
    assert "bentoml" not in json.dumps(document["info"]).lower()


def test_probes_are_open_and_hold_nothing(served: Served, newest: pd.DataFrame) -> None:
    for path in ("/healthz", "/livez", "/readyz"):
        status, text = get(served.address, path)
        assert status == 200
        assert not any(agent in text for agent in newest["agent_id"])


def test_every_request_is_written_down_with_who_and_how_it_ended(
    served: Served, road: Home, newest: pd.DataFrame
) -> None:
    before = len(reads(road))
    ask(served.address, "/v1/scores", {"agent_ids": whom(newest)}, served.token)
    ask(served.address, "/v1/scores", {"agent_ids": ["nobody"]}, served.token)
    ask(served.address, "/v1/scores", {"agent_ids": []}, served.token)
    ask(served.address, "/v1/score_rows", {"rows": [{"tenure": 1}]}, None)
    get(served.address, "/metrics", served.token)
    assert reads(road)[before:] == [
        ("hr", "POST /v1/scores", 200), ("hr", "POST /v1/scores", 404), ("hr", "POST /v1/scores", 400),
        ("nobody", "POST /v1/score_rows", 401), ("hr", "GET /metrics", 200),
    ]  # fmt: skip


def test_a_token_revoked_while_the_service_runs_opens_nothing_any_more(
    served: Served, road: Home, newest: pd.DataFrame
) -> None:
    store = Store(road)
    token = grant(store, Principal("brief", "hr"), 1, NOW)
    assert ask(served.address, "/v1/scores", {"agent_ids": whom(newest)}, token)[0] == 200
    revoke(store, "brief")
    store.close()
    assert ask(served.address, "/v1/scores", {"agent_ids": whom(newest)}, token)[0] == 401


def test_the_log_of_the_service_holds_no_token_and_no_question(served: Served, road: Home) -> None:
    body = {"rows": [{"tenure": 4.87654321}, {"shoe_size": 1}]}
    ask(served.address, "/v1/score_rows", body, served.token)
    log = (road.root / "service.log").read_text(encoding="utf-8")
    assert served.token not in log
    assert "4.87654321" not in log
