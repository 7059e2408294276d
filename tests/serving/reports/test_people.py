"""People on a team's page: who shares and nobody else, and no number that tells about those who don't."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from sqlalchemy import delete

from features import Home
from serving import Store
from serving.consent import record
from serving.reports.material import Material
from serving.reports.people import people_of
from serving.tables import Consent

NOW = datetime(2026, 5, 25, tzinfo=UTC)


@pytest.fixture
def store(road: Home) -> Iterator[Store]:
    """The road's store, with the consents of a test alone."""
    made = Store(road)
    yield made
    with made.writing() as session:
        session.execute(delete(Consent))
    made.close()


@pytest.fixture
def raised(store: Store, material: Material) -> tuple[str, list[str]]:
    """A team in which somebody's score is above usual, and its members, that one first."""
    (first, *_) = [score for score in store.scores("burnout", material.day) if score.band not in (None, "usual")]
    others = sorted(material.weeks.members("team_id", first.team_id) - {first.agent_id})
    return first.team_id, [first.agent_id, *others]


def test_only_those_who_share_are_named(store: Store, material: Material, raised: tuple[str, list[str]]) -> None:
    team, members = raised
    assert people_of(store, material, team, members).share == 0
    record(store, members[0], "share_with_manager", True, NOW)
    found = people_of(store, material, team, members)
    assert (found.share, [one.agent_id for one in found.people]) == (1, members[:1])
    assert found.people[0].reasons
    assert found.people[0].suggestions
    record(store, members[0], "share_with_manager", False, NOW)
    assert people_of(store, material, team, members).people == []


def test_numbers_are_told_where_the_minimum_remains(
    store: Store, material: Material, raised: tuple[str, list[str]]
) -> None:
    team, members = raised
    record(store, members[0], "share_with_manager", True, NOW)
    many = [*members, *(f"X{number}" for number in range(10))]
    assert people_of(store, material, team, many).numbers
    few = people_of(store, material, team, members[:5])
    assert not few.numbers
    for line in [line for one in few.people for line in one.reasons]:
        assert re.search(r"(more|less) than", line) or ":" not in line
        assert not re.search(r"\d+(\.\d+)?%|\b\d+\.\d", line)


def test_survey_answers_and_absences_are_kept_back(
    store: Store, material: Material, raised: tuple[str, list[str]]
) -> None:
    team, members = raised
    record(store, members[0], "share_with_manager", True, NOW)
    for one in people_of(store, material, team, [*members, *map(str, range(10))]).people:
        assert not [line for line in one.reasons if "survey" in line.lower() or "absence" in line.lower()]
