"""Opting out stops the scoring of one, the switch that of all; a manager sees neither who nor why."""

from datetime import datetime

import pytest

from features import Home, load_frame
from features.errors import NotReadyError
from serving import Store, score_all
from serving.consent import consent_store, may_score, record, stopped, switch
from serving.privacy.opt_out import NO_SCORE, OPTED_OUT, for_manager
from serving.store import Score

AT = datetime(2026, 3, 2)  # noqa: DTZ001 - the store holds UTC without a zone


@pytest.fixture
def consent(store: Store) -> Store:
    return consent_store(store)


def test_the_last_answer_counts_and_the_earlier_ones_are_kept(consent: Store) -> None:
    with consent.session() as session:
        assert may_score(session, ["A1", "A2"]) == {"A1", "A2"}
        record(session, "A1", "scoring", False, AT)
        assert may_score(session, ["A1", "A2"]) == {"A2"}
        record(session, "A1", "share_with_manager", True, AT)
        assert may_score(session, ["A1", "A2"]) == {"A2"}
        record(session, "A1", "scoring", True, AT)
        assert may_score(session, ["A1", "A2"]) == {"A1", "A2"}


def test_the_switch_has_a_reason_until_it_is_turned_back(consent: Store) -> None:
    with consent.session() as session:
        assert stopped(session) is None
        switch(session, "scoring", True, "an audit", "hr", AT)
        assert stopped(session) == "an audit"
        switch(session, "scoring", False, "done", "hr", AT)
        assert stopped(session) is None


def test_who_opted_out_gets_no_score_in_the_next_batch(own_road: Home) -> None:
    agent = str(load_frame(own_road)["agent_id"].iloc[-1])
    store = consent_store(Store(own_road))
    with store.session() as session:
        record(session, agent, "scoring", False, AT)
    day = score_all(own_road).as_of
    for outcome in ("burnout", "turnover"):
        (score,) = store.scores(outcome, day, [agent])
        assert (score.probability, score.base, score.reasons, score.abstained) == (None, None, [], OPTED_OUT)
    others = [score for score in store.scores("burnout", day) if score.agent_id != agent]
    assert any(score.probability is not None for score in others)
    store.close()


def test_while_the_switch_is_on_nothing_is_scored(own_road: Home) -> None:
    store = consent_store(Store(own_road))
    with store.session() as session:
        switch(session, "scoring", True, "an audit", "hr", AT)
    store.close()
    with pytest.raises(NotReadyError, match=r"Scoring is stopped: an audit\. `respite resume"):
        score_all(own_road)


def test_every_missing_score_reads_the_same_to_a_manager(scored: Store) -> None:
    found = scored.scores("burnout", scored.latest("burnout"))
    absent = [copy(found[0], why) for why in (OPTED_OUT, "too little history", "unlike anything seen in training: x")]
    shown = [for_manager(score) for score in absent]
    assert shown[0] == shown[1] == shown[2]
    assert shown[0]["abstained"] == NO_SCORE
    present = next(score for score in found if score.probability is not None)
    assert for_manager(present)["probability"] == present.probability


def copy(score: Score, why: str) -> Score:
    values = {column.name: getattr(score, column.name) for column in Score.__table__.columns}
    return Score(**values | {"probability": None, "abstained": why})
