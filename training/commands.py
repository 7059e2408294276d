"""`respite train`, `respite compare`, `respite promote`."""

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from features.commands import AsJson, HomeOption
from features.errors import InputError
from features.home import Home
from features.terminal import Terminal

__all__ = ["app"]

app = typer.Typer()

Outcome = Annotated[str | None, typer.Option(help="burnout or turnover.")]


@app.command()
def train(
    outcome: Outcome = None,
    table: Annotated[Path | None, typer.Option(help="Instead: any table of people, CSV or Parquet.")] = None,
    target: Annotated[str | None, typer.Option(help="Its target: a column, or a SQL expression.")] = None,
    positive: Annotated[str | None, typer.Option(help="The value that counts as yes.")] = None,
    drop: Annotated[str, typer.Option(help="Columns to leave out, such as id,EE*.")] = "",
    group: Annotated[str | None, typer.Option(help="Equal values stay in one fold.")] = None,
    time: Annotated[str | None, typer.Option(help="Folds are cut in this column's order.")] = None,
    include_protected: Annotated[
        bool,
        typer.Option("--include-protected", help="Read protected attributes too; for comparison with papers only."),
    ] = False,
    home: HomeOption = None,
    as_json: AsJson = False,
) -> None:
    """Train a model of an outcome (or of any table), evaluate it honestly, and track it in MLflow."""
    terminal, target_home = Terminal(as_json), Home.find(home)
    if (outcome is None) == (table is None):
        raise InputError("Name either --outcome burnout|turnover or --table FILE.")
    if outcome is not None:
        _train_outcome(terminal, target_home, outcome)
        return
    if table is None or target is None:
        raise InputError("--table needs --target: a column, or a SQL expression.")
    from training.table import train_table

    columns = [name.strip() for name in drop.split(",") if name.strip()]
    with terminal.step(f"Training on {table.name}") as step:
        run = train_table(target_home, table, target, positive, columns, group, time, include_protected, say=step.show)
        step.said = f"{run.rows:,} rows, {run.positives:,} positive"
    _show_scores(terminal, f"{table.name}, mean over folds", {"model": run.metrics, **run.baselines})
    if run.duplicates:
        terminal.say(f"Duplicate rows that were counted once: {run.duplicates}.")
    for name, why in run.left_out.items():
        terminal.say(f"Left out: {name} ({why}).")
    drivers = ", ".join(f"{name} {value:.2f}" for name, value in run.drivers.head(8).items())
    terminal.say(f"What moves the score most (mean contribution to the log-odds): {drivers}.")
    terminal.say(f"MLflow run {run.run_id} in {target_home.tracking_uri}")
    terminal.answer({**asdict(run), "drivers": run.drivers.to_dict()})


@app.command()
def compare(home: HomeOption = None, as_json: AsJson = False) -> None:
    """Show every registered version of both outcomes with its metrics."""
    from training import tracking
    from training.config import OUTCOMES

    terminal = Terminal(as_json)
    versions = tracking.history(Home.find(home), list(OUTCOMES))
    columns = {
        "auroc": "AUROC",
        "base_rate": "base",
        "brier": "Brier",
        "calibration_slope": "slope",
        "lift_top": "lift",
    }
    rows = [
        (row["outcome"], row["version"], row["aliases"].replace(", ", "\n"), *(f"{row[name]:.3f}" for name in columns))
        for row in versions.to_dict("records")
    ]
    terminal.table("Registered versions", ["outcome", "no.", "alias", *columns.values()], rows)
    if not rows:
        terminal.say("Nothing is registered yet; run `respite train --outcome burnout`.")
    terminal.answer(versions.to_dict("records"))


@app.command()
def promote(
    outcome: Annotated[str, typer.Option(help="burnout or turnover.")],
    override: Annotated[
        str | None, typer.Option(help="Promote although a gate failed, for this reason, which is kept.")
    ] = None,
    reviewer: Annotated[str | None, typer.Option(help="Who overrides; required with --override.")] = None,
    home: HomeOption = None,
    as_json: AsJson = False,
) -> None:
    """Let the challenger take over if it passes every gate and beats the champion; ends with 1 if it does not."""
    from training.release import release

    terminal = Terminal(as_json)
    decision = release(Home.find(home), outcome, override, reviewer)
    terminal.table(
        f"Gates for {outcome}",
        ["gate", "found", "wanted", ""],
        [(gate.name, f"{gate.found:.3f}", gate.wanted, "holds" if gate.passed else "fails") for gate in decision.gates],
    )
    terminal.say(decision.reason)
    terminal.answer(asdict(decision))
    if not decision.promote:
        raise typer.Exit(1)


def _train_outcome(terminal: Terminal, home: Home, outcome: str) -> None:
    from training.config import outcome_config
    from training.outcome import train_outcome

    with terminal.step(f"Training {outcome}") as step:
        trained = train_outcome(home, outcome_config(outcome), step.show)
        step.said = f"version {trained.version}"
    scores = {"model": trained.metrics.as_dict()} | {name: m.as_dict() for name, m in trained.others.items()}
    _show_scores(terminal, f"{outcome} from {trained.dates['test_from']} to {trained.dates['test_to']}", scores)
    families = ", ".join(f"{name} {value:.2f}" for name, value in trained.families.items())
    terminal.say(f"What moves the score, by family (mean contribution to the log-odds): {families}.")
    terminal.say(
        f"Registered as {outcome} version {trained.version} (challenger); next: respite promote --outcome {outcome}"
    )
    terminal.answer({"outcome": outcome, "version": trained.version, "dates": trained.dates, "scores": scores})


def _show_scores(terminal: Terminal, title: str, scores: dict[str, dict[str, float]]) -> None:
    shown = {"auroc": "AUROC", "auprc": "AUPRC", "base_rate": "base rate", "brier": "Brier",
             "calibration_slope": "slope", "lift_top": "lift, top 10 %"}  # fmt: skip
    rows = [(name.replace("_", " "), *(f"{values[key]:.3f}" for key in shown)) for name, values in scores.items()]
    terminal.table(title, ["score", *shown.values()], rows)
