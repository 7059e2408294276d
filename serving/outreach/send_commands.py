"""`respite outreach publish`, `send`: what offers tell training, and other systems."""

from contextlib import closing
from datetime import UTC, datetime
from typing import Annotated

import typer

from features.commands import AsJson, HomeOption, parse_date
from features.home import Home
from features.terminal import Terminal

__all__ = ["app"]

app = typer.Typer()


@app.command()
def publish(home: HomeOption = None, as_json: AsJson = False) -> None:
    """Write offers and holdouts into the table `outreach`, for training; `plan` and `record` do it by themselves."""
    from serving.outreach.contract import publish as write
    from serving.store import Store

    terminal, found = Terminal(as_json), Home.find(home)
    with closing(Store(found)) as store:
        path = write(found, store)
    terminal.say(f"{path}")
    terminal.answer({"path": str(path)})


@app.command()
def send(
    to: Annotated[str | None, typer.Option(help="The receiver's address, or RESPITE_WEBHOOK_URL.")] = None,
    today: Annotated[str | None, typer.Option(help="The day to judge by; today where it is left out.")] = None,
    home: HomeOption = None,
    as_json: AsJson = False,
) -> None:
    """Tell a chat or ticket system of offers and of what is overdue. Ends with 1 if something still waits.

    What did not arrive is kept, and sent again next time.
    """
    import os
    import time

    from serving.outreach.outbox import enqueue, send_waiting
    from serving.outreach.webhook import Receiver
    from serving.store import Store

    terminal, receiver, now = Terminal(as_json), Receiver.of(os.environ, to), datetime.now(UTC)
    day = parse_date("--today", today) if today else now.date()
    with closing(Store(Home.find(home))) as store:
        fresh = enqueue(store, day, now)
        with terminal.step("Sending notices"):
            done = send_waiting(store, receiver, clock=lambda: datetime.now(UTC), sleep=time.sleep)
    terminal.say("\n".join([f"{done.sent} sent, {done.waiting} waiting.", *done.errors]))
    terminal.answer({"new": fresh, "sent": done.sent, "waiting": done.waiting, "errors": list(done.errors)})
    raise typer.Exit(1 if done.waiting else 0)
