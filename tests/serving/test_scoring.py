"""What may be answered, without any HTTP: order, sums, and refusals."""

import json
from datetime import date
from typing import Any

import numpy as np
import pandas as pd
import pytest
from pydantic import ValidationError
from sqlalchemy import select, update

from features import Home
from features.catalog import feature_names
from features.errors import InputError, NotReadyError
from serving import Store
from serving.access import Principal
from serving.api.desk import Desk
from serving.schemas import RowScore, RowsRequest, RowsResponse, ScoresRequest, ScoresResponse, Which
from serving.scoring import UnknownAgentError
from serving.tables import USUAL, Score
from training.calibration import logit

HR = Principal("hr", "hr")


def asked(desk: Desk, who: Principal = HR, **question: Any) -> ScoresResponse:
    """The answer to a question about some agents, as its schema."""
    return ScoresResponse.model_validate(desk.scoring.some(who, ScoresRequest(**question)).body)


def rows_scored(desk: Desk, **question: Any) -> RowsResponse:
    return RowsResponse.model_validate(desk.online.score_rows(RowsRequest(**question)).body)


def adds_up(score: RowScore) -> bool:
    total = score.base_log_odds + sum(r.contribution for r in score.reasons) + score.other_reasons_log_odds
    return bool(np.isclose(total, float(logit(score.probability)), atol=1e-6))


def row_of(newest: pd.DataFrame, position: int) -> dict[str, float | None]:
    values = newest.iloc[position][feature_names()]
    return {name: None if pd.isna(value) else float(value) for name, value in values.items()}


def test_answers_come_in_the_order_of_the_question(desk: Desk, newest: pd.DataFrame) -> None:
    agents = list(newest["agent_id"])[::-1]
    answer = asked(desk, agent_ids=agents)
    assert [score.agent_id for score in answer.scores] == agents
    assert answer.outcome == "burnout"
    assert answer.horizon_days == 90


def test_someone_asked_for_twice_is_answered_twice(desk: Desk, newest: pd.DataFrame) -> None:
    agent = newest["agent_id"].iloc[0]
    answer = asked(desk, agent_ids=[agent, agent])
    assert answer.scores[0] == answer.scores[1]


@pytest.mark.parametrize("top", [0, 1, 5, 50])
def test_base_listed_and_other_reasons_are_the_log_odds(top: int, desk: Desk, newest: pd.DataFrame) -> None:
    for outcome in ("burnout", "turnover"):
        agents = list(newest["agent_id"])
        for score in asked(desk, agent_ids=agents, outcome=outcome, top_reasons=top).scores:
            assert len(score.reasons) <= top
            assert score.probability is None or adds_up(score)


def test_the_reasons_that_are_listed_are_the_strongest(desk: Desk, newest: pd.DataFrame) -> None:
    agent = [newest["agent_id"].iloc[3]]
    everything = asked(desk, agent_ids=agent, top_reasons=50).scores[0]
    few = asked(desk, agent_ids=agent, top_reasons=3).scores[0]
    assert few.reasons == everything.reasons[:3]
    assert everything.other_reasons_log_odds == 0


def test_the_answer_that_is_kept_is_the_one_that_would_be_made(desk: Desk, newest: pd.DataFrame) -> None:
    for outcome in ("burnout", "turnover"):
        agents = list(newest["agent_id"])
        kept = asked(desk, agent_ids=agents, outcome=outcome).scores
        made = asked(desk, agent_ids=agents, outcome=outcome, top_reasons=USUAL + 1).scores
        for one, other in zip(kept, made, strict=True):
            rest = other.other_reasons_log_odds + sum(reason.contribution for reason in other.reasons[USUAL:])
            assert one.other_reasons_log_odds == pytest.approx(rest, abs=1e-9)
            same = {"reasons": other.reasons[:USUAL], "other_reasons_log_odds": one.other_reasons_log_odds}
            assert one == other.model_copy(update=same)


def test_a_score_from_before_answers_were_kept_is_made_into_one(desk: Desk, newest: pd.DataFrame) -> None:
    agents, store = list(newest["agent_id"]), desk.store
    before = asked(desk, agent_ids=agents)
    first = next(score.agent_id for score in before.scores if score.probability is not None)
    mine = (Score.agent_id == first, Score.outcome == "burnout", Score.main)
    with store.writing() as session:
        kept = session.scalar(select(Score.answer).where(*mine).order_by(Score.as_of.desc()))
        session.execute(update(Score).where(*mine).values(answer=None))
    try:
        assert kept is not None
        assert asked(desk, agent_ids=agents) == before
        said = desk.scoring.one(HR, first, Which()).json()
    finally:
        with store.writing() as session:
            session.execute(update(Score).where(*mine).values(answer=kept))
    assert json.loads(said) == json.loads(desk.scoring.one(HR, first, Which()).json())


def test_what_is_kept_is_what_is_answered_where_nobody_says_how_many() -> None:
    assert Which().top_reasons == RowsRequest(rows=[{}]).top_reasons == USUAL


