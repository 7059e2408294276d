"""Privacy on the command line: answers for machines, refusals in one sentence."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from features import Home
from features.simulation import Centre, simulate, write
from serving import Store
from serving.audit import read_log
from serving.privacy.pseudonyms import pseudonym

Command = Callable[..., Any]

REFUSED = [
    (("stop", "--reason", " "), "--reason: say why"),
    (("erase", "--agent", "nobody"), "--agent nobody: nothing is held about them"),
    (("export", "--agent", "nobody"), "--agent nobody: nothing is held about them"),
    (("opt-out", "--agent", "nobody"), "--agent nobody: no such agent"),
    (("reidentify", "P-X", "--as", "hr", "--reason", "audit", "--period", "1999-01"), "period 1999-01: its key is not"),
    (("retention", "--today", "soon"), "--today soon: not a date"),
    (("retention", "--config", "none.yaml"), "configuration none.yaml: No such file or directory."),
]


@pytest.mark.parametrize(("words", "sentence"), REFUSED, ids=[" ".join(words) for words, _ in REFUSED])
def test_a_bad_argument_is_refused_in_one_sentence(words: tuple[str, ...], sentence: str, command: Command) -> None:
    answer = command(*words, "--json")
    assert answer.code == 2
    assert answer.err.startswith(f"respite: {sentence}")
    assert answer.out == ""


def test_scoring_is_stopped_and_resumed(command: Command) -> None:
    assert json.loads(command("stop", "--reason", "an audit", "--json").out) == {"stopped": True, "reason": "an audit"}
    assert json.loads(command("resume", "--reason", "done", "--json").out) == {"stopped": False, "reason": "done"}


def test_a_pseudonym_is_turned_back_for_a_reason_and_the_log_knows_it(command: Command, home: Home) -> None:
    store = Store(home)
    with store.writing() as session:
        name = pseudonym(session, "A0007", "2026-03")
    words = ("reidentify", name, "--as", "auditor", "--reason", "complaint", "--period", "2026-03")
    assert json.loads(command(*words, "--json").out) == {"pseudonym": name, "period": "2026-03", "agent_id": "A0007"}
    entries = [entry for entry in read_log(store, 0, 100)["entries"] if entry["what"] == "respite reidentify"]
    assert entries[0]["whom"] == "one pseudonym of 2026-03, as auditor: complaint", "the wish comes first"
    assert entries[1]["whom"].startswith("P-")
    for wrong in (("--as", "manager"), ("--reason", "curious")):
        answer = command(*words, *wrong)
        assert answer.code == 2
        assert "A0007" not in answer.out
    store.close()


def test_one_agent_is_exported_opted_out_and_erased(command: Command, home: Home, tmp_path: Path) -> None:
    write(simulate(Centre(agents=12, days=40, seed=5)), home)
    agent = "A0003"
    assert json.loads(command("opt-out", "--agent", agent, "--json").out) == {"agent_id": agent, "scoring": False}
    said = json.loads(command("export", "--agent", agent, "--to", tmp_path / "copy.zip", "--json").out)
    assert said["rows"]["store/consent"] == 1
    assert said["rows"]["raw/contacts"] > 0
    erased = json.loads(command("erase", "--agent", agent, "--json").out)
    assert erased["left"] == []
    assert erased["rows"]["raw/contacts"] == said["rows"]["raw/contacts"]
    assert any("backups" in place for place in erased["outside"])


def test_retention_reads_its_section_of_a_configuration(command: Command, home: Home, tmp_path: Path) -> None:
    write(simulate(Centre(agents=12, days=40, seed=5)), home)
    (tmp_path / "a.yaml").write_text("privacy:\n  retention:\n    raw_contact_days: 10\n", encoding="utf-8")
    words = ("retention", "--config", tmp_path / "a.yaml", "--today", "2026-06-01", "--json")
    dry = json.loads(command(*words, "--dry-run").out)
    done = json.loads(command(*words).out)
    assert dry["deleted"] == done["deleted"]
    assert next(one for one in done["deleted"] if one["what"] == "raw contacts")["count"] > 0
    (tmp_path / "b.yaml").write_text("privacy:\n  minimum_group: 3\n", encoding="utf-8")
    refused = command("retention", "--config", tmp_path / "b.yaml")
    assert refused.code == 2
    assert "minimum_group" in refused.err
