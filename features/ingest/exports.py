"""An export as a relation of rows, whatever its format; what is no row is found, and every row has its line."""

from collections.abc import Callable
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any, ClassVar

import duckdb
import numpy as np
import numpy.typing as npt

from features.errors import InputError
from features.ingest.expressions import literal, quoted
from features.ingest.mapping import Format, one_line

__all__ = ["NOT_A_ROW", "NOT_UTF8", "Broken", "Export", "ParquetExport", "open_export", "unreadable"]

Lines = npt.NDArray[np.int64]
Make = Callable[[str], object]

MOST_BROKEN = 1_000
MOST_NOT_UTF8 = 0.1  # share of rows; beyond it the file is in another encoding
NOT_A_ROW, NOT_UTF8 = "not a row", "not UTF-8 text"
_NESTED = ("STRUCT", "MAP", "UNION")
_number = count(1)


@dataclass(frozen=True)
class Broken:
    """What stands where a row should be: its line, the rule that it breaks, the reason, and what it says."""

    line: int | None
    rule: str
    reason: str
    text: str


class Export:
    """One file of an export.

    Attributes
    ----------
    columns
        What the rows have; texts, except for nested values.
    word
        What a row is called in messages.
    streams
        Whether `read` is there, which keeps nothing.
    aligned
        Whether a CSV line with fewer cells than the header is no row, rather than one whose last cells are empty.
    broken, rows
        What is no row, and how many rows there are, once it was read.
    """

    word: ClassVar[str] = "row"
    streams: ClassVar[bool] = True
    columns: list[str]

    def __init__(self, db: Any, path: Path) -> None:
        self.db, self.path = db, path
        self.number = next(_number)
        self.aligned, self.rows = False, 0
        self.broken: list[Broken] = []
        self._is_kept = False

    def shape(self) -> str:
        """SQL of a relation with these columns and no rows."""
        raise NotImplementedError

    def relation(self) -> str:
        """SQL of the relation that `read` tries first."""
        raise NotImplementedError

    def read(self, make: Make) -> None:
        """Run `make` on the SQL of a relation with this export's rows, in their order; sets `broken`.

        May run `make` again with another relation, where the first did not account for every line.
        """
        raise NotImplementedError

    def keep(self) -> str:
        """The name of a relation with the rows and their ordinal `_line`, read once however often it is used."""
        name = f"export_{self.number}"
        if not self._is_kept:
            self.read(lambda relation: self.db.execute(f"CREATE OR REPLACE TABLE main.{name}_rows AS {relation}"))
            self.db.execute(f"CREATE VIEW main.{name} AS SELECT rowid AS _line, * FROM main.{name}_rows")
            self.rows = self.db.execute(f"SELECT count(*) FROM main.{name}_rows").fetchone()[0]
            self._is_kept = True
        return f"main.{name}"

    def refuse_hopeless(self) -> None:
        """Refuse a file of which so little could be read that it is of another kind.

        Raises
        ------
        InputError
            Says how much, and what is wrong with the first.
        """
        name, broken = self.path.name, self.broken
        if not self.rows and not broken:
            raise InputError(f"{name} has {'a header and no rows' if self.word == 'row' else 'no records'}.")
        if sum(one.rule == NOT_UTF8 for one in broken) > MOST_NOT_UTF8 * (self.rows + len(broken)):
            raise unreadable(self.path, "it is not UTF-8 text")
        if not self.rows or len(broken) > max(MOST_BROKEN, self.rows):
            first = f"the first is {self.word} {broken[0].line}: {broken[0].reason}"
            raise InputError(f"{name}: {len(broken):,} {self.word}s cannot be read, {first}.")

    def locate(self) -> None:
        """Correct the lines in `broken`, where they were counted as rows."""

    def lines(self, ordinals: Lines) -> Lines:
        """The lines of rows, by their ordinals from 0 among all rows; -1 where that cannot be told."""
        return ordinals + 1


class ParquetExport(Export):
    """A Parquet file; plain values are read as texts, nested ones as they are."""

    def __init__(self, db: Any, path: Path) -> None:
        super().__init__(db, path)
        try:
            found = db.execute(f"DESCRIBE FROM read_parquet({literal(path)})").fetchall()
        except duckdb.Error as error:
            raise unreadable(path, one_line(error)) from error
        self.columns = [row[0] for row in found]
        self._texts = ", ".join(
            quoted(name)
            if kind.startswith(_NESTED) or kind.endswith("]")
            else f"{quoted(name)}::VARCHAR AS {quoted(name)}"
            for name, kind, *_ in found
        )

    def shape(self) -> str:
        return f"SELECT {self._texts} FROM read_parquet({literal(self.path)}) LIMIT 0"

    def relation(self) -> str:
        return f"SELECT {self._texts} FROM read_parquet({literal(self.path)})"

    def read(self, make: Make) -> None:
        try:
            make(self.relation())
        except duckdb.Error as error:
            raise unreadable(self.path, one_line(error)) from error


def open_export(db: Any, path: Path, form: Format, records: str | None = None) -> Export:
    """Open a file.

    Parameters
    ----------
    records
        In JSON, the key of the array that holds the records.

    Raises
    ------
    InputError
        The file is missing, empty, or not of that format.
    """
    from features.ingest.csv_export import CsvExport
    from features.ingest.json_export import JsonExport

    if not path.is_file() or path.stat().st_size == 0:
        raise InputError(f"{path.name} is {'empty' if path.is_file() else 'missing'}.")
    if form == "parquet":
        return ParquetExport(db, path)
    return JsonExport(db, path, records) if form == "json" else CsvExport(db, path)


def unreadable(path: Path, why: str) -> InputError:
    """The refusal of a file that cannot be read at all."""
    return InputError(f"{path.name} could not be read: {why.rstrip('.')}.")
