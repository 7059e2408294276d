"""Opting out stops the scoring of one, the switch that of all; a manager sees neither who nor why."""

from datetime import UTC, datetime
from typing import Any

import pytest

from features import Home, load_frame
from serving import Store, score_all
from serving.consent import StoppedError, record, turn
from serving.privacy.opt_out import NO_SCORE, OPTED_OUT, for_manager
from serving.store import Score

AT = datetime(2026, 3, 2, tzinfo=UTC)


def test_who_opted_out_gets_no_score_in_the_next_batch(own_road: Home) -> None:
    agent = str(load_frame(own_road)["agent_id"].iloc[-1])
    store = Store(own_road)
    record(store, agent, "scoring", False, AT)
    day = score_all(own_road).as_of
    for outcome in ("burnout", "turnover"):
        (score,) = store.scores(outcome, day, [agent])
        assert (score.probability, score.base, score.reasons, score.abstained) == (None, None, [], OPTED_OUT)
    others = [score for score in store.scores("burnout", day) if score.agent_id != agent]
    assert any(score.probability is not None for score in others)
    store.close()


def test_while_the_switch_is_on_nothing_is_scored(own_road: Home) -> None:
    store = Store(own_road)
    turn(store, True, "an audit", "hr", AT)
    store.close()
    with pytest.raises(StoppedError, match="Respite was stopped by hr on 2026-03-02 00:00 UTC: an audit"):
        score_all(own_road)


def test_every_missing_score_reads_the_same_to_a_manager(scored: Store) -> None:
    found = scored.scores("burnout", scored.latest("burnout"))
    absent = [
        row_of(found[0]) | {"probability": None, "abstained": why}
        for why in (OPTED_OUT, "too little history", "unlike anything seen in training: x")
    ]
    shown = [for_manager(row) for row in absent]
    assert shown[0] == shown[1] == shown[2]
    assert shown[0]["abstained"] == NO_SCORE
    present = next(score for score in found if score.probability is not None)
    assert for_manager(row_of(present)) == row_of(present)


def row_of(score: Score) -> dict[str, Any]:
    return {column.name: getattr(score, column.name) for column in Score.__table__.columns}
