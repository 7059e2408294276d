"""`respite simulate`, `respite ingest`, `respite features`."""

from dataclasses import asdict
from datetime import date
from pathlib import Path
from typing import Annotated

import typer

from features.errors import InputError
from features.home import Home
from features.terminal import Terminal

__all__ = ["AsJson", "HomeOption", "app", "parse_date"]

app = typer.Typer()

HomeOption = Annotated[
    Path | None, typer.Option("--home", help="Folder for everything Respite writes (or RESPITE_HOME).")
]
AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON document and nothing else.")]


@app.command()
def simulate(
    agents: Annotated[int, typer.Option(help="Seats to fill.")] = 400,
    days: Annotated[int, typer.Option(help="Days to run.")] = 540,
    seed: Annotated[int, typer.Option(help="Same seed, same rows.")] = 7,
    home: HomeOption = None,
    as_json: AsJson = False,
) -> None:
    """Write the tables of a simulated contact centre, and its truth apart."""
    from features.simulation import Centre, write
    from features.simulation import simulate as run

    terminal, target = Terminal(as_json), Home.find(home)
    centre = Centre(agents, days, seed)
    with terminal.step(f"Simulating {agents} agents for {days} days") as step:
        rows = write(run(centre), target, lambda contacts: step.show(f"{contacts:,} contacts"))
        step.said = f"{rows['contacts']:,} contacts"
    terminal.table("Simulated", ["table", "rows"], [(name, f"{count:,}") for name, count in sorted(rows.items())])
    terminal.say(f"Tables: {target.raw}\nTruth, for no model to read: {target.truth}")
    terminal.answer({"home": str(target.root), "rows": rows})


@app.command()
def ingest(
    mapping: Annotated[str, typer.Option(help="A shipped mapping's name, or a YAML file.")],
    source: Annotated[Path, typer.Option("--from", help="The export: a file or a folder.")],
    tolerate: Annotated[float, typer.Option(help="Share of rejected rows that is no error.")] = 0.0,
    home: HomeOption = None,
    as_json: AsJson = False,
) -> None:
    """Read an export into tables; rows that do not fit are kept apart with the reason.

    Ends with exit code 2 when more than the tolerated share of rows was rejected; the others are in all the same.
    """
    from features.ingest import ingest as run
    from features.mapping import load_mapping

    if not 0 <= tolerate <= 1:
        raise InputError(f"--tolerate {tolerate}: name a share between 0 and 1.")
    terminal, target = Terminal(as_json), Home.find(home)
    with terminal.step(f"Reading {source} by mapping '{mapping}'"):
        report = run(load_mapping(mapping), source, target)
    terminal.table(
        "Read",
        ["table", "from", "read", "kept", "duplicates", "kept out", "rejected"],
        [
            (t.table, t.source, f"{t.read:,}", f"{t.kept:,}", f"{t.duplicates:,}", f"{sum(t.kept_out.values()):,}",
             f"{t.rejected:,}")
            for t in report.tables
        ],
    )  # fmt: skip
    reasons = [(t.table, "kept out", why, f"{count:,}") for t in report.tables for why, count in t.kept_out.items()]
    reasons += [(t.table, "rejected", why, f"{count:,}") for t in report.tables for why, count in t.rejected_by.items()]
    if reasons:
        terminal.table("Why", ["table", "what", "reason", "rows"], reasons)
    for table in report.tables:
        if table.columns_not_read:
            terminal.say(f"{table.source}: columns not read: {', '.join(table.columns_not_read)}")
    terminal.answer(asdict(report))
    if report.rejected > tolerate * report.read:
        files = ", ".join(t.rejected_file for t in report.tables if t.rejected_file)
        raise InputError(
            f"{report.first_reason()}. {report.rejected:,} of {report.read:,} rows were rejected and are kept with"
            f" their reasons in {files}; the others are in."
        )


@app.command()
def features(
    as_of: Annotated[str | None, typer.Option(help="One date, such as 2026-03-02.")] = None,
    every: Annotated[str, typer.Option(help="'week': every seventh day up to the last contact.")] = "week",
    home: HomeOption = None,
    as_json: AsJson = False,
) -> None:
    """Build the feature frame: one row per agent and date, from what had happened and was known by then."""
    from features.frame import write_features

    if every != "week":
        raise InputError(f"--every {every}: the only step is 'week'; for one date use --as-of.")
    terminal, target = Terminal(as_json), Home.find(home)
    dates = [parse_date("--as-of", as_of)] if as_of else None
    with terminal.step("Building features") as step:
        report = write_features(target, dates, lambda done, total: step.show(f"{done} of {total} dates"))
        step.said = f"{report.rows:,} rows, {report.agents:,} agents, {len(report.as_of)} dates"
    mostly_null = [name for name, share in report.null_share.items() if share > 0.5]
    if report.missing_tables:
        terminal.say(f"Tables that are not there: {', '.join(report.missing_tables)}.")
    if mostly_null:
        terminal.say(f"Features that are mostly unknown for that or other reasons: {', '.join(mostly_null)}.")
    terminal.say(f"Feature frame (contract {report.contract_version}): {target.features}")
    terminal.answer(asdict(report))


def parse_date(option: str, text: str) -> date:
    """A date from the command line.

    Raises
    ------
    InputError
        The text is not a date.
    """
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise InputError(f"{option} {text}: not a date; write it as 2026-03-02.") from error
