"""CSV, plain or gzip: DuckDB's reader at full speed, and line by line where a file is damaged.

DuckDB guesses nothing here: separator and columns come from the header, so no line at the top is skipped and no column
is made up.
"""

import csv
from array import array
from collections.abc import Iterator
from itertools import islice
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pyarrow as pa

from features.ingest.csv_lines import LEAST_TELLING_WIDTH, Record, Records, count_lines, physical_lines
from features.ingest.exports import NOT_A_ROW, NOT_UTF8, Broken, Export, Lines, Make, unreadable
from features.ingest.expressions import literal, quoted
from features.ingest.mapping import one_line

__all__ = ["CsvExport"]

SEPARATORS = (",", ";", "\t", "|")
LONGEST_HEADER = 100_000  # characters
MOST_BLANK = 50  # lines before the header
BATCH = 50_000  # rows
_REASONS = {
    "TOO MANY COLUMNS": (NOT_A_ROW, "more cells than the header has columns"),
    "MISSING COLUMNS": (NOT_A_ROW, "fewer cells than the header has columns"),
    "INVALID ENCODING": (NOT_UTF8, NOT_UTF8),
}


class CsvExport(Export):
    """A CSV file with a header; separated by comma, semicolon, tab or bar, quoted by double quotes."""

    def __init__(self, db: Any, path: Path) -> None:
        super().__init__(db, path)
        self._starts: Lines | None = None
        header, self._skip = self._header()
        self._separator = max(SEPARATORS, key=lambda one: len(next(csv.reader([header], delimiter=one))))
        self.columns = _names(next(csv.reader([header], delimiter=self._separator)))

    def _header(self) -> tuple[str, int]:
        """The first line that is not blank, and how many lines to skip to get behind it."""
        for number, line in islice(physical_lines(self.path), MOST_BLANK):
            if line.removeprefix(b"\xef\xbb\xbf").strip():
                try:
                    text = line.decode("utf-8-sig")
                except UnicodeDecodeError as error:
                    raise unreadable(self.path, "it is not UTF-8 text, plain or .gz") from error
                if "\0" in text or "\r" in text or text.count('"') % 2 or len(text) > LONGEST_HEADER:
                    raise unreadable(self.path, "its first line is no header of a CSV file")
                return text, number
        raise unreadable(self.path, "it has no header")

    def shape(self) -> str:
        return f"SELECT {', '.join(f'NULL::VARCHAR AS {quoted(name)}' for name in self.columns)} WHERE false"

    def relation(self) -> str:
        return f"SELECT * FROM {self._reader(not self.aligned)}"

    def read(self, make: Make) -> None:
        for padded in [False] if self.aligned else [True, False]:
            if self._read_quickly(make, padded):
                return
        self._read_line_by_line(make)

    def _read_quickly(self, make: Make, padded: bool) -> bool:
        """Read by DuckDB; False where that did not work or cannot be trusted.

        With padding, DuckDB refuses a file that has a line end within quotes, so that one pass is enough to know that
        no quote swallowed lines. Without, cells that look as if they had swallowed some are looked for.
        """
        errors = f"errors_{self.number}"
        self.db.execute(f"DROP TABLE IF EXISTS {errors}; DROP TABLE IF EXISTS {errors}_scan")
        kept = f", store_rejects = true, rejects_table = '{errors}', rejects_scan = '{errors}_scan'"
        try:
            make(f"SELECT * FROM {self._reader(padded, kept)}")
        except duckdb.IOException as error:
            raise unreadable(self.path, one_line(error)) from error
        except duckdb.Error:
            return False
        found = self.db.execute(
            f"SELECT line, min(error_type::VARCHAR), min(csv_line) FROM {errors} GROUP BY line ORDER BY line"
        ).fetchall()
        reasons = [_REASONS.get(kind, (kind, kind)) for _, kind, _ in found]
        self.broken = [
            Broken(line, rule, reason, text.strip("\r\n"))
            for (line, _, text), (rule, reason) in zip(found, reasons, strict=True)
        ]
        padding_was_missed = not self.aligned and not padded and any(kind == "MISSING COLUMNS" for _, kind, _ in found)
        strange = any(kind not in _REASONS or "\n" in text.strip("\r\n") for _, kind, text in found)
        return not (padding_was_missed or strange or (not padded and self._has_swallowed_lines()))

    def _reader(self, padded: bool, more: str = "") -> str:
        columns = ", ".join(f"{literal(name)}: 'VARCHAR'" for name in self.columns)
        with self.path.open("rb") as file:
            packed = "gzip" if file.read(2) == b"\x1f\x8b" else "none"
        return (
            f"read_csv({literal(self.path)}, auto_detect = false, header = false, skip = {self._skip},"
            f" compression = '{packed}', delim = {literal(self._separator)}, quote = '\"', escape = '\"',"
            f" columns = {{{columns}}}, null_padding = {padded}, ignore_errors = true{more})"
        )

    def _has_swallowed_lines(self) -> bool:
        """Whether a cell goes over lines of which one has as many separators as a row."""
        if len(self.columns) < LEAST_TELLING_WIDTH:
            return False
        separator, between = literal(self._separator), len(self.columns) - 1
        lines = "string_split(cell, chr(10))[2:-2]"
        in_line = f"length(line) - length(replace(line, {separator}, '')) = {between}"
        cells = f"[{', '.join(quoted(name) for name in self.columns)}]"
        cell = f"contains(cell, chr(10)) AND len(list_filter({lines}, lambda line: {in_line})) > 0"
        test = f"len(list_filter({cells}, lambda cell: {cell})) > 0"
        found = self.db.execute(f"SELECT 1 FROM {self._reader(False)} WHERE {test} LIMIT 1").fetchall()
        return bool(found)

    def _read_line_by_line(self, make: Make) -> None:
        name, columns = f"main.lines_{self.number}", ", ".join(f"{quoted(name)} VARCHAR" for name in self.columns)
        self.db.execute(f"CREATE OR REPLACE TABLE {name} ({columns})")
        self.broken, starts = [], array("q")
        rows = iter(self._records())
        while batch := list(islice(rows, BATCH)):
            self.broken += [row for row in batch if isinstance(row, Broken)]
            good = [row for row in batch if isinstance(row, Record)]
            starts.extend(row.line for row in good)
            self._insert(name, [row.cells for row in good])
        self._starts = np.frombuffer(starts, dtype=np.int64)
        make(f"SELECT * FROM {name}")
        self.db.execute(f"DROP TABLE {name}")

    def _insert(self, name: str, rows: list[list[str]]) -> None:
        cells = zip(*rows, strict=True) if rows else ([] for _ in self.columns)
        batch = pa.table([pa.array(column, pa.string()) for column in cells], names=self.columns)
        self.db.register("batch", batch)
        empty_is_null = ", ".join(f"nullif({quoted(column)}, '')" for column in self.columns)
        self.db.execute(f"INSERT INTO {name} SELECT {empty_is_null} FROM batch")
        self.db.unregister("batch")

    def _records(self) -> Iterator[Record | Broken]:
        lines = islice(physical_lines(self.path), self._skip, None)
        return iter(Records(lines, self._separator, len(self.columns), self.aligned))

    def locate(self) -> None:
        """Find the line of every row where not every line is a row; DuckDB does not count the lines within quotes."""
        if self._starts is not None or count_lines(self.path) == self._skip + self.rows + len(self.broken):
            return
        starts, broken = array("q"), []  # type: array[int], list[Broken]
        for row in self._records():
            if isinstance(row, Broken):
                broken.append(row)
            else:
                starts.append(row.line)
        self._starts = np.frombuffer(starts, dtype=np.int64)
        if len(broken) == len(self.broken):
            self.broken = broken

    def lines(self, ordinals: Lines) -> Lines:
        self.locate()
        if self._starts is not None:
            return self._starts[ordinals] if len(self._starts) == self.rows else np.full_like(ordinals, -1)
        broken = np.array([broken.line for broken in self.broken], dtype=np.int64)
        ahead = np.searchsorted(broken - np.arange(len(broken)), ordinals + self._skip + 1, side="right")
        return ordinals + self._skip + 1 + ahead


def _names(header: list[str]) -> list[str]:
    """Column names; one that is blank or comes again, in whatever case, gets its number."""
    names: list[str] = []
    for position, given in enumerate(header, start=1):
        name = given.strip() or f"column_{position}"
        taken = {"_line", *(other.casefold() for other in names)}
        names.append(name if name.casefold() not in taken else f"{name}_{position}")
    return names
