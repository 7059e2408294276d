"""What comes back over HTTP is what the document says, and what the store holds."""

from typing import Any

import jsonschema
import numpy as np
import pytest

from training.calibration import logit

pytestmark = pytest.mark.service


def get(api: Any, path: str, role: str = "hr", **more: Any) -> Any:
    answer = api.ask("GET", path, role, **more)
    assert answer.status_code == 200, answer.text
    return answer.json()


def adds_up(score: dict[str, Any]) -> bool:
    total = score["base_log_odds"] + score["other_reasons_log_odds"] + sum(r["contribution"] for r in score["reasons"])
    return bool(np.isclose(total, float(logit(score["probability"])), atol=1e-6))


@pytest.mark.parametrize(
    ("path", "role", "schema"),
    [
        ("/v1/agents/{own}/score?outcome=turnover&horizon_days=30", "hr", "ScoreResponse"),
        ("/v1/agents/{own}/explanation", "agent", "ExplanationResponse"),
        ("/v1/agents/{own}/history", "manager", "HistoryResponse"),
        ("/v1/scores?limit=7", "hr", "PageResponse"),
        ("/v1/scores?limit=7", "data_scientist", "PageResponse"),
        ("/v1/teams/{team}/scores", "manager", "ScoresResponse"),
        ("/v1/groups/team/{team}", "manager", "GroupResponse"),
        ("/v1/models/turnover", "agent", "ModelResponse"),
        ("/v1/log?limit=3", "auditor", "LogResponse"),
    ],
)
def test_an_answer_is_what_the_document_says(path: str, role: str, schema: str, api: Any) -> None:
    found = get(api, path.format(own=api.cast.own, team=api.cast.teams["own"]), role)
    document = api.client.get("/docs.json").json()
    whole = {"$ref": f"#/components/schemas/{schema}", "components": document["components"]}
    jsonschema.validate(found, whole, cls=jsonschema.Draft202012Validator)


def test_every_example_of_the_document_is_what_its_schema_says(api: Any) -> None:
    document = api.client.get("/docs.json").json()
    examples = {name: s["example"] for name, s in document["components"]["schemas"].items() if "example" in s}
    assert len(examples) > 12
    for name, example in examples.items():
        whole = {"$ref": f"#/components/schemas/{name}", "components": document["components"]}
        jsonschema.validate(example, whole, cls=jsonschema.Draft202012Validator)


def test_one_score_is_that_of_the_page_and_of_the_list(api: Any) -> None:
    one = get(api, f"/v1/agents/{api.cast.own}/score")["score"]
    listed = api.ask("POST", "/v1/scores", json={"agent_ids": [api.cast.own]}).json()["scores"][0]
    page = get(api, "/v1/scores?limit=1000")["scores"]
    assert one == listed
    assert one in page


def test_pages_hold_everyone_once(api: Any) -> None:
    whole = [score["agent_id"] for score in get(api, "/v1/scores?limit=1000&top_reasons=0")["scores"]]
    found, after = [], None
    for _ in range(100):
        page = get(api, f"/v1/scores?limit=7&top_reasons=0{f'&after={after}' if after else ''}")
        found += [score["agent_id"] for score in page["scores"]]
        after = page["next"]
        if after is None:
            break
    assert found == whole == sorted(set(whole))


def test_a_data_scientist_reads_everyone_and_nobody(api: Any) -> None:
    named = get(api, "/v1/scores?limit=1000")["scores"]
    found, after = [], None
    for _ in range(100):
        page = get(api, f"/v1/scores?limit=9{f'&after={after}' if after else ''}", "data_scientist")
        found += page["scores"]
        after = page["next"]
        if after is None:
            break
    names = [score["agent_id"] for score in found]
    assert names == sorted(set(names))
    assert all(name.startswith("P-") for name in names)
    assert not any(score["reasons"] for score in found)
    scores = [sorted(s["probability"] or 0 for s in some) for some in (named, found)]
    assert scores[0] == scores[1]


def test_an_explanation_adds_up(api: Any) -> None:
    found = get(api, f"/v1/agents/{api.cast.own}/explanation")
    score = found["score"]
    assert score["other_reasons_log_odds"] == pytest.approx(0, abs=1e-9)
    assert adds_up(score)
    assert found["log_odds"] == pytest.approx(float(logit(score["probability"])))
    assert sum(score["families"].values()) == pytest.approx(sum(r["contribution"] for r in score["reasons"]), abs=1e-6)


