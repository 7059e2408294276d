"""`respite sentiment train` and `respite sentiment evaluate`."""

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

import features
from features.home import Home
from features.text.lexicon import ANCHORS

ROOT = Path(features.__file__).parents[1]
Command = Callable[..., Any]


@pytest.fixture
def labeled(tmp_path: Path) -> Path:
    """Seventy-two labeled messages, with labels in odd case and one message without words."""
    frame = pd.read_csv(ANCHORS).rename(columns={"text": "message", "label": "tone"})
    frame["tone"] = frame["tone"].str.upper() + " "
    frame.loc[len(frame)] = ["12:30", "neutral"]
    path = tmp_path / "messages.csv"
    frame.to_csv(path, index=False)
    return path


def test_a_stranger_can_evaluate_the_default_scorer(command: Command) -> None:
    answer = command("sentiment", "evaluate")
    assert answer.code == 0
    assert "sample messages: 60 messages" in answer.out
    assert "lexicon" in answer.out


def test_json_holds_the_whole_table(command: Command, labeled: Path) -> None:
    answer = command("sentiment", "evaluate", "--from", labeled, "--text", "message", "--label", "tone", "--json")
    assert answer.code == 0
    told = json.loads(answer.out)
    assert told["messages"] == {"negative": 24, "neutral": 24, "positive": 24}
    assert told["without_words"] == 1
    (scorer,) = told["scorers"]
    assert scorer["scorer"] == "lexicon"
    assert scorer["per_second"] > 0
    assert set(scorer["quality"]) == {"accuracy", "macro_f1", "f1"}


def test_a_trained_scorer_is_written_and_evaluated(command: Command, labeled: Path, home: Home) -> None:
    columns = ("--text", "message", "--label", "tone")
    answer = command("sentiment", "train", "--from", labeled, *columns)
    assert answer.code == 0
    assert f"Scorer: {home.root / 'sentiment'}" in answer.out
    assert "by 5-fold cross-validation" in answer.out
    known = command("sentiment", "evaluate", "--from", labeled, *columns, "--scorer", home.root / "sentiment", "--json")
    assert json.loads(known.out)["scorers"][0]["folds"] == 5
    both = command("sentiment", "evaluate", "--scorer", home.root / "sentiment", "--scorer", "lexicon", "--json")
    assert [(row["scorer"], row["folds"]) for row in json.loads(both.out)["scorers"]] == [
        ("sentiment", None), ("lexicon", None),
    ]  # fmt: skip


def test_the_folder_can_be_named(command: Command, labeled: Path, home: Home, tmp_path: Path) -> None:
    columns = ("--text", "message", "--label", "tone")
    answer = command("sentiment", "train", "--from", labeled, *columns, "--to", tmp_path / "mine", "--json")
    assert json.loads(answer.out)["folder"] == str(tmp_path / "mine")
    assert not home.root.exists()


REFUSED: list[tuple[tuple[str, ...], str]] = [
    (("evaluate", "--from", "nowhere.csv", "--text", "a", "--label", "b"), "--from nowhere.csv: no such file."),
    (("evaluate", "--from", "m.csv"), "--from m.csv: name its columns by --text and --label too."),
    (("evaluate", "--text", "a"), "--text and --label name columns of a file; name it by --from."),
    (("evaluate", "--from", "m.csv", "--text", "words", "--label", "tone"),
     "--text words: m.csv has no such column; it has message, tone."),
    (("evaluate", "--from", "m.csv", "--text", "message", "--label", "mood"),
     "--label mood: m.csv has no such column; it has message, tone."),
    (("evaluate", "--from", "odd.csv", "--text", "message", "--label", "tone"),
     "odd.csv, row 2: tone 'angry' is not a class; name negative, neutral or positive."),
    (("evaluate", "--from", "gap.csv", "--text", "message", "--label", "tone"),
     "gap.csv, row 2: tone is empty; name negative, neutral or positive."),
    (("evaluate", "--from", "m.csv", "--text", "message", "--label", "tone"),
     "m.csv: 0 messages are neutral; each class needs 5."),
    (("train", "--from", "m.csv", "--text", "message", "--label", "tone"),
     "m.csv: 6 messages are negative; each class needs 20."),
    (("evaluate", "--from", "empty.csv", "--text", "message", "--label", "tone"),
     "empty.csv could not be read as a table: No columns to parse from file."),
    (("evaluate", "--scorer", "vader"), "Scorer 'vader': name lexicon, embedding, or the folder of a trained scorer."),
]  # fmt: skip


@pytest.mark.parametrize(("words", "sentence"), REFUSED, ids=[" ".join(words) for words, _ in REFUSED])
def test_bad_input_is_refused_in_one_sentence(
    words: tuple[str, ...], sentence: str, command: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    for name, lines in {
        "m.csv": ["It is slow,negative"] * 6,
        "odd.csv": ["It is slow,negative", "It is slow,angry"],
        "gap.csv": ["It is slow,negative", "It is slow,"],
    }.items():
        Path(name).write_text("\n".join(["message,tone", *lines]), encoding="utf-8")
    Path("empty.csv").write_text("")
    answer = command("sentiment", *words, "--json")
    assert (answer.code, answer.out, answer.err) == (2, "", f"respite: {sentence}\n")


def test_help_imports_no_numbers_and_no_models() -> None:
    ask = (
        "import sys, respite\ntry:\n    sys.argv = ['respite', 'sentiment', '--help']; respite.main()\n"
        "except SystemExit: print('imported', *sorted(set(sys.modules) & {'numpy', 'pandas', 'sklearn', 'scipy'}))"
    )
    found = subprocess.run([sys.executable, "-c", ask], cwd=ROOT, capture_output=True, text=True, check=True)
    assert found.stdout.splitlines()[-1].split() == ["imported"]
