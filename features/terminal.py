"""How the command line speaks: steps with their time, tables, or JSON for machines."""

import json
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

__all__ = ["Terminal"]


@dataclass
class Terminal:
    """Writes steps to the error stream, so that standard output holds the answer alone.

    With `as_json`, nothing but one JSON document is printed.
    """

    as_json: bool = False

    @contextmanager
    def step(self, title: str) -> Iterator["Step"]:
        """Show that something runs, how far it is, and how long it took."""
        if self.as_json:
            yield Step(title)
            return
        from rich.console import Console

        console = Console(stderr=True, highlight=False)
        began = time.perf_counter()
        with console.status(f"{title} ...") as status:
            step = Step(title, lambda text: status.update(f"{title} ... {text}"))
            yield step
        took = time.perf_counter() - began
        said = f": {step.said}" if step.said else ""
        console.print(f"[green]✓[/] {title}{said} [dim]({took:.1f} s)[/]", soft_wrap=True)

    def table(self, title: str, header: list[str], rows: Iterable[Iterable[object]]) -> None:
        """Print a table, unless the answer is JSON."""
        if self.as_json:
            return
        from rich.console import Console
        from rich.table import Table

        table = Table(*header, title=title, title_justify="left", header_style="bold")
        for row in rows:
            table.add_row(*(str(cell) for cell in row))
        Console().print(table)

    def say(self, text: str) -> None:
        """Print a line, unless the answer is JSON."""
        if not self.as_json:
            from rich.console import Console

            Console(highlight=False).print(text, soft_wrap=True)

    def answer(self, value: Any) -> None:
        """Print the answer for machines, if that was asked for."""
        if self.as_json:
            print(json.dumps(value, indent=2, default=str))  # noqa: T201 - this is the answer


class Step:
    """A step that is running: `show` updates its line, `said` ends it."""

    def __init__(self, title: str, show: Callable[[str], None] = lambda text: None) -> None:
        self.title, self.show, self.said = title, show, ""