def test_an_unknown_agent_is_refused_by_name(desk: Desk, newest: pd.DataFrame) -> None:
    known = newest["agent_id"].iloc[0]
    for agents in (["nobody"], [known, "nobody"]):
        with pytest.raises(UnknownAgentError, match="'nobody' had no post on"):
            asked(desk, agent_ids=agents)


def test_a_date_that_was_not_scored_is_refused(desk: Desk, newest: pd.DataFrame) -> None:
    with pytest.raises(NotReadyError, match="no burnout scores as of 2020-01-01"):
        asked(desk, agent_ids=[newest["agent_id"].iloc[0]], as_of=date(2020, 1, 1))


def test_before_anything_was_scored_it_says_so(home: Home) -> None:
    empty = Desk.of(home)
    with pytest.raises(NotReadyError, match="There are no burnout scores yet"):
        asked(empty, agent_ids=["A"])
    with pytest.raises(NotReadyError, match="no champion for burnout"):
        rows_scored(empty, rows=[{"tenure": 1.0}])
    empty.close()


def test_a_row_of_the_frame_gets_the_score_that_is_stored(
    desk: Desk, scored: Store, newest: pd.DataFrame, last_day: date
) -> None:
    for outcome in ("burnout", "turnover"):
        answer = rows_scored(desk, rows=[row_of(newest, i) for i in range(len(newest))], outcome=outcome)
        stored = {score.agent_id: score for score in scored.scores(outcome, last_day)}
        for agent, score in zip(newest["agent_id"], answer.scores, strict=True):
            assert (score.band, score.abstained) == (stored[agent].band, stored[agent].abstained)
            if score.abstained is None:
                assert score.probability == pytest.approx(stored[agent].probability, abs=1e-9)
                assert adds_up(score)
        assert sum(score.abstained is None for score in answer.scores) > len(newest) / 2


def test_a_row_without_enough_contacts_gets_no_score(desk: Desk) -> None:
    (score,) = rows_scored(desk, rows=[{"tenure": 5.0}]).scores
    assert (score.probability, score.band, score.reasons) == (None, None, [])
    assert "too little history" in score.abstained


def test_what_is_left_out_and_null_are_both_unknown(desk: Desk) -> None:
    rows = [{"contacts_per_hour": 3.0}, {"contacts_per_hour": 3.0, "tenure": None}]
    one, other = rows_scored(desk, rows=rows).scores
    assert one == other


def test_more_of_a_burden_never_lowers_a_score(desk: Desk, newest: pd.DataFrame) -> None:
    row = row_of(newest, 0)
    rows = [row | {"quick_returns": float(count)} for count in range(12)]
    scores = rows_scored(desk, rows=rows).scores
    found = [score.probability for score in scores if score.abstained is None]
    assert len(found) > 2
    assert found == sorted(found)


def test_an_unknown_feature_is_refused_by_row_and_name(desk: Desk) -> None:
    rows = [{"tenure": 1.0}, {"shoe_size": 43.0}]
    with pytest.raises(InputError, match=r"rows\[1\]: 'shoe_size' is not a feature; the catalog has \d+"):
        rows_scored(desk, rows=rows)


@pytest.mark.parametrize("value", [float("inf"), float("-inf"), float("nan")])
def test_a_value_that_is_not_finite_is_refused(value: float, desk: Desk) -> None:
    with pytest.raises(ValidationError, match=r"rows\.0\.tenure\s+Input should be a finite number"):
        rows_scored(desk, rows=[{"tenure": value}])


@pytest.mark.parametrize(
    "body",
    [
        {"agent_ids": []}, {"agent_ids": ["A"] * 1001}, {"agent_ids": ["A"], "outcome": "luck"},
        {"agent_ids": ["A"], "top_reasons": -1}, {"agent_ids": ["A"], "top_reasons": 51},
        {"agent_ids": ["A"], "purpose": "pay"}, {"agent_ids": "A"}, {},
    ],
)  # fmt: skip
def test_a_question_that_is_not_what_the_schema_says_is_refused(body: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        ScoresRequest.model_validate(body)


def test_every_answer_says_what_scores_are_not_for(desk: Desk, newest: pd.DataFrame) -> None:
    answer = asked(desk, agent_ids=[newest["agent_id"].iloc[0]])
    assert "Not for discipline, pay, promotion or termination." in answer.use
    assert ScoresResponse.model_validate_json(answer.model_dump_json()) == answer


def test_the_examples_of_the_documentation_are_valid() -> None:
    for schema in (ScoresRequest, RowsRequest, ScoresResponse):
        example = schema.model_config["json_schema_extra"]["example"]
        assert schema.model_validate(example)


def test_the_example_of_an_answer_adds_up() -> None:
    (score,) = ScoresResponse.model_validate(ScoresResponse.model_config["json_schema_extra"]["example"]).scores
    total = score.base_log_odds + sum(r.contribution for r in score.reasons) + score.other_reasons_log_odds
    assert total == pytest.approx(float(logit(score.probability)), abs=0.05)