def test_longer_horizons_are_likelier_and_intervals_hold_the_score(api: Any) -> None:
    found = [
        get(api, f"/v1/agents/{api.cast.own}/score?outcome=turnover&horizon_days={days}")["score"]
        for days in (30, 90, 180)
    ]
    assert [score["probability"] for score in found] == sorted(score["probability"] for score in found)
    assert all(s["interval"]["low"] <= s["probability"] <= s["interval"]["high"] for s in found)


def test_a_horizon_that_no_model_has_is_refused_with_those_there_are(api: Any) -> None:
    answer = api.ask("GET", f"/v1/agents/{api.cast.own}/score?outcome=turnover&horizon_days=31")
    assert (answer.status_code, answer.json()["detail"]) == (400, "horizon_days: 31; turnover has 30, 90, 180.")


def test_an_opt_out_is_invisible_to_the_manager(api: Any) -> None:
    """Sharing, then opting out: the manager reads 'no score at present', as for a thin history."""
    from sqlalchemy import update

    from serving import Store
    from serving.privacy.opt_out import NO_SCORE, OPTED_OUT
    from serving.tables import Score

    store, nothing = Store(api.home), {"probability": None, "low": None, "high": None, "band": None, "base": None}
    before = store.scores("burnout", store.latest("burnout"), [api.cast.own])[0]  # type: ignore[arg-type]
    mine = (Score.agent_id == api.cast.own, Score.outcome == "burnout")
    with store.writing() as session:
        session.execute(
            update(Score)
            .where(*mine)
            .values(**nothing, strongest=[], more_reasons=[], families={}, abstained=OPTED_OUT)
        )
    try:
        said = {role: get(api, f"/v1/agents/{api.cast.own}/score", role)["score"] for role in ("manager", "agent")}
        team = get(api, f"/v1/teams/{api.cast.teams['own']}/scores", "manager")
        assert said["manager"]["abstained"] == NO_SCORE
        assert said["agent"]["abstained"] == OPTED_OUT
        assert [s["abstained"] for s in team["scores"]] == [NO_SCORE]
    finally:
        kept = {
            name: getattr(before, name) for name in (*nothing, "strongest", "more_reasons", "families", "abstained")
        }
        with store.writing() as session:
            session.execute(update(Score).where(*mine).values(**kept))
        store.close()


def test_what_if_moves_the_score_the_way_the_signal_pushes(api: Any) -> None:
    path = f"/v1/agents/{api.cast.own}/what-if"
    inputs = {i["name"]: i for i in get(api, "/v1/models/burnout")["inputs"]}
    assert inputs["quick_returns"]["actionable"]
    few, many = (api.ask("POST", path, json={"changes": {"quick_returns": count}}).json() for count in (0.0, 2.0))
    assert few["then"]["probability"] <= many["then"]["probability"]
    assert few["now"] == many["now"]
    assert few["difference"] == pytest.approx(few["then"]["probability"] - few["now"]["probability"])
    assert adds_up(few["then"])


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"quick_returns": 1000.0}, "changes.quick_returns: 1000 lies outside what training saw; choose 0 to"),
        ({"tenure": 3.0}, "changes.tenure: no signal that work can change"),
        ({"shoe_size": 3.0}, "changes.shoe_size: no signal that work can change"),
        ({"quick_returns_own_z": 1.0}, "changes.quick_returns_own_z: no signal that work can change"),
    ],
)
def test_what_cannot_be_changed_is_refused(changes: dict[str, float], said: str, api: Any) -> None:
    answer = api.ask("POST", f"/v1/agents/{api.cast.own}/what-if", json={"changes": changes})
    assert answer.status_code == 400
    assert answer.json()["detail"].startswith(said)


def test_a_decision_counts_at_once(api: Any) -> None:
    where, score = f"/v1/agents/{api.cast.own}/consent", f"/v1/agents/{api.cast.own}/score"
    for granted, status in ((False, 403), (True, 200)):
        body = {"what": "share_with_manager", "granted": granted}
        assert api.ask("PUT", where, "agent", json=body).json()["granted"] is granted
        assert api.ask("GET", score, "manager").status_code == status
