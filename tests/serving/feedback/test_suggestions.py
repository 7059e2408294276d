"""Suggestions in the store: neither a row nor the order of rows nor what is counted leads to a person or a moment."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import OperationalError

from serving import Store
from serving.feedback.origin import Origin
from serving.feedback.suggestions import (
    A_DAY,
    TooManyError,
    forget_suggestions,
    keep,
    read_from,
    suggestions_of,
    suggestions_shared,
)
from serving.feedback.tables import Suggestion, SuggestionCount
from serving.privacy.keys import Keys

MONDAY = datetime(2026, 3, 2, 9, tzinfo=UTC)
NEXT, TEAM = MONDAY + timedelta(days=7), Origin("T1")
Give = Callable[..., None]


@pytest.fixture
def give(either_store: Store) -> Give:
    """Keep a suggestion, each of another person."""
    persons = iter(range(10_000))

    def given(said: str, now: datetime = MONDAY, origin: Origin = TEAM, agent: str | None = None) -> None:
        with either_store.writing() as session:
            keep(session, agent or f"A{next(persons)}", said, origin, now)

    return given


def kept(store: Store) -> list[Suggestion]:
    """Rows in the order in which the database has them."""
    with store.session() as session:
        return list(session.scalars(select(Suggestion)))


def test_the_time_of_a_suggestion_is_its_week(give: Give, either_store: Store) -> None:
    for day in range(7):
        give(f"day {day}", MONDAY + timedelta(days=day, hours=day))
    assert {row.week for row in kept(either_store)} == {date(2026, 3, 2)}
    assert read_from(MONDAY + timedelta(days=6, hours=14)) == date(2026, 3, 9)


def test_the_order_of_rows_is_not_the_order_in_which_they_came(give: Give, either_store: Store) -> None:
    for number in range(24):
        give(f"{number:02d}")
        if number == 22:
            keys = {row.key for row in kept(either_store)}
    found = [row.said for row in kept(either_store)]
    assert sorted(found) == [f"{number:02d}" for number in range(24)]
    assert found != sorted(found)
    assert not keys & {row.key for row in kept(either_store)}, "a key that stays tells which one is new"


def test_no_number_and_no_transaction_of_a_row_tells_when_it_came(give: Give, either_store: Store) -> None:
    for number in range(6):
        give(f"{number}")
    with either_store.engine.connect() as connection:
        if connection.dialect.name == "postgresql":
            written = connection.execute(text("SELECT DISTINCT xmin::text FROM suggestions")).all()
            assert len(written) == 1
        else:
            for table in ("suggestions", "suggestion_counts"):
                with pytest.raises(OperationalError, match="rowid"):
                    connection.execute(text(f"SELECT rowid FROM {table}"))


def test_nothing_is_read_before_its_week_is_over(give: Give, either_store: Store) -> None:
    give("too early")
    assert suggestions_of(either_store, None, 10, MONDAY + timedelta(days=6, hours=14)) == []
    give("of the week after", NEXT)
    assert [row.said for row in suggestions_of(either_store, None, 10, NEXT)] == ["too early"]


def test_the_newest_week_is_first_and_a_team_can_be_asked_for(give: Give, either_store: Store) -> None:
    give("old")
    give("new", NEXT)
    give("of a site", NEXT, Origin(site_id="S1"))
    later = NEXT + timedelta(days=7)
    assert {row.said for row in suggestions_of(either_store, None, 2, later)} == {"new", "of a site"}
    assert [row.said for row in suggestions_of(either_store, "T1", 10, later)] == ["new", "old"]


def test_managers_read_a_team_s_only_together_with_enough_that_are_new(give: Give, either_store: Store) -> None:
    def read(now: datetime, team: str = "T1") -> int:
        return len(suggestions_shared(either_store, {team}, 5, 100, now))

    for number in range(4):
        give(f"{number}")
    assert read(NEXT) == 0
    give("the fifth")
    assert (read(MONDAY), read(NEXT)) == (0, 5)
    give("alone in its week", NEXT)
    for _ in range(5):
        give("of another team", NEXT, Origin("T2"))
    later = NEXT + timedelta(days=7)
    assert (read(later), read(later, "T2"), read(later, "T3")) == (5, 5, 0)
    for number in range(4):
        give(f"{number}", later)
    assert read(later + timedelta(days=7)) == 10


def test_a_person_gives_some_a_day_and_others_still_can(give: Give, either_store: Store) -> None:
    for number in range(A_DAY):
        give(f"{number}", agent="A")
    with pytest.raises(TooManyError, match="3 suggestions a day"):
        give("too many", agent="A")
    give("another's", agent="B")
    give("the day after", MONDAY + timedelta(days=1), agent="A")
    assert len(kept(either_store)) == A_DAY + 2


def test_what_is_counted_names_nobody_and_goes_with_its_key_when_the_day_is_over(
    give: Give, either_store: Store
) -> None:
    give("one", agent="A0001")
    with either_store.session() as session:
        (count,) = session.scalars(select(SuggestionCount))
        keys = Keys.of(session)
    assert "A0001" not in count.person
    first = keys.key("suggestions-2026-03-02")
    give("two", MONDAY + timedelta(days=1), agent="A0001")
    with either_store.session() as session:
        (after,) = session.scalars(select(SuggestionCount))
    assert (after.day, after.count) == (date(2026, 3, 3), 1)
    assert after.person != count.person
    assert keys.periods() == ["suggestions-2026-03-03"]
    assert keys.key("suggestions-2026-03-03") != first


def test_old_ones_and_former_counts_are_forgotten_and_a_dry_run_only_says_so(give: Give, either_store: Store) -> None:
    give("old")
    give("new", NEXT)
    for dry, left in ((True, 2), (False, 1)):
        with either_store.writing() as session:
            assert forget_suggestions(session, NEXT.date(), (NEXT + timedelta(days=1)).date(), dry) == 1
            keys = Keys.of(session).periods()
        assert (len(kept(either_store)), len(keys)) == (left, 1 if dry else 0)
