"""Rows of an export become rows of a table: typed, and judged by the rules of the contract, in one pass.

What a rejected row said is kept beside the rule that it broke. What a good row said is not: good rows, which are nearly
all, cost their typing and little more.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import duckdb

from features.errors import InputError
from features.expressions import literal, names_in, quoted
from features.mapping import one_line
from features.rules import SQL_TYPE, Rule, completion, filled, rules_of
from features.tables import Column, Table

__all__ = ["KEPT", "NOT_KEPT", "Judge"]

KEPT = "_rule IS NULL"

NOT_KEPT = "(text not kept)"
_SHOWN = (
    r"\S{0,40}|[-0-9T:.,+Z /]{0,40}|[-+0-9.,:]{1,20} \w{1,7}"  # a word, a time, a number with its unit; no sentence
)
_NATIVE = {
    "time": ("TIMESTAMP", "DATE"),
    "date": ("TIMESTAMP", "DATE"),
    "flag": ("BOOLEAN",),
    "number": (
        "TINYINT",
        "SMALLINT",
        "INTEGER",
        "BIGINT",
        "HUGEINT",
        "UTINYINT",
        "USMALLINT",
        "UINTEGER",
        "UBIGINT",
        "FLOAT",
        "DOUBLE",
        "DECIMAL",
    ),
}
_PLAIN = (
    "____-__-__ __:__:__",
    "____-__-__T__:__:__",
)  # a time without offset, read ten times as fast as one that may have it


@dataclass(frozen=True)
class _Given:
    """What a mapping gives for a column: its expression, the type of that, and the source columns in it."""

    column: Column
    sql: str
    kind: str
    is_bare: bool
    sources: tuple[str, ...]

    @property
    def is_text(self) -> bool:
        return not self.kind.startswith(_NATIVE.get(self.column.kind, ())) or self.kind == "VARCHAR"


@dataclass
class Judge:
    """The SQL that types and judges rows.

    Parameters
    ----------
    expressions
        One SQL expression per column, over the rows.
    keep_out
        Conditions on rows that are left aside, by reason.
    hides_text
        Whether what a customer wrote must not be shown: what a rejected row said is shown where it is one word or a
        number, for in a damaged row a text may stand in any cell.
    place
        The file's name, for messages.
    """

    table: Table
    expressions: Mapping[str, str]
    keep_out: Mapping[str, str]
    hides_text: bool
    place: str
    _given: list[_Given] = field(default_factory=list)
    rules: list[Rule] = field(default_factory=list)

    def bind(self, db: Any, shape: str) -> None:
        """Find the types of the expressions over a relation of that shape.

        Raises
        ------
        InputError
            An expression is not SQL, or names a column that is not there; says which.
        """
        kinds = dict(row[:2] for row in self._described(db, shape, "*"))
        for column in self.table.columns:
            if column.name in self.expressions:
                self._given.append(self._bound(db, shape, column, kinds))
        for reason, condition in self.keep_out.items():
            self._try(db, shape, f"({condition})::BOOLEAN", f"keep_out '{reason}' for table '{self.table.name}'")
        names = {given.column.name for given in self._given}
        may_fail = {given.column.name for given in self._given if not given.is_bare}
        texts = {given.column.name for given in self._given if given.is_text}
        self.rules = rules_of(self.table, names, may_fail, texts)

    def _bound(self, db: Any, shape: str, column: Column, kinds: Mapping[str, str]) -> _Given:
        sql = self.expressions[column.name]
        kind = self._try(db, shape, sql, f"expression for {self.table.name}.{column.name}")
        names = names_in(db, sql).columns
        is_bare = sql.strip('"') in kinds and kinds[sql.strip('"')] == "VARCHAR"
        if kind == "JSON":
            sql, kind = f"({sql})->>'$'", "VARCHAR"
        return _Given(column, sql, kind, is_bare, tuple(sorted(n for n in names if kinds.get(n) == "VARCHAR")))

    def _try(self, db: Any, shape: str, sql: str, part: str) -> str:
        try:
            return str(self._described(db, shape, f"TRY({sql})")[0][1])
        except duckdb.Error as error:
            raise InputError(f"{self.place}: the mapping's {part} failed: {one_line(error)}") from error

    def _described(self, db: Any, shape: str, sql: str) -> list[Any]:
        found: list[Any] = db.execute(f"DESCRIBE SELECT {sql} FROM ({shape})").fetchall()
        return found

    def select(self, relation: str, with_line: bool = False) -> str:
        """Rows in the contract's types, with `_rule` (null: kept; negative: kept out) and, where rejected, `_cells`."""
        line = "_line, " if with_line else ""
        raw = ", ".join(f"{_raw(given)} AS _raw_{given.column.name}" for given in self._given)
        level = f"SELECT *, {self._outside()} AS _out, {raw} FROM ({relation})"
        level = f"SELECT {line}_out, {', '.join(self._carried())} FROM ({level})"
        level = f"SELECT *, {', '.join(self._typed())} FROM ({level})"
        completed = [f", {sql} AS {filled(column)}" for column in self.table.columns if (sql := completion(column))]
        level = f"SELECT *{''.join(completed)} FROM ({level})"
        level = f"SELECT *, {self._rule()} AS _rule FROM ({level})"
        out = ", ".join(f"{filled(column)} AS {column.name}" for column in self.table.columns)
        return f"SELECT {line}{out}, _rule, CASE WHEN _rule > 0 THEN {self._cells()} END AS _cells FROM ({level})"

    def _outside(self) -> str:
        tests = "".join(
            f" WHEN TRY(({condition})::BOOLEAN) THEN {-number}"
            for number, condition in enumerate(self.keep_out.values(), start=1)
        )
        return f"(CASE{tests} END)::SMALLINT" if tests else "NULL::SMALLINT"

    def _carried(self) -> list[str]:
        """What goes on from the source's columns: raw values, whether they failed, and what they were made of."""
        carried = [f"_raw_{given.column.name}" for given in self._given]
        sources = {name for given in self._given if not given.is_bare for name in given.sources}
        for given in self._given:
            if not given.is_bare:
                name = given.column.name
                failed = f"CASE WHEN _raw_{name} IS NULL THEN TRY(({given.sql}) IS NULL) IS NULL ELSE false END"
                carried.append(f"{failed} AS _failed_{name}")
        return carried + [f"{quoted(name)} AS {quoted('_of_' + name)}" for name in sorted(sources)]

    def _typed(self) -> list[str]:
        given = {given.column.name: given for given in self._given}
        return [
            f"{_typed(given[column.name])} AS {column.name}"
            if column.name in given
            else f"NULL::{SQL_TYPE.get(column.kind, 'VARCHAR')} AS {column.name}"
            for column in self.table.columns
        ]

    def _rule(self) -> str:
        tests = " ".join(f"WHEN {rule.test} THEN {number}" for number, rule in enumerate(self.rules, start=1))
        return f"(CASE WHEN _out < 0 THEN _out {tests} END)::SMALLINT"

    def _cells(self) -> str:
        """What a row said, one text per column of the contract; where an expression failed, what it was made of."""
        given = {given.column.name: given for given in self._given}
        return f"[{', '.join(self._cell(given.get(column.name)) for column in self.table.columns)}]"

    def _cell(self, given: _Given | None) -> str:
        if given is None:
            return "''"
        name = given.column.name
        said = f"coalesce(_raw_{name}::VARCHAR, '')"
        if not given.is_bare:
            said = f"CASE WHEN _failed_{name} THEN {self._made_of(given)} ELSE {said} END"
        if self.hides_text and name == "customer_text":
            return f"CASE WHEN {said} = '' THEN '' ELSE '{NOT_KEPT}' END"
        return self.shown(said)

    def _made_of(self, given: _Given) -> str:
        parts = [
            f"{literal(n + ' ')} || '''' || {self.shown('left(' + quoted('_of_' + n) + ', 80)')} || ''''"
            for n in given.sources
        ]
        return f"coalesce(nullif(concat_ws(', ', {', '.join(parts)}), ''), 'this row')" if parts else "'this row'"

    def shown(self, text: str) -> str:
        """A text as it may be shown and kept."""
        if not self.hides_text:
            return text
        return f"CASE WHEN regexp_full_match({text}, '{_SHOWN}') THEN {text} ELSE '{NOT_KEPT}' END"


def _raw(given: _Given) -> str:
    if given.is_bare:
        return given.sql
    if not given.is_text:
        return f"TRY(({given.sql})::{SQL_TYPE[given.column.kind]})"
    return f"TRY(({given.sql})::VARCHAR)"


def _typed(given: _Given) -> str:
    column, raw = given.column, f"_raw_{given.column.name}"
    text = f"nullif({raw}, '')"
    if not given.is_text:
        typed = raw
    elif column.kind == "time":
        plain = " OR ".join(f"{raw} LIKE '{form}'" for form in _PLAIN)
        zoned = f"TRY_CAST(TRY_CAST({text} AS TIMESTAMPTZ) AS TIMESTAMP)"
        typed = f"CASE WHEN {plain} THEN TRY_CAST({raw} AS TIMESTAMP) ELSE {zoned} END"
    elif column.kind in SQL_TYPE:
        typed = f"TRY_CAST({text} AS {SQL_TYPE[column.kind]})"
    else:
        typed = text
    return typed
