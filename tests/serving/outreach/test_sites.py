"""Overrides by site: words, people and prices change; evidence and the answers of the organization do not."""

from pathlib import Path

import pytest

from features.errors import ConfigError
from serving.outreach.actions import catalog
from serving.outreach.sites import NOTHING, at_site, overrides_of

GOOD = """
outreach:
  sites:
    S2:
      change:
        check-in: {words: "Magst du erzählen, wie es läuft?", who: works council or team lead, start_within_days: 3}
        technical-training: {queues: ["line-7"]}
      without: [mindfulness]
      add:
        - id: table-tennis
          name: A table and two bats
          drivers: [team-climate]
          level: team
          evidence: {grade: D, source: practice}
          cost: one table
          cadence: any break
          who: the team
          start_within_days: 30
          words: There is a table downstairs. Would you like to play?
          guide: {opening: There is a table., questions: ["Do you play?"], avoid: [Keeping count], next_step: Play.}
"""


def written(path: Path, text: str) -> Path:
    file = path / "site.yaml"
    file.write_text(text, encoding="utf-8")
    return file


def test_a_site_has_its_own_words_and_actions_and_others_do_not(tmp_path: Path) -> None:
    overrides = overrides_of(written(tmp_path, GOOD), catalog())
    here, elsewhere = at_site(catalog(), overrides, "S2"), at_site(catalog(), overrides, "S1")
    ours, theirs = here.action("check-in"), catalog().action("check-in")
    assert ours is not None
    assert theirs is not None
    assert (ours.words, ours.who, ours.start_within_days) == (
        "Magst du erzählen, wie es läuft?", "works council or team lead", 3,
    )  # fmt: skip
    assert (ours.evidence, ours.guide, ours.drivers) == (theirs.evidence, theirs.guide, theirs.drivers)
    assert here.action("mindfulness") is None
    assert here.action("table-tennis") is not None
    assert elsewhere is catalog()


WRONG = [
    ("outreach: {sites: {S2: {of: [x]}}}", r"outreach\.sites\.S2\.of: Extra inputs"),
    ("outreach: {sites: {S2: {without: [luck]}}}", r"outreach\.sites\.S2: no action 'luck'; those are rebalance-load"),
    ("outreach: {sites: {S2: {change: {luck: {who: the team}}}}}", r"no action 'luck'"),
    ("outreach: {sites: {S2: {without: [rebalance-load]}}}", r"S2: actions: none .* answers the driver volume"),
    ("outreach: {sites: {S2: {without: [check-in]}}}", r"S2: actions: none is 'always' suggested"),
    ("outreach: {sites: {S2: {change: {check-in: {words: Your score is high}}}}}", r"S2: 'score' in"),
    ("outreach: {sites: {S2: {change: {check-in: {evidence: {grade: A, source: me}}}}}}", r"evidence: Extra inputs"),
    ("outreach: [1]", r"outreach\.Input should be a valid dictionary"),
    ("outreach: {", r"not a YAML file"),
    ("[1]", r"Input should be a valid dictionary"),
]


@pytest.mark.parametrize(("text", "sentence"), WRONG, ids=[text for text, _ in WRONG])
def test_what_a_site_may_not_set_is_refused(text: str, sentence: str, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=sentence):
        overrides_of(written(tmp_path, text), catalog())


def test_a_file_without_the_section_changes_nothing(tmp_path: Path) -> None:
    assert overrides_of(written(tmp_path, "privacy: {}"), catalog()) == NOTHING
    with pytest.raises(ConfigError, match="No such file"):
        overrides_of(tmp_path / "none.yaml", catalog())
