"""`respite train`, `respite compare`, `respite promote`."""

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from features.commands import AsJson, HomeOption
from features.errors import InputError
from features.home import Home
from features.terminal import Terminal
from training.effects_commands import app as effects_app

if TYPE_CHECKING:
    from training.config import OutcomeConfig
    from training.outcome import Trained

__all__ = ["app"]

app = typer.Typer()
app.add_typer(effects_app)

Outcome = Annotated[str | None, typer.Option(help="burnout, turnover or all.")]


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
    config: Annotated[
        Path | None, typer.Option(help="YAML with settings of the outcome, such as threshold: 60.")
    ] = None,
    tune: Annotated[int | None, typer.Option(help="Search for better settings first, in so many trials.")] = None,
    home: HomeOption = None,
    as_json: AsJson = False,
) -> None:
    """Train a model of an outcome (or of any table), evaluate it honestly, and track it in MLflow."""
    terminal, target_home = Terminal(as_json), Home.find(home)
    if (outcome is None) == (table is None):
        raise InputError("Name either --outcome burnout|turnover|all or --table FILE.")
    if outcome is not None:
        from training.config import OUTCOMES, outcome_config

        names = list(OUTCOMES) if outcome == "all" else [outcome]
        configs = [outcome_config(name, config) for name in names]
        _train_outcomes(terminal, target_home, configs, tune)
        return
    if table is None or target is None:
        raise InputError("--table needs --target: a column, or a SQL expression.")
    from training.table import train_table

    columns = [name.strip() for name in drop.split(",") if name.strip()]
    with terminal.step(f"Training on {table.name}") as step:
        run = train_table(
            target_home, table, target, positive, columns, group, time, include_protected, say=step.show, tune=tune
        )
        step.said = f"{run.rows:,} rows, {run.positives:,} positive"
    _show_scores(terminal, f"{table.name}, mean over folds", {"model": run.metrics, **run.baselines})
    if run.duplicates:
        terminal.say(f"Duplicate rows that were counted once: {run.duplicates}.")
    for name, why in run.left_out.items():
        terminal.say(f"Left out: {name} ({why}).")
    for sentence in run.warnings:
        terminal.say(f"Note: {sentence}")
    drivers = ", ".join(f"{name} {value:.2f}" for name, value in run.drivers.head(8).items())
    terminal.say(f"What moves the score most (mean contribution to the log-odds): {drivers}.")
    terminal.say(f"MLflow run {run.run_id} in {target_home.tracking_place}")
    terminal.answer({**asdict(run), "drivers": run.drivers.to_dict()})


@app.command()
def compare(home: HomeOption = None, as_json: AsJson = False) -> None:
    """Show every registered version, and champion and challenger side by side."""
    from training import tracking
    from training.config import OUTCOMES

    terminal, target_home = Terminal(as_json), Home.find(home)
    versions = tracking.history(target_home, list(OUTCOMES))
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
    for outcome in sorted({row[0] for row in rows}):
        _show_side_by_side(terminal, target_home, outcome)
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


def _train_outcomes(terminal: Terminal, home: Home, configs: "list[OutcomeConfig]", tune: int | None) -> None:
    from training.outcome import train_outcomes

    with terminal.step(f"Training {' and '.join(config.name for config in configs)}") as step:
        trained = train_outcomes(home, configs, step.show, tune)
        step.said = ", ".join(f"{name} version {one.version}" for name, one in trained.items())
    for name, one in trained.items():
        scores = {score: one.metrics.as_dict() if score == "model" else one.others[score].as_dict()
                  for score in one.found.measured}  # fmt: skip
        span = one.found.tested["as_of"]
        _show_scores(terminal, f"{name} as of {span.min():%Y-%m-%d} to {span.max():%Y-%m-%d}", scores)
        families = ", ".join(f"{family} {value:.2f}" for family, value in one.families.items())
        terminal.say(f"What moves the score, by family (mean contribution to the log-odds): {families}.")
        terminal.say(f"Groups: {one.found.fairness.sentence}")
        terminal.say(f"Registered as {name} version {one.version} (challenger); next: respite promote --outcome {name}")
    terminal.answer({name: _answer(one) for name, one in trained.items()})


def _show_side_by_side(terminal: Terminal, home: Home, outcome: str) -> None:
    from training.comparison import side_by_side

    found = side_by_side(home, outcome)
    heads = [f"champion (no. {found.champion.version})" if found.champion else "no champion"]
    terminal.table(
        f"{outcome}: each on the months it was tested on",
        ["measure", *heads, f"challenger (no. {found.challenger.version})"], found.rows,
    )  # fmt: skip
    for sentence in found.on_same_rows:
        terminal.say(f"On the same rows, the challenger's {sentence}.")
    terminal.say(f"respite promote --outcome {outcome} would say: {found.decision.reason}")


def _answer(trained: "Trained") -> dict[str, Any]:
    found = trained.found
    return {
        "version": trained.version,
        "run_id": trained.run_id,
        "dates": trained.dates,
        "scores": {name: metrics.as_dict() for name, metrics in found.measured.items()},
        "intervals": {name: interval._asdict() for name, interval in found.uncertain.items()},
        "unseen": {name: metrics.as_dict() for name, metrics in trained.unseen.items()},
        "stability": trained.stability,
        "fairness": found.fairness.verdict,
    }


def _show_scores(terminal: Terminal, title: str, scores: dict[str, dict[str, float]]) -> None:
    shown = {"auroc": "AUROC", "auprc": "AUPRC", "base_rate": "base rate", "brier": "Brier",
             "calibration_slope": "slope", "lift_top": "lift, top 10 %"}  # fmt: skip
    rows = [(name.replace("_", " "), *(f"{values[key]:.3f}" for key in shown)) for name, values in scores.items()]
    terminal.table(title, ["score", *shown.values()], rows)
