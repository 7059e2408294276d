"""`respite monitor`: a report for people, gauges for machines, an exit code for schedulers."""

from datetime import UTC, datetime
from typing import Annotated

import typer

from features.commands import AsJson, HomeOption, parse_date
from features.home import Home
from features.terminal import Terminal

__all__ = ["app"]

app = typer.Typer()


@app.command()
def monitor(
    today: Annotated[str | None, typer.Option(help="The day to judge freshness by; today if left out.")] = None,
    home: HomeOption = None,
    as_json: AsJson = False,
) -> None:
    """Compare the newest features and scores with training. Ends with 0 if fine, 1 if something is to be done."""
    from serving.monitor.report import write_monitor
    from serving.monitor.run import monitor_home

    terminal, found = Terminal(as_json), Home.find(home)
    day = parse_date("--today", today) if today else datetime.now(UTC).date()
    with terminal.step("Comparing with training"):
        report = monitor_home(found, day)
        paths = write_monitor(found, report)
    terminal.table("Monitor", ["", "", "finding"], [(c.outcome, c.level, c.sentence) for c in report.findings])
    terminal.say(report.suggestion)
    terminal.say("\n".join(str(path) for path in paths.values()))
    terminal.answer(report.as_dict() | {"files": {name: str(path) for name, path in paths.items()}})
    raise typer.Exit(report.exit_code)
