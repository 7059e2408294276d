"""`respite simulate`, `respite ingest`, `respite features`, `respite catalog`."""

from dataclasses import asdict
from datetime import date
from pathlib import Path
from typing import Annotated

import typer

from features.errors import InputError
from features.home import Home
from features.sentiment_commands import app as sentiment_app
from features.terminal import Terminal

__all__ = ["AsJson", "HomeOption", "app", "parse_date"]

app = typer.Typer()
app.add_typer(sentiment_app, name="sentiment")

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
    mapping: Annotated[str | None, typer.Option(help="A shipped mapping's name, or a YAML file.")] = None,
    source: Annotated[Path | None, typer.Option("--from", help="The export: a file or a folder.")] = None,
    sample: Annotated[
        bool, typer.Option("--sample", help="Read the mapping's own sample export, all invented.")
    ] = False,
    listed: Annotated[bool, typer.Option("--list", help="Say what the shipped mappings read, and do nothing.")] = False,
    tolerate: Annotated[float, typer.Option(help="Share of rejected rows that is no error.")] = 0.0,
    keep_text: Annotated[
        bool, typer.Option("--keep-text", help="Store what customers wrote, once it is scored.")
    ] = False,
    scorer: Annotated[str | None, typer.Option(help="What scores customers' texts: a name, or a folder.")] = None,
    home: HomeOption = None,
    as_json: AsJson = False,
) -> None:
    """Read an export into tables; rows that do not fit are kept apart with the reason.

    Ends with exit code 2 when more than the tolerated share of rows was rejected; the others are in all the same.
    """
    from features.ingest import ingest as run
    from features.ingest.mapping import load_mapping
    from features.ingest.terminal import say_mappings, say_report, source_of

    if not 0 <= tolerate <= 1:
        raise InputError(f"--tolerate {tolerate}: name a share between 0 and 1.")
    terminal, target = Terminal(as_json), Home.find(home)
    if listed:
        say_mappings(terminal)
        return
    name, export = source_of(mapping, source, sample, target)
    with terminal.step("Reading the export"):
        report = run(load_mapping(name), export, target, keep_text=keep_text, scorer=scorer)
    say_report(report, terminal)
    if not sample and report.rejected > tolerate * report.read:
        files = ", ".join(t.rejected_file for t in report.tables if t.rejected_file)
        raise InputError(
            f"{report.first_reason()}. {report.rejected:,} of {report.read:,} rows were rejected and are kept with"
            f" their reasons in {files}; the others are in."
        )


@app.command()
def features(
    as_of: Annotated[str | None, typer.Option(help="One date, such as 2026-03-02.")] = None,
    every: Annotated[str, typer.Option(help="'week': every seventh day up to the last contact.")] = "week",
    engine: Annotated[
        str, typer.Option(help="duckdb, spark://host:port, local[2], or a URL that Ibis knows.")
    ] = "duckdb",
    extra: Annotated[list[str] | None, typer.Option("--with", help="An optional feature, off by default.")] = None,
    home: HomeOption = None,
    as_json: AsJson = False,
) -> None:
    """Build the feature frame: one row per agent and date, from what had happened and was known by then.

    Reads only the events that are new since the last build.
    """
    from features.frame import write_features
    from features.quality import show, stored

    if every != "week":
        raise InputError(f"--every {every}: the only step is 'week'; for one date use --as-of.")
    terminal, target = Terminal(as_json), Home.find(home)
    dates = [parse_date("--as-of", as_of)] if as_of else None
    with terminal.step("Building features") as step:
        report = write_features(
            target, dates, lambda done, total: step.show(f"{done} of {total} dates"), engine, extra or ()
        )
        step.said = f"{report.rows:,} rows, {report.agents:,} agents, {len(report.as_of)} dates"
    show(terminal, report.quality, target)
    terminal.say(f"Feature frame (contract {report.contract_version}): {target.features}")
    terminal.answer(asdict(report) | {"quality": stored(report.quality)})


@app.command()
def catalog() -> None:
    """Print the catalog of features as Markdown (docs/catalog.md is this page)."""
    from features.catalog_page import catalog_page

    print(catalog_page(), end="")  # noqa: T201 - this is the answer


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
