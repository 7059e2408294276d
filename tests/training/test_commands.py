"""`respite train`, `compare` and `promote`: answers, refusals in one sentence, JSON for machines."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from features import Home

Command = Callable[..., Any]


def refusal(answer: Any) -> str:
    """The one sentence of a refusal."""
    assert answer.code == 2
    (line,) = [line for line in answer.err.splitlines() if line.startswith("respite: ")]
    assert "Traceback" not in answer.err
    return str(line.removeprefix("respite: "))


EITHER = "Name either --outcome burnout|turnover|all or --table FILE."
REFUSED = [
    (("train",), EITHER),
    (("train", "--outcome", "burnout", "--table", "x.csv"), EITHER),
    (("train", "--table", "x.csv"), "--table needs --target: a column, or a SQL expression."),
    (("train", "--table", "x.csv", "--target", "y"), "--table x.csv: no such file."),
    (("train", "--outcome", "luck"), "--outcome luck: the outcomes are burnout, turnover."),
    (("train", "--outcome", "burnout"), "Training burnout needs the table 'surveys', which has not been ingested."),
    (("promote", "--outcome", "luck"), "--outcome luck: the outcomes are burnout, turnover."),
    (("promote", "--outcome", "burnout"), "There is no challenger for burnout; "),
    (("promote", "--outcome", "burnout", "--override", "x"), "--override needs a reason, and --reviewer the name "),
]


@pytest.mark.parametrize(("words", "sentence"), REFUSED, ids=[" ".join(words) for words, _ in REFUSED])
def test_a_bad_argument_is_refused_in_one_sentence(words: tuple[str, ...], sentence: str, command: Command) -> None:
    answer = command(*words, "--json")
    assert refusal(answer).startswith(sentence)
    assert answer.out == ""


def test_compare_before_anything_is_trained_says_what_to_run(command: Command) -> None:
    assert "run `respite train --outcome burnout`" in command("compare").out
    assert json.loads(command("compare", "--json").out) == []


def test_compare_shows_every_version(command: Command, road: Home) -> None:
    said = json.loads(command("compare", "--home", road.root, "--json").out)
    assert [(row["outcome"], row["version"]) for row in said] == [("burnout", 1), ("turnover", 2), ("turnover", 1)]


def test_the_table_of_versions_can_be_read_on_80_columns(command: Command, road: Home) -> None:
    shown = command("compare", "--home", road.root).out
    assert "champion" in shown
    assert "turnover" in shown
    assert "…" not in shown


def test_promote_ends_with_1_where_a_gate_fails_and_says_which(command: Command, road: Home) -> None:
    answer = command("promote", "--outcome", "turnover", "--home", road.root, "--json")
    said = json.loads(answer.out)
    assert (answer.code, said["promote"]) == (1, False)
    assert said["reason"].startswith("Not promoted: ")
    assert any(not gate["passed"] for gate in said["gates"])


def test_train_on_a_table_answers_with_measures_and_what_was_left_out(command: Command, table: Path) -> None:
    answer = command("train", "--table", table, "--target", "left", "--drop", "noise", "--json")
    said = json.loads(answer.out)
    assert (answer.code, answer.err) == (0, "")
    assert said["rows"] == 400
    assert said["left_out"]["noise"] == "asked for"
    assert said["metrics"]["auroc"] > 0.6
    assert set(said["baselines"]) == {"prevalence", "logistic"}
    assert set(said["drivers"]) == {"commute", "calls", "site"}
