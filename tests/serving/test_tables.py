"""What the tables keep comes back: reasons in either shape, scores of several outcomes at once."""

import json
from datetime import date
from typing import Any

import pytest
from sqlalchemy.exc import SQLAlchemyError

from features import Home
from serving import Store
from serving.tables import STRONGEST, Score, records

DAY = date(2026, 1, 5)
REASONS = [
    {"signal": "overtime", "family": "schedule", "sentence": 'a "quoted" word and ü', "contribution": 0.1 + 0.2},
    {"signal": "tenure", "family": "context", "sentence": "{}", "contribution": -1e-17},
]
BY_FIELD = {field: [reason[field] for reason in REASONS] for field in REASONS[0]}


def row(agent: str, outcome: str = "burnout", **more: Any) -> dict[str, Any]:
    return {
        "as_of": DAY, "agent_id": agent, "outcome": outcome, "horizon_days": 90, "probability": 0.2, "base": -1.0,
        "model_version": "1", "contract_version": "2.x", "team_id": "T1", "site_id": "S1", "queue": "q",
        "reasons": [],
    } | more  # fmt: skip


@pytest.mark.parametrize("given", [REASONS, BY_FIELD, json.dumps(REASONS), json.dumps(BY_FIELD)])
def test_reasons_are_read_one_by_one_however_they_were_written(given: Any, either_store: Store) -> None:
    either_store.replace_scores(DAY, "burnout", [row("A1", reasons=given, families='{"schedule": 0.25}')])
    (found,) = either_store.scores("burnout", DAY)
    assert (found.reasons, found.families, found.main) == (REASONS, {"schedule": 0.25}, True)


@pytest.mark.parametrize("split", [0, 1, 2])
def test_reasons_are_whole_wherever_they_are_parted(split: int, either_store: Store) -> None:
    kept = row("A1", reasons=REASONS[:split], more_reasons=REASONS[split:], families={})
    either_store.replace_scores(DAY, "burnout", [kept])
    (found,) = either_store.scores("burnout", DAY)
    assert found.reasons == REASONS


def test_an_object_parts_its_reasons_as_the_batch_does() -> None:
    many = [REASONS[0] | {"signal": f"s{number}"} for number in range(STRONGEST + 3)]
    score = Score(**row("A1", reasons=many))
    assert (score.strongest, score.more_reasons, score.reasons) == (many[:STRONGEST], many[STRONGEST:], many)


def test_records_without_an_entry_are_none() -> None:
    assert records(None) == []
    assert records([]) == records({"signal": [], "contribution": []}) == []


def test_several_outcomes_are_replaced_at_once_or_not_at_all(either_store: Store) -> None:
    outcomes = ["burnout", "turnover"]
    either_store.replace_scores(DAY, outcomes, (row("A1", outcome) for outcome in outcomes))
    assert [len(either_store.scores(outcome, DAY)) for outcome in outcomes] == [1, 1]
    with pytest.raises(SQLAlchemyError):
        either_store.replace_scores(DAY, outcomes, [row("A2"), row("A3", "turnover", model_version=None)])
    with pytest.raises(ZeroDivisionError):
        either_store.replace_scores(DAY, outcomes, (row(f"A{4 // (2 - number)}") for number in range(3)))
    assert [either_store.scores(outcome, DAY)[0].agent_id for outcome in outcomes] == ["A1", "A1"]


def test_the_log_of_sqlite_is_empty_after_a_batch(store: Store, home: Home) -> None:
    store.replace_scores(DAY, "burnout", [row(f"A{number}") for number in range(3_000)])
    assert (home.root / "respite.db-wal").stat().st_size == 0
    assert len(store.scores("burnout", DAY)) == 3_000
