"""The memory of releases outlives the process, and names nobody."""

from datetime import date, timedelta
from threading import Thread

import pytest
from sqlalchemy import select

from features import Home
from serving import Store
from serving.privacy.memory import Memory, forget_old, load, releases_of
from serving.privacy.policy import PrivacyPolicy
from serving.privacy.pseudonyms import forget
from serving.privacy.tables import CohortRow

DAY = date(2026, 3, 2)
TEAM = {f"A{number:04d}" for number in range(12)}
PEOPLE = TEAM | {f"A{number:04d}" for number in range(12, 30)}


def release(store: Store, people: set[str], day: date = DAY) -> frozenset[str] | None:
    with releases_of(store, people) as releases:
        return releases.admit("work", day, "team A", people).people


def test_what_was_shown_is_remembered_and_held_against_the_next(store: Store) -> None:
    assert release(store, TEAM) == TEAM
    assert release(store, TEAM - {"A0003"}, DAY + timedelta(days=7)) is None


def test_the_memory_names_nobody(store: Store) -> None:
    release(store, TEAM)
    with store.writing() as session:
        (cohort,) = session.scalars(select(CohortRow))
    assert len(cohort.people) == 12
    assert not TEAM & set(cohort.people)


def test_an_erased_agent_stays_in_the_memory_as_nobody(store: Store) -> None:
    release(store, TEAM)
    with store.writing() as session:
        forget(session, "A0003")
    with store.writing() as session:
        (shown,) = load(session, TEAM - {"A0003"})
    assert len(shown.people) == 12
    assert len(shown.people - TEAM) == 1
    assert release(store, TEAM - {"A0003"}, DAY + timedelta(days=7)) is None


def test_a_release_whose_page_fails_is_not_remembered(store: Store) -> None:
    def failing_page() -> None:
        with releases_of(store, TEAM) as releases:
            releases.admit("work", DAY, "team A", TEAM)
            raise RuntimeError("the page")

    with pytest.raises(RuntimeError, match="the page"):
        failing_page()
    with store.writing() as session:
        assert load(session, TEAM) == []


def test_what_is_older_than_the_memory_is_forgotten_with_its_cohort(store: Store) -> None:
    release(store, TEAM)
    with store.writing() as session:
        assert forget_old(session, DAY + timedelta(days=112), PrivacyPolicy()) == 0
        assert forget_old(session, DAY + timedelta(days=113), PrivacyPolicy()) == 1
        assert session.scalars(select(CohortRow)).all() == []


def test_two_pages_are_decided_one_after_the_other(store: Store, home: Home) -> None:
    release(store, TEAM)
    other = Store(home)
    done: list[frozenset[str] | None] = []
    later = Thread(target=lambda: done.append(release(other, TEAM - {"A0003"}, DAY + timedelta(days=7))))
    with releases_of(store, TEAM) as releases:
        later.start()
        later.join(timeout=0.3)
        assert later.is_alive(), "the other page waits"
        releases.admit("work", DAY, "team A", TEAM)
    later.join(timeout=30)
    other.close()
    assert done == [None]


def test_the_memory_for_many_pages_knows_what_others_remembered(either_store: Store) -> None:
    memory, people = Memory(either_store, PEOPLE), frozenset(TEAM)
    with memory.releases() as ours:
        assert ours.admit("work", DAY, "team A", people).people == people
    with releases_of(either_store, PEOPLE) as theirs:
        assert theirs.shown == ours.shown
        assert theirs.admit("work", DAY, "team B", frozenset(PEOPLE)).people
    with memory.releases() as ours:
        assert len(ours.shown) == 2
        assert ours.admit("work", DAY, "team B", frozenset(PEOPLE)).people == frozenset(PEOPLE)
    with releases_of(either_store, PEOPLE) as theirs:
        assert len(theirs.shown) == 2


def test_a_page_that_fails_is_not_remembered_by_the_memory_for_many_pages(store: Store) -> None:
    memory = Memory(store, PEOPLE)

    def failing_page() -> None:
        with memory.releases() as releases:
            releases.admit("work", DAY, "team A", frozenset(TEAM))
            raise RuntimeError("the page")

    with pytest.raises(RuntimeError, match="the page"):
        failing_page()
    with memory.releases() as releases:
        assert releases.shown == []


def test_what_was_forgotten_by_age_is_forgotten_by_the_memory_for_many_pages(store: Store) -> None:
    memory = Memory(store, PEOPLE)
    with memory.releases() as releases:
        releases.admit("work", DAY, "team A", frozenset(TEAM))
    with store.writing() as session:
        forget_old(session, DAY + timedelta(days=400), PrivacyPolicy())
    with memory.releases() as releases:
        assert releases.shown == []
