"""Where people find help at a site: in its own words, and no link that tells who followed it."""

import json
from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import yaml

from features import Home
from features.errors import ConfigError
from serving import Store
from serving.outreach.actions import catalog
from serving.outreach.guide import guide_of
from serving.outreach.sites import Overrides, overrides_of
from serving.outreach.tables import Offer

ENTRY = {
    "name": "Employee assistance", "words": "Confidential talks, free of charge.", "contact": "EXAMPLE 0000 000",
    "hours": "at any time",
}  # fmt: skip


def read(tmp_path: Path, entries: object, **site: Any) -> Overrides:
    file = tmp_path / "site.yaml"
    section = {"outreach": {"sites": {"S2": {"help": entries} | site}}}
    file.write_text(yaml.safe_dump(section, allow_unicode=True), encoding="utf-8")
    return overrides_of(file, catalog())


def test_a_site_has_its_own_help_and_others_do_not(tmp_path: Path) -> None:
    found = read(tmp_path, [ENTRY, {"name": "Betriebsrat", "words": "Hört zu.", "contact": "Raum 0.00 (Beispiel)"}])
    assert [(one.name, one.hours) for one in found.help_at("S2")] == [
        ("Employee assistance", "at any time"), ("Betriebsrat", None),
    ]  # fmt: skip
    assert found.help_at("S1") == ()


def test_the_guide_of_an_offer_tells_the_help_of_its_site(tmp_path: Path) -> None:
    overrides = read(tmp_path, [ENTRY])
    here, elsewhere = (guide_of(Offer(action="check-in", also=[], site_id=site), overrides) for site in ("S2", "S1"))
    line = "  - Employee assistance: Confidential talks, free of charge. EXAMPLE 0000 000 (at any time)"
    assert line in here.text.splitlines()
    assert here.as_dict()["help"] == [ENTRY]
    assert "find help here" not in elsewhere.text
    assert elsewhere.as_dict()["help"] == []


@pytest.mark.parametrize("address", ["https://help.example.org/talk", "www.example.org", "help@example.org"])
def test_an_address_that_says_nothing_of_who_follows_it_is_taken(address: str, tmp_path: Path) -> None:
    assert read(tmp_path, [ENTRY | {"contact": address}]).help_at("S2")[0].contact == address


WRONG: list[tuple[object, str]] = [
    ([ENTRY | {"phone": "0"}], r"S2\.help\.0\.phone: Extra inputs"),
    ([{"name": "Help"}], r"S2\.help\.0\.words: Field required"),
    ([ENTRY | {"name": "x"}], r"help\.0\.name: String should have at least 3"),
    ([ENTRY | {"contact": "x" * 161}], r"help\.0\.contact: String should have at most 160"),
    ([ENTRY | {"words": "x" * 301}], r"help\.0\.words: String should have at most 300"),
    ([ENTRY | {"hours": ""}], r"help\.0\.hours: String should have at least 3"),
    (
        [ENTRY | {"contact": "http://help.example.org"}],
        r"help\.0\.contact: 'http://help.example.org': an address begins",
    ),
    ([ENTRY | {"contact": "HTTP://help.example.org"}], "an address begins with https"),
    ([ENTRY | {"words": "See ftp://help.example.org."}], r"help\.0\.words: .* an address begins with https"),
    ([ENTRY | {"contact": "https://help.example.org/?utm_source=respite"}], "can tell who follows a link"),
    ([ENTRY | {"contact": "www.example.org/go?id=7"}], "can tell who follows a link"),
    ([ENTRY | {"hours": "see https://example.org/#a7"}], r"help\.0\.hours: .* can tell who follows a link"),
    ([ENTRY | {"contact": "https://A0007@example.org/"}], "can tell who follows a link"),
    ([ENTRY | {"words": "For people at high risk."}], r"help\.0\.words: 'high risk' in"),
    ([ENTRY, ENTRY], r"S2\.help: 'Employee assistance' is there twice"),
    ([ENTRY | {"name": f"Service {number}"} for number in range(13)], r"S2\.help: Tuple should have at most 12"),
    ("call us", r"S2\.help: Input should be"),
]


@pytest.mark.parametrize(("entries", "sentence"), WRONG)
def test_help_that_is_none_is_refused_at_its_place(entries: object, sentence: str, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"site\.yaml: outreach\.sites\.") as refused:
        read(tmp_path, entries)
    assert refused.match(sentence)


def test_a_key_that_a_site_does_not_have_is_refused_as_ever(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"outreach\.sites\.S2\.helps: Extra inputs"):
        read(tmp_path, [ENTRY], helps=[])


@pytest.fixture
def configured(own_road: Home, newest: pd.DataFrame) -> tuple[Home, dict[str, str]]:
    """A home whose configuration has help at the site of somebody, and asks for many people behind a figure."""
    someone = {name: str(newest.iloc[0][name]) for name in ("agent_id", "team_id", "site_id")}
    section = {"outreach": {"sites": {someone["site_id"]: {"help": [ENTRY]}}}, "privacy": {"minimum_group": 61}}
    (own_road.root / "respite.yaml").write_text(yaml.safe_dump(section), encoding="utf-8")
    return own_road, someone


def test_pages_of_the_command_line_know_what_the_service_knows(
    configured: tuple[Home, dict[str, str]], command: Callable[..., Any]
) -> None:
    home, someone = configured
    path = json.loads(command("report", "--agent", someone["agent_id"], "--home", home.root, "--json").out)["path"]
    assert ENTRY["contact"] in Path(path).read_text(encoding="utf-8")
    refused = command("report", "--team", someone["team_id"], "--home", home.root)
    assert refused.code == 2, "of 60 people no figure is over 61"
    (home.root / "respite.yaml").write_text("outreach: {sites: {S1: {help: [{name: x}]}}}", encoding="utf-8")
    wrong = command("report", "--agent", someone["agent_id"], "--home", home.root)
    assert "configuration: outreach.sites.S1.help.0.name: String should have at least 3" in wrong.err


def test_guides_of_the_command_line_follow_the_configuration_where_no_file_is_named(
    configured: tuple[Home, dict[str, str]], command: Callable[..., Any], tmp_path: Path, last_day: date
) -> None:
    home, someone = configured
    store = Store(home)
    with store.writing() as session:
        row = {
            "uid": "u", "manager_id": "M1", "program": "care", "week": last_day, "arm": "offer", "action": "check-in",
            "also": [], "state": "offered", "offered_by": "M1", "offered_at": datetime(2026, 1, 5, tzinfo=UTC),
        }  # fmt: skip
        session.add(Offer(number=1, **row | someone))
    store.close()
    guide = ("outreach", "guide", "--offer", 1, "--home", home.root)
    assert ENTRY["contact"] in command(*guide).out
    other = tmp_path / "other.yaml"
    other.write_text("outreach: {}", encoding="utf-8")
    assert ENTRY["contact"] not in command(*guide, "--config", other).out
