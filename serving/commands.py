"""`respite score`, `report`, `serve`, `access grant|revoke|list`, `audit verify`, `demo`."""

from dataclasses import asdict
from datetime import UTC, datetime
from typing import Annotated

import typer

from features.commands import AsJson, HomeOption, parse_date
from features.errors import InputError
from features.home import Home
from features.terminal import Terminal
from serving.monitor.commands import app as monitor_app
from serving.outreach.commands import app as outreach_app
from serving.privacy.commands import app as privacy_app

__all__ = ["app"]

app = typer.Typer()
access = typer.Typer(help="Who may ask the service.", no_args_is_help=True)
app.add_typer(access, name="access")
audit = typer.Typer(help="Who read whose data.", no_args_is_help=True)
app.add_typer(audit, name="audit")
app.add_typer(privacy_app)
app.add_typer(monitor_app)
app.add_typer(outreach_app)


@app.command()
def score(
    as_of: Annotated[str | None, typer.Option(help="A date of the frame; the newest where it is left out.")] = None,
    home: HomeOption = None,
    as_json: AsJson = False,
) -> None:
    """Score everyone on the roster with the champions, and keep scores and reasons. Twice is once."""
    from serving.batch import score_all

    terminal = Terminal(as_json)
    with terminal.step("Scoring") as step:
        report = score_all(Home.find(home), parse_date("--as-of", as_of) if as_of else None)
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
    home: HomeOption = None,
    as_json: AsJson = False,
) -> None:
    """Write a page: one HTML file that asks nothing of the network."""
    from serving.reports.build import write_reports

    terminal = Terminal(as_json)
    path = write_reports(Home.find(home), team, agent)
    terminal.say(f"{path}")
    terminal.answer({"path": str(path)})


@app.command()
def serve(port: Annotated[int, typer.Option(help="Port on this machine.")] = 3000, home: HomeOption = None) -> None:
    """Serve scores on 127.0.0.1 until interrupted. Put a proxy with TLS in front to serve others."""
    import subprocess

    from serving.server import command, environment
    from serving.store import Store

    if not 1 <= port <= 65_535:
        raise InputError(f"--port {port}: a port is 1 to 65535.")
    found = Home.find(home)
    Store(found).close()
    try:
        ended = subprocess.run(command(port), env=environment(found), check=False)  # noqa: S603 - our own command
    except KeyboardInterrupt:
        return
    raise typer.Exit(ended.returncode)


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


@access.command()
def grant(
    name: Annotated[str, typer.Argument(help="Whose token it is.")],
    days: Annotated[int, typer.Option(help="How long it opens.")] = 30,
    home: HomeOption = None,
    as_json: AsJson = False,
) -> None:
    """Make a token and show it once. It opens every score: give it to the wellbeing partner alone."""
    from serving.access import grant as make
    from serving.store import Store

    terminal = Terminal(as_json)
    token = make(Store(Home.find(home)), name, days, datetime.now(UTC))
    terminal.say(f"{token}\nShown once; valid for {days} days. Send it as 'Authorization: Bearer <token>'.")
    terminal.answer({"name": name, "token": token, "days": days})


@access.command()
def revoke(
    name: Annotated[str, typer.Argument(help="Whose token it is.")], home: HomeOption = None, as_json: AsJson = False
) -> None:
    """Close a token for good."""
    from serving.access import revoke as close
    from serving.store import Store

    close(Store(Home.find(home)), name)
    terminal = Terminal(as_json)
    terminal.say(f"The token of {name} opens nothing any more.")
    terminal.answer({"revoked": name})


@access.command("list")
def list_(home: HomeOption = None, as_json: AsJson = False) -> None:
    """Show every token ever granted: whose, until when, and whether it was revoked."""
    from serving.access import list_tokens
    from serving.store import Store

    terminal = Terminal(as_json)
    tokens = list_tokens(Store(Home.find(home)))
    rows = [(t.name, f"{t.expires_at:%Y-%m-%d %H:%M} UTC", "revoked" if t.revoked else "") for t in tokens]
    terminal.table("Tokens", ["name", "valid until", ""], rows)
    terminal.answer([{"name": t.name, "expires_at": t.expires_at, "revoked": t.revoked} for t in tokens])


@audit.command()
def verify(home: HomeOption = None, as_json: AsJson = False) -> None:
    """Walk the whole log; exit code 2 and the place where an entry was changed, removed, moved or cut off."""
    from serving.audit import verify as walk
    from serving.store import Store

    terminal = Terminal(as_json)
    entries = walk(Store(Home.find(home)))
    terminal.say(f"{entries:,} entries, none changed, removed or moved.")
    terminal.answer({"entries": entries, "whole": True})
