"""Scores without their reasons are the store's, and means over people are those of their rows."""

import pytest

from features import Home
from serving import Store
from serving.reports.material import Material
from serving.reports.scores import load_scores


def test_rows_are_those_of_the_store(road: Home, material: Material) -> None:
    store = Store(road)
    for outcome, scored in material.scores.items():
        kept = store.scores(outcome, material.day)
        assert [row.agent_id for row in scored.now] == [score.agent_id for score in kept]
        for row, score in zip(scored.now, kept, strict=True):
            told = row._asdict()
            assert told == {name: getattr(score, name) for name in told}
    assert load_scores(store, "burnout", material.day, 12).carried == []
    store.close()


def test_means_over_people_are_those_of_their_rows(material: Material) -> None:
    for scored in material.scores.values():
        people = frozenset(sorted(scored.present)[:12])
        rows = [scored.rows[agent] for agent in people]
        found = scored.figures(people)
        assert found.people == 12
        assert found.mean == pytest.approx(sum(row.probability for row in rows) / 12)
        for family, value in found.families.items():
            assert value == pytest.approx(sum(row.families[family] for row in rows) / 12)
        assert found.log_odds == pytest.approx(found.base + sum(found.families.values()))
