"""What a mapping gives for a column: its expression, the type of that, and the SQL that makes the contract's of it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import duckdb

from features.errors import InputError
from features.ingest.expressions import names_in
from features.ingest.mapping import one_line
from features.ingest.rules import SQL_TYPE
from features.tables import Column

__all__ = ["Binder", "Given"]

_NATIVE = {
    "time": ("TIMESTAMP", "DATE"),
    "date": ("TIMESTAMP", "DATE"),
    "flag": ("BOOLEAN",),
    "number": (
        "TINYINT", "SMALLINT", "INTEGER", "BIGINT", "HUGEINT", "UTINYINT", "USMALLINT", "UINTEGER", "UBIGINT",
        "FLOAT", "DOUBLE", "DECIMAL",
    ),
}  # fmt: skip
_PLAIN = ("____-__-__ __:__:__", "____-__-__T__:__:__")  # times without an offset, which are read much faster


@dataclass(frozen=True)
class Given:
    """What a mapping gives for a column.

    Attributes
    ----------
    sql
        The expression, over the rows.
    kind
        Its SQL type.
    is_bare
        Whether it is a text of the export as it is, which cannot fail on a row.
    sources
        The texts of the export that it is made of.
    """

    column: Column
    sql: str
    kind: str
    is_bare: bool
    sources: tuple[str, ...]

    @property
    def is_text(self) -> bool:
        """Whether it gives a text, rather than a value of the column's kind."""
        return not self.kind.startswith(_NATIVE.get(self.column.kind, ()))

    @property
    def raw(self) -> str:
        """What it gives for a row; null where it fails."""
        if self.is_bare:
            return self.sql
        return f"TRY(({self.sql})::{'VARCHAR' if self.is_text else SQL_TYPE[self.column.kind]})"

    @property
    def failed(self) -> str:
        """Whether it failed on a row, rather than gave nothing; looked at where `raw` is null."""
        return f"CASE WHEN _raw_{self.column.name} IS NULL THEN TRY(({self.sql}) IS NULL) IS NULL ELSE false END"

    @property
    def typed(self) -> str:
        """`raw` in the contract's type; null where that cannot be."""
        raw = f"_raw_{self.column.name}"
        text = f"nullif({raw}, '')"
        if not self.is_text:
            return raw
        if self.column.kind == "time":
            plain = " OR ".join(f"{raw} LIKE '{form}'" for form in _PLAIN)
            zoned = f"TRY_CAST(TRY_CAST({text} AS TIMESTAMPTZ) AS TIMESTAMP)"
            return f"CASE WHEN {plain} THEN TRY_CAST({raw} AS TIMESTAMP) ELSE {zoned} END"
        return f"TRY_CAST({text} AS {SQL_TYPE[self.column.kind]})" if self.column.kind in SQL_TYPE else text


class Binder:
    """Finds what expressions give over rows of some shape.

    Parameters
    ----------
    shape
        SQL of a relation with the rows' columns.
    place
        The file's name, for messages.
    """

    def __init__(self, db: Any, shape: str, place: str) -> None:
        self.db, self.shape, self.place = db, shape, place
        self._kinds: Mapping[str, str] = {name: kind for name, kind, *_ in self._described("*")}

    def given(self, table: str, column: Column, sql: str) -> Given:
        """What an expression gives for a column.

        Raises
        ------
        InputError
            It is not SQL, or names a column that is not there.
        """
        kind = self.kind(sql, f"expression for {table}.{column.name}")
        sources = sorted(name for name in names_in(self.db, sql).columns if self._kinds.get(name) == "VARCHAR")
        if kind == "JSON":
            return Given(column, f"({sql})->>'$'", "VARCHAR", False, tuple(sources))
        return Given(column, sql, kind, self._kinds.get(sql.strip('"')) == "VARCHAR", tuple(sources))

    def kind(self, sql: str, part: str) -> str:
        """The type of an expression; `part` names it where it is wrong."""
        try:
            return str(self._described(f"TRY({sql})")[0][1])
        except duckdb.Error as error:
            raise InputError(f"{self.place}: the mapping's {part} failed: {one_line(error)}") from error

    def _described(self, sql: str) -> list[Any]:
        found: list[Any] = self.db.execute(f"DESCRIBE SELECT {sql} FROM ({self.shape})").fetchall()
        return found
