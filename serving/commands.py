"""`respite score`, `report`, `serve`, `audit verify`, `demo`; access, privacy and monitoring have their own."""

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from features.commands import AsJson, HomeOption, parse_date
from features.home import Home
from features.terminal import Terminal
from serving.access_commands import app as access_app
from serving.monitor.commands import app as monitor_app
from serving.outreach.commands import app as outreach_app
from serving.privacy.commands import app as privacy_app

__all__ = ["app"]

app = typer.Typer()
audit = typer.Typer(help="Who read whose data.", no_args_is_help=True)
app.add_typer(audit, name="audit")
app.add_typer(access_app, name="access")
app.add_typer(privacy_app)
app.add_typer(monitor_app)
app.add_typer(outreach_app)


@app.command()
def score(
    as_of: Annotated[str | None, typer.Option(help="A date of the frame; the newest where it is left out.")] = None,
    engine: Annotated[
        str | None, typer.Option(help="spark://host:port or local[2]; in this process where it is left out.")
    ] = None,
    home: HomeOption = None,
    as_json: AsJson = False,
) -> None:
    """Score everyone on the roster with the champions, and keep scores and reasons. Twice is once."""
    from serving.audit import log_command
    from serving.batch import score_all

    terminal, day = Terminal(as_json), parse_date("--as-of", as_of) if as_of else None
    log_command(Home.find(home), "score", "support", group="everyone on the roster")
    with terminal.step("Scoring") as step:
        report = score_all(Home.find(home), day, say=step.show, engine=engine)
        step.said = f"as of {report.as_of}"
    bands = ("usual", "elevated", "high")
    terminal.table(
        "Scores",
        ["outcome", "model version", "scored", "abstained", *bands],
        [
            (name, v["version"], v["scored"], v["abstained"], *(v["bands"].get(b, 0) for b in bands))
            for name, v in report.outcomes.items()
        ],
    )  # fmt: skip
    terminal.answer(asdict(report))


@app.command()
def report(
    team: Annotated[str | None, typer.Option(help="The page of a team, for its manager; it names nobody.")] = None,
    agent: Annotated[str | None, typer.Option(help="The page of an agent, for that agent.")] = None,
    organization: Annotated[bool, typer.Option("--organization", help="The page of everything, for HR.")] = False,
    program: Annotated[str | None, typer.Option(help="The page of a program that was studied, for HR.")] = None,
    costs: Annotated[Path | None, typer.Option(help="Prices, for what the program saved.")] = None,
    format: Annotated[str, typer.Option(help="html, or pdf with the extra 'pdf'.")] = "html",
    home: HomeOption = None,
    as_json: AsJson = False,
) -> None:
    """Write a page: one file that asks nothing of the network."""
    from serving.audit import log_command
    from serving.reports.build import write_reports

    terminal, found = Terminal(as_json), Home.find(home)
    agents, purpose = ((agent,), "self") if agent else ((), "work_design")
    group = f"team {team}" if team else "everyone on the roster" if organization else ""
    log_command(found, "report", purpose, agents, group)
    path = write_reports(found, team, agent, organization, format, program, costs)
    terminal.say(f"{path}")
    terminal.answer({"path": str(path)})


@app.command()
def serve(
    port: Annotated[int | None, typer.Option(help="Port; what is configured where it is left out.")] = None,
    workers: Annotated[int | None, typer.Option(help="Processes that answer; the same.")] = None,
    home: HomeOption = None,
) -> None:
    """Serve scores on 127.0.0.1 until interrupted. Put a proxy with TLS in front to serve others."""
    from serving.server import serve_until_stopped

    found = Home.find(home)
    raise typer.Exit(serve_until_stopped(found, port, workers))


@app.command()
def demo(
    agents: Annotated[int, typer.Option(help="Seats to fill.")] = 400,
    days: Annotated[int, typer.Option(help="Days to run.")] = 540,
    seed: Annotated[int, typer.Option(help="Same seed, same rows.")] = 5,
    home: HomeOption = None,
    as_json: AsJson = False,
) -> None:
    """The whole road on a simulated centre, then where to look."""
    from features.simulation import Centre
    from serving.demo import run_demo

    run_demo(Home.find(home), Centre(agents, days, seed), Terminal(as_json))


@audit.command()
def verify(home: HomeOption = None, as_json: AsJson = False) -> None:
    """Walk the whole log; exit code 2 and the place where an entry was changed, removed, moved or cut off."""
    from serving.audit import verify as walk
    from serving.store import Store

    terminal = Terminal(as_json)
    entries = walk(Store(Home.find(home)))
    terminal.say(f"{entries:,} entries, none changed, removed or moved.")
    terminal.answer({"entries": entries, "whole": True})
