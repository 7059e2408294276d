"""`respite access grant | revoke | list`."""

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated

import typer

from features.commands import AsJson, HomeOption
from features.home import Home
from features.terminal import Terminal

if TYPE_CHECKING:
    from serving.tables import Token

__all__ = ["app"]

app = typer.Typer(help="Who may ask the service.", no_args_is_help=True)
Name = Annotated[str, typer.Argument(help="Whose token it is.")]


@app.command()
def grant(
    name: Name,
    role: Annotated[str, typer.Option(help="hr, manager, agent, data_scientist, auditor or service.")],
    team: Annotated[list[str] | None, typer.Option(help="A manager's team; once for each.")] = None,
    manager_id: Annotated[
        str | None, typer.Option(help="A manager's own id, as the table agents has it: opens their offers alone.")
    ] = None,
    agent: Annotated[str | None, typer.Option(help="An agent's own id.")] = None,
    scope: Annotated[list[str] | None, typer.Option(help="Open only this kind of question; once for each.")] = None,
    days: Annotated[int, typer.Option(help="How long it opens.")] = 30,
    home: HomeOption = None,
    as_json: AsJson = False,
) -> None:
    """Make a token and show it once. A token of role hr opens every score: it is for the wellbeing partner alone."""
    from serving.access import Principal
    from serving.access import grant as make
    from serving.audit import log_command
    from serving.store import Store

    teams, scopes = frozenset(team or ()), frozenset(scope or ())
    who = Principal(name, role, teams, agent, scopes, manager_id)  # type: ignore[arg-type] # checked there
    terminal, found = Terminal(as_json), Home.find(home)
    log_command(found, "access grant", "operations", group=f"token {name}, role {role}")
    store = Store(found)
    token = make(store, who, days, datetime.now(UTC))
    store.close()
    terminal.say(f"{token}\nShown once; valid for {days} days. Send it as 'Authorization: Bearer <token>'.")
    terminal.answer({"name": name, "role": role, "token": token, "days": days})


@app.command()
def revoke(name: Name, home: HomeOption = None, as_json: AsJson = False) -> None:
    """Close a token for good."""
    from serving.access import revoke as close
    from serving.audit import log_command
    from serving.store import Store

    terminal, found = Terminal(as_json), Home.find(home)
    log_command(found, "access revoke", "operations", group=f"token {name}")
    store = Store(found)
    close(store, name)
    store.close()
    terminal.say(f"The token of {name} opens nothing any more.")
    terminal.answer({"revoked": name})


@app.command("list")
def list_(home: HomeOption = None, as_json: AsJson = False) -> None:
    """Show every token ever granted: whose, which role, until when, and whether it was revoked."""
    from serving.access import list_tokens
    from serving.store import Store

    terminal, store = Terminal(as_json), Store(Home.find(home))
    tokens = list_tokens(store)
    store.close()
    names = ["name", "role", "bound to", "scopes", "valid until", ""]
    rows = [
        (t.name, t.role, _bound(t), ", ".join(t.scopes), f"{t.expires_at:%Y-%m-%d %H:%M} UTC",
         "revoked" if t.revoked else "") for t in tokens
    ]  # fmt: skip
    terminal.table("Tokens", names, rows)
    kept = ("name", "role", "teams", "manager_id", "agent_id", "scopes", "expires_at", "revoked")
    terminal.answer([{name: getattr(token, name) for name in kept} for token in tokens])


def _bound(token: "Token") -> str:
    """Whom a token is about: an agent, or a manager and their teams."""
    return token.agent_id or ", ".join([*([token.manager_id] if token.manager_id else []), *token.teams])
