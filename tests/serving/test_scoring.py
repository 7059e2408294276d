"""What may be answered, without any HTTP: order, sums, and refusals."""

from collections.abc import Iterator
from datetime import date

import numpy as np
import pandas as pd
import pytest
from pydantic import ValidationError

from features import Home
from features.catalog import feature_names
from features.errors import InputError, NotReadyError
from serving import Scoring, Store
from serving.schemas import RowScore, RowsRequest, ScoresRequest, ScoresResponse
from serving.scoring import UnknownAgentError
from training.calibration import logit


@pytest.fixture(scope="module")
def scoring(road: Home) -> Iterator[Scoring]:
    made = Scoring(road)
    yield made
    made.close()


def adds_up(score: RowScore) -> bool:
    total = score.base_log_odds + sum(r.contribution for r in score.reasons) + score.other_reasons_log_odds
    return bool(np.isclose(total, float(logit(score.probability)), atol=1e-6))


def row_of(newest: pd.DataFrame, position: int) -> dict[str, float | None]:
    values = newest.iloc[position][feature_names()]
    return {name: None if pd.isna(value) else float(value) for name, value in values.items()}


def test_answers_come_in_the_order_of_the_question(scoring: Scoring, newest: pd.DataFrame) -> None:
    asked = list(newest["agent_id"])[::-1]
    answer = scoring.scores(ScoresRequest(agent_ids=asked))
    assert [score.agent_id for score in answer.scores] == asked
    assert answer.outcome == "burnout"
    assert answer.horizon_days == 90


def test_someone_asked_for_twice_is_answered_twice(scoring: Scoring, newest: pd.DataFrame) -> None:
    agent = newest["agent_id"].iloc[0]
    answer = scoring.scores(ScoresRequest(agent_ids=[agent, agent]))
    assert answer.scores[0] == answer.scores[1]


@pytest.mark.parametrize("top", [0, 1, 5, 50])
def test_base_listed_and_other_reasons_are_the_log_odds(top: int, scoring: Scoring, newest: pd.DataFrame) -> None:
    for outcome in ("burnout", "turnover"):
        request = ScoresRequest(agent_ids=list(newest["agent_id"]), outcome=outcome, top_reasons=top)
        for score in scoring.scores(request).scores:
            assert len(score.reasons) <= top
            assert score.probability is None or adds_up(score)


def test_the_reasons_that_are_listed_are_the_strongest(scoring: Scoring, newest: pd.DataFrame) -> None:
    agent = [newest["agent_id"].iloc[3]]
    everything = scoring.scores(ScoresRequest(agent_ids=agent, top_reasons=50)).scores[0]
    few = scoring.scores(ScoresRequest(agent_ids=agent, top_reasons=3)).scores[0]
    assert few.reasons == everything.reasons[:3]
    assert everything.other_reasons_log_odds == 0


def test_an_unknown_agent_is_refused_by_name(scoring: Scoring, newest: pd.DataFrame) -> None:
    known = newest["agent_id"].iloc[0]
    for asked in (["nobody"], [known, "nobody"]):
        with pytest.raises(UnknownAgentError, match="'nobody' had no post on"):
            scoring.scores(ScoresRequest(agent_ids=asked))


def test_a_date_that_was_not_scored_is_refused(scoring: Scoring, newest: pd.DataFrame) -> None:
    with pytest.raises(NotReadyError, match="no burnout scores as of 2020-01-01"):
        scoring.scores(ScoresRequest(agent_ids=[newest["agent_id"].iloc[0]], as_of=date(2020, 1, 1)))


def test_before_anything_was_scored_it_says_so(home: Home) -> None:
    empty = Scoring(home)
    with pytest.raises(NotReadyError, match="There are no burnout scores yet"):
        empty.scores(ScoresRequest(agent_ids=["A"]))
    with pytest.raises(NotReadyError, match="no champion for burnout"):
        empty.score_rows(RowsRequest(rows=[{"tenure": 1.0}]))
    empty.close()


def test_a_row_of_the_frame_gets_the_score_that_is_stored(
    scoring: Scoring, scored: Store, newest: pd.DataFrame, last_day: date
) -> None:
    for outcome in ("burnout", "turnover"):
        request = RowsRequest(rows=[row_of(newest, i) for i in range(len(newest))], outcome=outcome)
        answer = scoring.score_rows(request)
        stored = {score.agent_id: score for score in scored.scores(outcome, last_day)}
        for agent, score in zip(newest["agent_id"], answer.scores, strict=True):
            assert (score.band, score.abstained) == (stored[agent].band, stored[agent].abstained)
            if score.abstained is None:
                assert score.probability == pytest.approx(stored[agent].probability, abs=1e-9)
                assert adds_up(score)
        assert sum(score.abstained is None for score in answer.scores) > len(newest) / 2


def test_a_row_without_enough_contacts_gets_no_score(scoring: Scoring) -> None:
    (score,) = scoring.score_rows(RowsRequest(rows=[{"tenure": 5.0}])).scores
    assert (score.probability, score.band, score.reasons) == (None, None, [])
    assert "too little history" in score.abstained


def test_what_is_left_out_and_null_are_both_unknown(scoring: Scoring) -> None:
    rows = [{"contacts_per_hour": 3.0}, {"contacts_per_hour": 3.0, "tenure": None}]
    one, other = scoring.score_rows(RowsRequest(rows=rows)).scores
    assert one == other


def test_more_of_a_burden_never_lowers_a_score(scoring: Scoring, newest: pd.DataFrame) -> None:
    row = row_of(newest, 0)
    rows = [row | {"quick_returns": float(count)} for count in range(12)]
    scores = scoring.score_rows(RowsRequest(rows=rows)).scores
    found = [score.probability for score in scores if score.abstained is None]
    assert len(found) > 2
    assert found == sorted(found)


def test_an_unknown_feature_is_refused_by_row_and_name(scoring: Scoring) -> None:
    rows = [{"tenure": 1.0}, {"shoe_size": 43.0}]
    with pytest.raises(InputError, match=r"rows\[1\]: 'shoe_size' is not a feature; the catalog has \d+"):
        scoring.score_rows(RowsRequest(rows=rows))


@pytest.mark.parametrize("value", [float("inf"), float("-inf"), float("nan")])
def test_a_value_that_is_not_finite_is_refused(value: float, scoring: Scoring) -> None:
    with pytest.raises(InputError, match=r"rows\[0\]\.tenure: .* is not a finite number"):
        scoring.score_rows(RowsRequest(rows=[{"tenure": value}]))


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


def test_every_answer_says_what_scores_are_not_for(scoring: Scoring, newest: pd.DataFrame) -> None:
    answer = scoring.scores(ScoresRequest(agent_ids=[newest["agent_id"].iloc[0]]))
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
