"""What an ingest says on the terminal: the shipped mappings, what was read, kept and rejected, and why."""

from dataclasses import asdict
from pathlib import Path

from rich.markup import escape

from features.errors import InputError
from features.home import Home
from features.ingest.mapping import load_mapping, sample_of, shipped_mappings
from features.ingest.reports import IngestReport
from features.terminal import Terminal

__all__ = ["say_mappings", "say_report", "source_of"]


def say_mappings(terminal: Terminal) -> None:
    """What every shipped mapping reads."""
    about = {name: load_mapping(name).about for name in shipped_mappings()}
    terminal.table("Mappings", ["mapping", "what it reads"], about.items())
    terminal.say("Try one on its sample export: respite ingest --mapping NAME --sample --home FOLDER")
    terminal.answer(about)


def source_of(mapping: str | None, source: Path | None, sample: bool, home: Home) -> tuple[str, Path]:
    """Which mapping and which export were asked for.

    Raises
    ------
    InputError
        Neither an export nor the sample was asked for, or both, or no mapping; or the home has contacts, among which
        those of a sample would be lost.
    """
    if not mapping:
        raise InputError(f"--mapping: name one of {', '.join(shipped_mappings())}, or a YAML file; --list says more.")
    if sample == bool(source):
        raise InputError("Name an export with --from, or try the mapping with --sample.")
    if source:
        return mapping, source
    if home.batches("contacts"):
        raise InputError(f"--sample: {home.root} has contacts already, and a sample is invented; name another --home.")
    return mapping, sample_of(mapping)


def say_report(report: IngestReport, terminal: Terminal) -> None:
    """What was read, kept, kept out and rejected, table by table, and why."""
    header = ["table", "from", "read", "kept", "duplicates", "kept out", "rejected"]
    tables = [
        (
            t.table,
            escape(t.source),
            *(f"{n:,}" for n in (t.read, t.kept, t.duplicates, sum(t.kept_out.values()), t.rejected)),
        )
        for t in report.tables
    ]
    terminal.table("Read", header, tables)
    reasons = [
        (t.table, "kept out", escape(why), f"{n:,}") for t in report.tables for why, n in t.kept_out.items() if n
    ]
    reasons += [(t.table, "rejected", why, f"{n:,}") for t in report.tables for why, n in t.rejected_by.items()]
    if reasons:
        terminal.table("Why", ["table", "what", "reason", "rows"], reasons)
    for table in report.tables:
        if table.columns_not_read:
            terminal.say(escape(f"{table.source}: columns not read: {', '.join(table.columns_not_read)}"))
        if table.scored:
            terminal.say(f"{table.source}: {table.scored:,} texts of customers were scored.")
        if table.rejected_file:
            terminal.say(escape(f"{table.source}: rejected rows, with their reasons: {table.rejected_file}"))
    terminal.answer(asdict(report))
