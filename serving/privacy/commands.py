"""`respite retention`, `erase`, `export`, `reidentify`, `opt-out`, `opt-in`, `stop`, `resume`."""

from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Literal

import typer

from features.commands import AsJson, HomeOption, parse_date
from features.errors import InputError
from features.home import Home
from features.terminal import Terminal

__all__ = ["app"]

app = typer.Typer()
Agent = Annotated[str, typer.Option(help="The agent, by the id in the table agents.")]
Reason = Annotated[str, typer.Option(help="Why; it is kept.")]
By = Annotated[str, typer.Option(help="Who does it; kept with the reason.")]
Role = Literal["auditor", "hr"]
Why = Literal["complaint", "correction", "audit", "safety"]  # no free words: the log cannot forget a name in them
Config = Annotated[Path | None, typer.Option("--config", help="A configuration file with a section `privacy`.")]


@app.command()
def retention(
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would go, and delete nothing.")] = False,
    today: Annotated[str | None, typer.Option(help="The day to count from; today where it is left out.")] = None,
    config: Config = None,
    home: HomeOption = None,
    as_json: AsJson = False,
) -> None:
    """Delete what was kept long enough: raw contacts, features, scores, pages. For a nightly scheduler."""
    from serving.audit import log_command
    from serving.privacy.retention import retain
    from serving.settings import load_settings

    day = parse_date("--today", today) if today else datetime.now(UTC).date()
    terminal, place = Terminal(as_json), Home.find(home)
    log_command(place, "retention", "oversight", group="dry run" if dry_run else "")
    found = retain(place, day, load_settings(place, config).privacy, dry_run)
    title = "Would be deleted" if dry_run else "Deleted"
    rows = [(one.what, one.before, f"{one.count:,} {one.unit}") for one in found]
    terminal.table(title, ["what", "older than", "how much"], rows)
    terminal.answer({"dry_run": dry_run, "deleted": [asdict(one) for one in found]})


@app.command()
def erase(agent: Agent, home: HomeOption = None, as_json: AsJson = False) -> None:
    """Erase one agent everywhere, and say where the organization has to look itself."""
    from serving.audit import log_command
    from serving.privacy.erasure import erase as run

    terminal, place = Terminal(as_json), Home.find(home)
    log_command(place, "erase", "self", group="one agent")  # whose name may not stay, not even here
    found = run(place, agent)
    terminal.table("Erased", ["place", "rows"], found.rows.items())
    terminal.say("Not within reach, to be treated by the organization:\n  " + "\n  ".join(found.outside))
    terminal.answer(asdict(found))


@app.command()
def export(
    agent: Agent,
    to: Annotated[Path | None, typer.Option(help="The zip file to write.")] = None,
    home: HomeOption = None,
    as_json: AsJson = False,
) -> None:
    """Write everything that is held about one agent into a zip file, with a page in plain words on top."""
    from serving.audit import log_command
    from serving.privacy.export import export as run

    terminal, target = Terminal(as_json), to or Path(f"respite-export-{datetime.now(UTC):%Y-%m-%d}.zip")
    counts = run(Home.find(home), agent, target, f"{datetime.now(UTC):%Y-%m-%d}")
    try:
        log_command(Home.find(home), "export", "self", (agent,))
    except BaseException:
        target.unlink()  # no log, no data
        raise
    terminal.table("Exported", ["place", "rows"], counts.items())
    terminal.say(f"{target}\nIt holds personal data: hand it to that agent alone, and delete it here.")
    terminal.answer({"path": str(target), "rows": counts})


@app.command()
def reidentify(
    name: Annotated[str, typer.Argument(help="The pseudonym, such as P-7QJ2...; it begins with P-.")],
    role: Annotated[Role, typer.Option("--as", help="The role that you ask in: only these may.")],
    reason: Annotated[Why, typer.Option(help="Why this person has to be known; the log keeps it.")],
    period: Annotated[
        str | None, typer.Option(help="The month of the pseudonym, 2026-03; this month if not given.")
    ] = None,
    home: HomeOption = None,
    as_json: AsJson = False,
) -> None:
    """Say whose pseudonym this is. The log has it before the answer is there, and who is found is told of in it."""
    from serving.audit import log_command
    from serving.privacy.pseudonyms import reidentify as run
    from serving.store import Store

    terminal, place = Terminal(as_json), Home.find(home)
    month = period or f"{datetime.now(UTC):%Y-%m}"
    log_command(place, "reidentify", "oversight", group=f"one pseudonym of {month}, as {role}: {reason}")
    store = Store(place)
    try:
        with store.session() as session:
            agent = run(session, name, month, role=role, reason=reason)
    finally:
        store.close()
    log_command(place, "reidentify", "oversight", (agent,))
    terminal.say(f"{name} of {month} is {agent}.")
    terminal.answer({"pseudonym": name, "period": month, "agent_id": agent})


@app.command("opt-out")
def opt_out(agent: Agent, home: HomeOption = None, as_json: AsJson = False) -> None:
    """An agent does not want to be scored. The next batch leaves them out; their manager does not learn of it."""
    _answer(agent, False, home, Terminal(as_json))


@app.command("opt-in")
def opt_in(agent: Agent, home: HomeOption = None, as_json: AsJson = False) -> None:
    """An agent who opted out wants to be scored again."""
    _answer(agent, True, home, Terminal(as_json))


@app.command()
def stop(reason: Reason, by: By = "the command line", home: HomeOption = None, as_json: AsJson = False) -> None:
    """Stop all scoring until `respite resume`; nothing is deleted."""
    _turn(True, reason, by, home, Terminal(as_json))


@app.command()
def resume(reason: Reason, by: By = "the command line", home: HomeOption = None, as_json: AsJson = False) -> None:
    """Let scoring go on."""
    _turn(False, reason, by, home, Terminal(as_json))


def _answer(agent: str, granted: bool, home: Path | None, terminal: Terminal) -> None:
    from features.raw import rows
    from serving.audit import log_command
    from serving.consent import record
    from serving.store import Store

    found = Home.find(home)
    if agent not in set(rows(found, "agents", ["agent_id"])["agent_id"]):
        raise InputError(f"--agent {agent}: no such agent; ids are those of the table agents.")
    log_command(found, "opt-in" if granted else "opt-out", "self", (agent,))
    store = Store(found)
    record(store, agent, "scoring", granted, datetime.now(UTC))
    store.close()
    terminal.say(f"{agent} is {'scored again' if granted else 'not scored any more'} from the next batch on.")
    terminal.answer({"agent_id": agent, "scoring": granted})


def _turn(on: bool, reason: str, by: str, home: Path | None, terminal: Terminal) -> None:
    from serving.audit import log_command
    from serving.consent import turn
    from serving.store import Store

    if not reason.strip():
        raise InputError("--reason: say why; whoever finds scoring stopped will read it.")
    log_command(Home.find(home), "stop" if on else "resume", "oversight", group=f"by {by}")
    store = Store(Home.find(home))
    turn(store, on, reason.strip(), by, datetime.now(UTC))
    store.close()
    terminal.say("Scoring is stopped." if on else "Scoring goes on.")
    terminal.answer({"stopped": on, "reason": reason.strip()})
