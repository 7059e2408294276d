"""What an ingest read, kept, kept out and rejected, in numbers."""

from dataclasses import dataclass, field

__all__ = ["IngestReport", "Rejection", "TableReport"]


@dataclass(frozen=True)
class Rejection:
    """A row that was not taken: its line in the export, the rule, and the sentence that says why."""

    line: int | None
    rule: str
    reason: str


@dataclass
class TableReport:
    """What was read from one export into one table: read = kept + duplicates + rejected + kept out.

    `scored` counts the texts of customers that got their sentiment on the way in.
    """

    table: str
    source: str
    read: int = 0
    kept: int = 0
    duplicates: int = 0
    rejected: int = 0
    scored: int = 0
    kept_out: dict[str, int] = field(default_factory=dict)
    rejected_by: dict[str, int] = field(default_factory=dict)
    first_rejections: list[Rejection] = field(default_factory=list)
    rejected_file: str | None = None
    columns_not_read: list[str] = field(default_factory=list)


@dataclass
class IngestReport:
    """What one run read, kept, kept out and rejected, table by table."""

    mapping: str
    tables: list[TableReport] = field(default_factory=list)

    @property
    def rejected(self) -> int:
        return sum(table.rejected for table in self.tables)

    @property
    def read(self) -> int:
        return sum(table.read for table in self.tables)

    def first_reason(self) -> str:
        return next(f"{t.source}, {r.reason}" for t in self.tables for r in t.first_rejections)
