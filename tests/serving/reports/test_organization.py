"""The page of the organization: every team once, what may not be shown held, numbers those of the scores."""

import re
from collections.abc import Iterator
from dataclasses import replace
from html import unescape

import pytest

from features import Home
from serving import Store
from serving.privacy.disclosure import leverages
from serving.privacy.releases import Releases
from serving.reports.drivers import TENURES, drivers
from serving.reports.material import Material
from serving.reports.organization import Records, gather_records, organization_report
from training.explain import FAMILIES

TILE = re.compile(r'<li class="(shade\d|none)"><b><bdi>([^<]+)</bdi></b><span><bdi>([^<]+)</bdi></span> <span>([^<]+)<')


@pytest.fixture(scope="module")
def records(road: Home, material: Material) -> Iterator[Records]:
    store = Store(road)
    yield gather_records(road, store, material, 10)
    store.close()


@pytest.fixture
def fresh(material: Material) -> Material:
    return replace(material, releases=Releases())


def test_every_team_has_a_tile_for_each_outcome_with_the_mean_of_its_scores(fresh: Material, records: Records) -> None:
    page = unescape(organization_report(fresh, records))
    parts = re.split(r"<h2>(?:Exhaustion|Leaving) within", page)[1:]
    assert len(parts) == len(fresh.scores)
    for part, scored in zip(parts, fresh.scores.values(), strict=True):
        tiles = {team: (look, said) for look, team, _, said in TILE.findall(part)}
        assert set(tiles) == set(fresh.now["team_id"])
        for team, (look, said) in tiles.items():
            people = scored.members("team_id", team)
            if look == "none":
                assert said == "–"
            else:
                assert said == f"{scored.figures(people).mean:.0%}"


def test_figures_of_the_page_together_isolate_nobody(fresh: Material, records: Records) -> None:
    organization_report(fresh, records)
    for outcome in fresh.scores:
        groups = {release.people for release in fresh.releases.shown if release.quantity == outcome}
        assert len(groups) > 3
        assert max(leverages(sorted(groups, key=sorted)).values()) <= 0.1 + 1e-9


def test_drivers_are_by_site_queue_and_time_with_the_company(fresh: Material) -> None:
    found = drivers(fresh, "burnout")
    now = fresh.now
    expected = now["site_id"].nunique() + now["queue"].nunique() + len(TENURES)
    assert len(found) == expected
    for one in found:
        if one.standing is not None:
            assert one.standing.group.people >= 10
            assert set(one.standing.group.families) == set(FAMILIES)


def test_who_is_in_no_large_group_of_tenure_is_in_none_that_is_shown(fresh: Material) -> None:
    tenures = [one for one in drivers(fresh, "burnout") if one.by == "time with the company"]
    shown = [one.standing.people for one in tenures if one.standing]
    assert sum(map(len, shown)) == len(frozenset().union(*shown))


def test_months_and_programs_are_named(fresh: Material, records: Records) -> None:
    page = organization_report(fresh, records)
    for name in ("CSAT", "NPS", "CES", "FCR", "AHT", "Absenteeism", "Turnover", "Burnout prevalence"):
        assert f"<b>{name}</b>" in page
    for program in records.programs:
        assert f"{program.name} since {program.month:%B %Y}" in page
