"""Retention: what is older goes, what is younger stays, and features can still be built."""

import os
from datetime import date, datetime, time, timedelta

import pandas as pd
import pytest
from sqlalchemy import select

from features import Home, load_frame, write_features
from features.fact_files import Facts
from features.raw import reach, rows
from serving import Store
from serving.feedback.tables import Feedback, Suggestion
from serving.outreach.tables import Offer, OfferNote, OutboxRow
from serving.privacy.keys import Keys
from serving.privacy.policy import PrivacyPolicy, RetentionPolicy
from serving.privacy.pseudonyms import pseudonym
from serving.privacy.retention import Deleted, retain


@pytest.fixture
def today(own_road: Home) -> date:
    return load_frame(own_road)["as_of"].max().date()


def counts(found: list[Deleted]) -> dict[str, int]:
    return {one.what: one.count for one in found}


def test_a_dry_run_says_what_a_run_deletes_and_deletes_nothing(own_road: Home, today: date) -> None:
    before, contacts = load_frame(own_road), len(rows(own_road, "contacts"))
    said = retain(own_road, today, dry_run=True)
    assert len(rows(own_road, "contacts")) == contacts
    pd.testing.assert_frame_equal(load_frame(own_road), before)
    assert counts(said)["raw contacts"] > 0
    assert retain(own_road, today) == said
    assert set(counts(retain(own_road, today)).values()) == {0}


def test_raw_contacts_go_after_90_days_and_features_after_a_year(own_road: Home, today: date) -> None:
    retain(own_road, today)
    contacts = rows(own_road, "contacts")
    assert contacts["started_at"].min() >= pd.Timestamp(today - timedelta(days=91))
    assert load_frame(own_road)["as_of"].min() >= pd.Timestamp(today - timedelta(days=365))


def test_features_that_are_kept_can_be_built_again_and_are_the_same(own_road: Home, today: date) -> None:
    policy = PrivacyPolicy(retention=RetentionPolicy(feature_days=200))
    retain(own_road, today, policy)
    kept = load_frame(own_road)
    assert kept["as_of"].nunique() > 20
    assert Facts.load(own_road).batches
    write_features(own_road)
    again = load_frame(own_road)
    shared = sorted(set(kept["as_of"]) & set(again["as_of"]))
    assert len(shared) >= kept["as_of"].nunique() - 1
    assert again["as_of"].max() == kept["as_of"].max()
    both = [one[one["as_of"].isin(shared)].reset_index(drop=True) for one in (kept, again)]
    pd.testing.assert_frame_equal(*both)


def test_the_reach_of_what_was_there_is_remembered(own_road: Home, today: date) -> None:
    before = reach(own_road, "contacts", "started_at", "ended_at")
    retain(own_road, today)
    after = reach(own_road, "contacts", "started_at", "ended_at")
    assert before is not None
    assert after is not None
    assert after == (max(before[0], pd.Timestamp(today - timedelta(days=365))), before[1])


def test_scores_pages_and_closed_periods_go_with_their_days(own_road: Home, today: date) -> None:
    own_road.reports.mkdir(exist_ok=True)
    page = own_road.reports / "team-X.html"
    page.write_text("old")
    old = pd.Timestamp(today - timedelta(days=400)).timestamp()
    os.utime(page, (old, old))
    store = Store(own_road)
    with store.writing() as session:
        for period in ("2001-01", f"{today:%Y-%m}", "releases"):
            pseudonym(session, "A0001", period)
        keys = Keys.of(session)
    later = today + timedelta(days=366)
    found = counts(retain(own_road, later))
    assert found["scores"] > 0
    assert not page.exists()
    assert "2001-01" not in keys.periods()
    assert "releases" in keys.periods()
    assert store.latest("burnout") is None
    store.close()


def test_suggestions_go_after_a_year(home: Home) -> None:
    store = Store(home)
    with store.writing() as session:
        for number, week in enumerate((date(2025, 2, 24), date(2025, 3, 3))):
            session.add(Suggestion(key=f"{number}", week=week, said="words", shared=False))
    said = counts(retain(home, date(2026, 3, 3), dry_run=True))
    assert said["suggestions"] == counts(retain(home, date(2026, 3, 3)))["suggestions"] == 1
    assert counts(retain(home, date(2026, 3, 3)))["suggestions"] == 0
    store.close()


def test_offers_go_after_two_years_with_their_notes_and_what_was_to_be_sent(home: Home) -> None:
    store = Store(home)
    with store.writing() as session:
        for week in (date(2024, 2, 26), date(2024, 3, 4)):
            offer = Offer(
                uid=f"{week}", agent_id="A1", manager_id="M1", team_id="T1", site_id="S1", program="care", week=week,
                arm="offer", action="talk", also=[], state="outcome", offered_at=datetime.combine(week, time()),
            )  # fmt: skip
            session.add(offer)
            session.flush()
            made = datetime.combine(week, time())
            session.add(OfferNote(offer=offer.number, agent_id="A1", note="words", by="M1", at=made))
            session.add(
                OutboxRow(offer=offer.number, agent_id="A1", kind="due", due_on=week, notice={}, created_at=made)
            )
    said = counts(retain(home, date(2026, 3, 2), dry_run=True))
    assert said["offers"] == counts(retain(home, date(2026, 3, 2)))["offers"] == 1
    with store.session() as session:
        for table in (Offer, OfferNote, OutboxRow):
            assert len(session.scalars(select(table)).all()) == 1, table
        assert session.scalars(select(Offer.week)).all() == [date(2024, 3, 4)]
    store.close()


def test_feedback_goes_a_year_after_its_answer_and_not_before_there_is_one(home: Home) -> None:
    store, long_ago = Store(home), datetime.combine(date(2020, 1, 1), time())
    answers = [None, *(datetime.combine(date(2025, 3, day), time()) for day in (1, 2))]
    with store.writing() as session:
        for answered_at in answers:
            session.add(
                Feedback(agent_id="A1", kind="note", about="", said="words", state="", at=long_ago,
                         answered_at=answered_at)
            )  # fmt: skip
    assert counts(retain(home, date(2026, 3, 2)))["answered feedback"] == 1
    with store.session() as session:
        assert session.scalars(select(Feedback.answered_at)).all() == [None, answers[2]]
    store.close()


def test_an_empty_home_has_nothing_to_delete(home: Home) -> None:
    assert set(counts(retain(home, date(2026, 3, 2))).values()) == {0}
