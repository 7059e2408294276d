"""Figures of team pages, taken together over all pages and weeks, isolate nobody; and they hide who opted out."""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import replace
from types import SimpleNamespace

import pandas as pd
import pytest

from features import Home
from features.errors import InputError
from serving.privacy.disclosure import leverages
from serving.privacy.policy import PrivacyPolicy
from serving.privacy.releases import Releases
from serving.reports.groups import group_of, means, standing
from serving.reports.material import WORK, Material, gather
from serving.reports.scores import Scored
from serving.reports.team import team_report
from serving.reports.weeks import Weeks
from serving.store import Store


@pytest.fixture(scope="module")
def material(road: Home) -> Iterator[Material]:
    store = Store(road)
    yield gather(road, store)
    store.close()


@pytest.fixture
def fresh(material: Material) -> Material:
    """The material before anything was shown."""
    return replace(material, releases=Releases())


def week(material: Material, back: int, releases: Releases) -> Material:
    """The material as it was some weeks ago, scores aside."""
    as_of, rows = material.as_of - pd.Timedelta(weeks=back), material.weeks.rows
    weeks = Weeks(rows[rows["as_of"] <= as_of], None if back else material.now)
    return replace(material, weeks=weeks, champions={}, releases=releases)


def test_all_pages_of_successive_weeks_together_isolate_nobody(material: Material) -> None:
    releases, pages = Releases(), 0
    for back in (3, 2, 1, 0):
        then = week(material, back, releases)
        for team in sorted(set(then.now["team_id"])):
            try:
                team_report(then, team)
            except InputError as held:
                assert "nothing is shown" in str(held)  # noqa: PT017 - one of two good ends
            else:
                pages += 1
    assert pages >= 8
    groups: dict[str, set[frozenset[str]]] = defaultdict(set)
    for release in releases.shown:
        groups[release.quantity].add(release.people)
    assert {name for names in WORK.values() for name in names} <= set(groups)
    for quantity, people in groups.items():
        assert max(leverages(sorted(people, key=sorted)).values()) <= 0.1 + 1e-9, quantity


def test_means_are_over_the_same_people_in_every_week(fresh: Material) -> None:
    team = str(fresh.now["team_id"].value_counts().index[0])
    group = group_of(fresh, team)
    line = means(fresh, group, "contacts_per_hour")
    (people,) = {
        r.people for r in fresh.releases.shown if r.quantity == "contacts_per_hour" and r.group == "team_id " + team
    }
    rows = fresh.weeks.rows[fresh.weeks.rows["agent_id"].isin(people)]
    wide = rows.pivot_table(index="agent_id", columns="as_of", values="contacts_per_hour").ffill(axis=1).bfill(axis=1)
    assert line is not None
    assert list(line) == pytest.approx(list(wide.mean()))


def without_score(material: Material, agent: str, why: str | None) -> Material:
    """The material in which an agent has no score now, with a reason, or (None) no row at all; but had one before."""
    scores = {}
    for outcome, scored in material.scores.items():
        rows = [SimpleNamespace(**row._asdict()) for row in scored.now]
        carried = [SimpleNamespace(**vars(row)) for row in rows if row.agent_id == agent]
        for row in rows:
            if row.agent_id == agent:
                row.probability, row.base, row.families = None, None, {}
        scores[outcome] = Scored(outcome, [r for r in rows if why is not None or r.agent_id != agent], carried)
    return replace(material, scores=scores)


def largest_team(material: Material) -> tuple[str, str]:
    scored = [row for row in material.scores["burnout"].now if row.probability is not None]
    team = pd.Series([row.team_id for row in scored]).value_counts().index[0]
    return str(team), next(row.agent_id for row in scored if row.team_id == team)


def test_a_manager_cannot_tell_who_opted_out_from_who_has_no_score_for_other_reasons(material: Material) -> None:
    team, agent = largest_team(material)
    pages = {
        why: team_report(replace(without_score(material, agent, why), releases=Releases()), team)
        for why in ("opted out", "too little history: fewer than 30 contacts in the last 28 days", None)
    }
    assert len(set(pages.values())) == 1
    assert "opted" not in pages["opted out"]


def test_opting_out_changes_nothing_on_the_page_of_a_team_that_was_shown(material: Material) -> None:
    team, agent = largest_team(material)
    releases = Releases()
    before = team_report(replace(material, releases=releases), team)
    assert team_report(replace(without_score(material, agent, "opted out"), releases=releases), team) == before


def test_a_larger_minimum_hides_more(material: Material) -> None:
    strict = replace(material, releases=Releases(PrivacyPolicy(minimum_group=500)))
    with pytest.raises(InputError, match="fewer than 500 agents"):
        group_of(strict, str(material.now["team_id"].iloc[0]))


def test_scores_of_a_group_come_with_those_of_everyone(fresh: Material) -> None:
    team, _ = largest_team(fresh)
    found = standing(fresh, group_of(fresh, team), "burnout")
    assert found is not None
    assert 10 <= found.group.people == len(found.people) < found.everyone.people
    members = [row for row in fresh.scores["burnout"].now if row.agent_id in found.people]
    assert found.group.mean == pytest.approx(sum(row.probability for row in members) / len(members))
    assert found.group.log_odds == pytest.approx(
        sum(row.base + sum(row.families.values()) for row in members) / len(members)
    )
