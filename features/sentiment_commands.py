"""`respite sentiment train`, `respite sentiment evaluate`: scorers of what customers wrote."""

from dataclasses import asdict
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from features.errors import InputError
from features.home import Home
from features.terminal import Terminal

if TYPE_CHECKING:
    from features.text.quality import Messages, Result

__all__ = ["app"]

app = typer.Typer(no_args_is_help=True, help="Train and compare scorers of how customers sounded.")

Source = Annotated[Path, typer.Option("--from", help="Labeled messages: CSV or Parquet.")]
TextColumn = Annotated[str, typer.Option("--text", help="The column with what the customer wrote.")]
LabelColumn = Annotated[str, typer.Option("--label", help="The column with negative, neutral or positive.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON document and nothing else.")]


@app.command()
def train(
    source: Source,
    text: TextColumn,
    label: LabelColumn,
    to: Annotated[Path | None, typer.Option(help="Folder for the scorer; by default HOME/sentiment.")] = None,
    home: Annotated[Path | None, typer.Option(help="Folder for everything Respite writes (or RESPITE_HOME).")] = None,
    as_json: AsJson = False,
) -> None:
    """Train a scorer on labeled messages, with its quality by 5-fold cross-validation beside the default scorer's."""
    from features.text import load_scorer
    from features.text.quality import evaluate as measure
    from features.text.quality import read_messages
    from features.text.training import LEAST_OF_A_CLASS, train_scorer

    terminal, folder = Terminal(as_json), to or Home.find(home).root / "sentiment"
    messages = read_messages(source, text, label, LEAST_OF_A_CLASS)
    with terminal.step(f"Training on {source.name}") as step:
        scorer = train_scorer(
            messages.texts,
            messages.labels,
            trained_on=date.today(),  # noqa: DTZ011 - the day of whoever trains
            progress=lambda done, total: step.show(f"{done} of {total} models"),
        )
        scorer.save(folder)
        step.said = f"{len(messages.texts):,} messages"
    results = [measure(load_scorer(), messages), measure(scorer, messages)]
    _show(terminal, messages, results)
    terminal.say(f"Scorer: {folder}")
    terminal.answer({"folder": str(folder), **_answer(messages, results)})


@app.command()
def evaluate(
    source: Annotated[
        Path | None, typer.Option("--from", help="Labeled messages; by default a made-up sample.")
    ] = None,
    text: Annotated[str | None, typer.Option("--text", help="The column with what the customer wrote.")] = None,
    label: Annotated[str | None, typer.Option("--label", help="The column with negative, neutral or positive.")] = None,
    scorer: Annotated[
        list[str] | None,
        typer.Option(help="lexicon (default), embedding, or the folder of a trained one; may be repeated."),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Compare scorers with the labels that people gave.

    On the messages that a trained scorer learned from, its cross-validated quality is shown.
    """
    from features.text import load_scorer
    from features.text.quality import evaluate as measure
    from features.text.quality import read_messages, sample_messages

    if source is not None and (text is None or label is None):
        raise InputError(f"--from {source}: name its columns by --text and --label too.")
    if source is None and (text or label):
        raise InputError("--text and --label name columns of a file; name it by --from.")
    terminal = Terminal(as_json)
    messages = read_messages(source, text, label) if source and text and label else sample_messages()
    results = []
    for name in scorer or ["lexicon"]:
        with terminal.step(f"Scoring with {name}"):
            results.append(measure(load_scorer(name), messages))
    _show(terminal, messages, results)
    terminal.answer(_answer(messages, results))


def _show(terminal: Terminal, messages: "Messages", results: "list[Result]") -> None:
    terminal.table(
        f"{messages.source}: {len(messages.texts):,} messages, F1 in all and per class",
        ["scorer", "accuracy", "macro F1", "negative", "neutral", "positive", "messages/s"],
        [
            (r.scorer, f"{r.quality.accuracy:.3f}", f"{r.quality.macro_f1:.3f}",
             *(f"{value:.3f}" for value in r.quality.f1.values()), f"{r.per_second:,.0f}")
            for r in results
        ],
    )  # fmt: skip
    for result in results:
        if result.folds:
            terminal.say(
                f"{result.scorer}: by {result.folds}-fold cross-validation, as it learned from these messages."
            )
    if messages.without_words:
        terminal.say(f"Messages without words, left out: {messages.without_words:,}.")


def _answer(messages: "Messages", results: "list[Result]") -> dict[str, object]:
    return {
        "source": messages.source,
        "messages": messages.per_class,
        "without_words": messages.without_words,
        "scorers": [asdict(result) for result in results],
    }
