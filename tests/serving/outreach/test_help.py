"""Where people find help at a site: in its own words, and no link that tells who followed it."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from features.errors import ConfigError
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
