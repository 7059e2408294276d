"""`respite outreach refuse`, `allow`: whether an agent gets offers at all."""

from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from features.commands import AsJson, HomeOption
from features.errors import InputError
from features.home import Home
from features.terminal import Terminal

__all__ = ["app"]

app = typer.Typer()
Agent = Annotated[str, typer.Option(help="The agent, by the id in the table agents.")]


@app.command()
def refuse(agent: Agent, home: HomeOption = None, as_json: AsJson = False) -> None:
    """An agent wants no offers. The next plan leaves them out; nothing else follows from it."""
    _decide(agent, False, home, Terminal(as_json))


@app.command()
def allow(agent: Agent, home: HomeOption = None, as_json: AsJson = False) -> None:
    """An agent who wanted no offers may get some again."""
    _decide(agent, True, home, Terminal(as_json))


def _decide(agent: str, granted: bool, home: Path | None, terminal: Terminal) -> None:
    from features.raw import rows
    from serving.consent import record
    from serving.store import Store

    found = Home.find(home)
    if agent not in set(rows(found, "agents", ["agent_id"])["agent_id"]):
        raise InputError(f"--agent {agent}: no such agent; ids are those of the table agents.")
    with closing(Store(found)) as store:
        record(store, agent, "outreach", granted, datetime.now(UTC))
    terminal.say(f"{agent} {'may get offers again' if granted else 'gets no offers'} from the next plan on.")
    terminal.answer({"agent_id": agent, "outreach": granted})
