"""The command line: answers, refusals in one sentence with exit code 2, JSON for machines."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest

import features
from features import Home, contract_version, load_frame
from features.catalog import feature_names
from features.raw import rows
from features.tables import TABLES

ROOT = Path(features.__file__).parents[1]
Command = Callable[..., Any]
AGENTS = """agent_id,valid_from,team_id,manager_id,site_id,timezone,queue,employment_type
A1,2025-01-01,T1,M1,S1,Europe/Berlin,billing,full-time
"""
CONTACTS = """contact_id,agent_id,queue,channel,started_at,ended_at,talk_s
C1,A1,billing,voice,2025-03-01 09:12:00,2025-03-01 09:22:00,600
C2,A1,billing,voice,2025-03-01 10:12:00,2025-03-01 10:22:00,ten
"""


def refusal(answer: Any) -> str:
    """The one sentence of a refusal."""
    assert answer.code == 2
    said = answer.err.strip().splitlines()
    assert [line for line in said if line.startswith("respite: ")] == said[-1:]
    assert "Traceback" not in answer.err
    return str(said[-1].removeprefix("respite: "))


@pytest.fixture
def folder(export: Callable[..., Path]) -> Path:
    """An export with one good contact and one bad one."""
    return export({"agents": AGENTS, "contacts": CONTACTS})


def test_simulate_ingest_and_features_are_commands(command: Command) -> None:
    answer = command("--help")
    assert answer.code == 0
    assert all(name in answer.out for name in ("simulate", "ingest", "features"))


def test_simulate_writes_tables_and_truth_and_says_where(command: Command, home: Home) -> None:
    answer = command("simulate", "--agents", 10, "--days", 28, "--seed", 1, "--json")
    said = json.loads(answer.out)
    assert (answer.code, answer.err) == (0, "")
    assert said["home"] == str(home.root)
    assert said["rows"]["contacts"] == len(rows(home, "contacts"))
    assert (home.truth / "weeks.parquet").exists()


def test_features_writes_a_partition_a_date_and_reports_on_it(command: Command, home: Home) -> None:
    command("simulate", "--agents", 10, "--days", 28, "--json")
    said = json.loads(command("features", "--as-of", "2025-04-21", "--json").out)
    assert said["contract_version"] == contract_version()
    assert said["as_of"] == ["2025-04-21"]
    assert said["rows"] == said["agents"] == len(load_frame(home))
    assert said["missing_tables"] == sorted(name for name in TABLES if not home.batches(name))
    assert list(said["null_share"]) == feature_names()
    assert (home.features / "as_of=2025-04-21" / "part.parquet").exists()


def test_features_says_in_words_what_is_missing_and_mostly_unknown(command: Command, home: Home) -> None:
    command("simulate", "--agents", 10, "--days", 28, "--json")
    shutil.rmtree(home.table("surveys"), ignore_errors=True)
    answer = command("features", "--as-of", date(2025, 4, 21))
    assert answer.code == 0
    assert "surveys" in answer.out
    assert "last_survey_score" in answer.out
    assert contract_version() in answer.out


def test_ingest_reports_what_it_read_table_by_table(command: Command, folder: Path) -> None:
    answer = command("ingest", "--mapping", "contract", "--from", folder, "--tolerate", 0.5, "--json")
    said = json.loads(answer.out)
    assert (answer.code, answer.err) == (0, "")
    assert [(table["table"], table["read"], table["kept"], table["rejected"]) for table in said["tables"]] == [
        ("agents", 1, 1, 0),
        ("contacts", 2, 1, 1),
    ]


def test_a_rejected_row_ends_with_exit_code_2_and_says_where_it_is_kept(
    command: Command, folder: Path, home: Home
) -> None:
    answer = command("ingest", "--mapping", "contract", "--from", folder)
    sentence = refusal(answer)
    assert sentence.startswith("contacts.csv, row 3: talk_s 'ten' is not a number. 1 of 3 rows were rejected")
    [file] = home.rejected.iterdir()
    assert str(file) in sentence
    assert len(rows(home, "contacts")) == 1
    assert "talk_s is not a number" in answer.out


@pytest.mark.parametrize(("share", "code"), [(0.5, 0), (0.34, 0), (0.33, 2), (0.0, 2)])
def test_a_share_of_rejected_rows_can_be_tolerated(share: float, code: int, command: Command, folder: Path) -> None:
    assert command("ingest", "--mapping", "contract", "--from", folder, "--tolerate", share).code == code


REFUSED = [
    (("simulate", "--agents", 5), "--agents 5: a centre has at least 10 agents."),
    (("simulate", "--days", 5), "--days 5: a simulation runs for at least 28 days."),
    (("ingest", "--mapping", "nope", "--from", "."), "--mapping nope: no such mapping; "),
    (("ingest", "--mapping", "contract", "--from", "no/where"), "--from no/where: no such file or folder."),
    (
        ("ingest", "--mapping", "contract", "--from", ".", "--tolerate", 3),
        "--tolerate 3.0: name a share between 0 and 1.",
    ),
    (("features",), "The table 'contacts' is not there yet; run `respite ingest` or `respite simulate` first."),
    (("features", "--as-of", "tomorrow"), "--as-of tomorrow: not a date; write it as 2026-03-02."),
    (("features", "--every", "hour"), "--every hour: the only step is 'week'; "),
    (("features", "--home", "pyproject.toml"), "--home "),
]


@pytest.mark.parametrize(("words", "sentence"), REFUSED, ids=[" ".join(map(str, words)) for words, _ in REFUSED])
def test_a_bad_argument_is_refused_in_one_sentence(
    words: tuple[object, ...], sentence: str, command: Command, monkeypatch: pytest.MonkeyPatch, home: Home
) -> None:
    monkeypatch.chdir(ROOT)
    answer = command(*words, "--json")
    assert refusal(answer).startswith(sentence)
    assert (answer.out, answer.err.count("\n")) == ("", 1)
    assert not home.root.exists()


def test_python_m_respite_ends_as_the_command_does(folder: Path, home: Home) -> None:
    words = ["ingest", "--mapping", "contract", "--from", str(folder), "--json"]
    answer = subprocess.run(
        [sys.executable, "-m", "respite", *words], cwd=ROOT, env={**os.environ, "RESPITE_HOME": str(home.root)},
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert answer.returncode == 2
    assert answer.stderr.startswith("respite: contacts.csv, row 3: talk_s 'ten' is not a number. ")
    assert answer.stderr.count("\n") == 1
    assert json.loads(answer.stdout)["mapping"] == "contract"


def test_help_imports_no_engine_and_no_model_library() -> None:
    heavy = "{'pandas', 'ibis', 'duckdb', 'mlflow', 'shap', 'sklearn', 'lightgbm', 'bentoml'}"
    ask = (
        "import sys, respite\ntry:\n    sys.argv = ['respite', '--help']; respite.main()\n"
        f"except SystemExit: print('imported', *sorted(set(sys.modules) & {heavy}))"
    )
    found = subprocess.run([sys.executable, "-c", ask], cwd=ROOT, capture_output=True, text=True, check=True)
    assert found.stdout.splitlines()[-1].split() == ["imported"]
