"""Rows of an export become rows of a table: typed, and judged by the rules of the contract, in one pass.

What a rejected row said is kept beside the rule that it broke. What a good row said is not: good rows, which are nearly
all, cost their typing and little more.
"""

from collections.abc import Mapping
from typing import Any

from features.ingest.expressions import literal, quoted
from features.ingest.given import Binder, Given
from features.ingest.rules import SQL_TYPE, Rule, completion, filled, rules_of
from features.tables import Column, Table

__all__ = ["KEPT", "NOT_KEPT", "Judge"]

KEPT = "_rule IS NULL"
NOT_KEPT = "(text not kept)"
_SHOWN = r"\S{0,40}|[-0-9T:.,+Z /]{0,40}|[-+0-9.,:]{1,20} \w{1,7}"  # a word, a time, a number and its unit; no sentence


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

    def __init__(
        self, table: Table, expressions: Mapping[str, str], keep_out: Mapping[str, str], hides_text: bool, place: str
    ) -> None:
        self.table, self.expressions, self.keep_out = table, expressions, keep_out
        self.hides_text, self.place = hides_text, place
        self.rules: list[Rule] = []
        self._given: dict[str, Given] = {}

    @property
    def present(self) -> list[Column]:
        """The columns that `select` gives: those that the mapping fills, and those with a default."""
        return [column for column in self.table.columns if column.name in self.expressions or column.default]

    def bind(self, db: Any, shape: str) -> None:
        """Find the types of the expressions over a relation of that shape.

        Raises
        ------
        InputError
            An expression is not SQL, or names a column that is not there; says which.
        """
        binder = Binder(db, shape, self.place)
        for reason, condition in self.keep_out.items():
            binder.kind(f"({condition})::BOOLEAN", f"keep_out '{reason}' for table '{self.table.name}'")
        given = [
            binder.given(self.table.name, column, self.expressions[column.name])
            for column in self.table.columns
            if column.name in self.expressions
        ]
        self._given = {one.column.name: one for one in given}
        may_fail = {one.column.name for one in given if not one.is_bare}
        texts = {one.column.name for one in given if one.is_text}
        self.rules = rules_of(self.table, self._given, may_fail, texts)

    def select(self, relation: str, with_line: bool = False) -> str:
        """Rows in the contract's types, with `_rule` (null: kept; negative: kept out) and, where rejected, `_cells`."""
        line = "_line, " if with_line else ""
        raw = ", ".join(f"{given.raw} AS _raw_{name}" for name, given in self._given.items())
        level = f"SELECT *, {self._outside()} AS _out, {raw} FROM ({relation})"
        level = f"SELECT {line}_out, {', '.join(self._carried())} FROM ({level})"
        level = f"SELECT *, {', '.join(self._typed())} FROM ({level})"
        completed = [f", {sql} AS {filled(column)}" for column in self.table.columns if (sql := completion(column))]
        level = f"SELECT *{''.join(completed)} FROM ({level})"
        level = f"SELECT *, {self._rule()} AS _rule FROM ({level})"
        out = ", ".join(f"{filled(column)} AS {column.name}" for column in self.present)
        return f"SELECT {line}{out}, _rule, CASE WHEN _rule > 0 THEN {self._cells()} END AS _cells FROM ({level})"

    def _outside(self) -> str:
        tests = "".join(
            f" WHEN TRY(({condition})::BOOLEAN) THEN {-number}"
            for number, condition in enumerate(self.keep_out.values(), start=1)
        )
        return f"(CASE{tests} END)::SMALLINT" if tests else "NULL::SMALLINT"

    def _carried(self) -> list[str]:
        """What goes on from the source's columns: raw values, whether they failed, and what they were made of."""
        fallible = [given for given in self._given.values() if not given.is_bare]
        sources = sorted({name for given in fallible for name in given.sources})
        return [
            *(f"_raw_{name}" for name in self._given),
            *(f"{given.failed} AS _failed_{given.column.name}" for given in fallible),
            *(f"{quoted(name)} AS {quoted('_of_' + name)}" for name in sources),
        ]

    def _typed(self) -> list[str]:
        return [
            f"{self._given[column.name].typed if column.name in self._given else _nothing(column)} AS {column.name}"
            for column in self.table.columns
        ]

    def _rule(self) -> str:
        tests = " ".join(f"WHEN {rule.test} THEN {number}" for number, rule in enumerate(self.rules, start=1))
        return f"(CASE WHEN _out < 0 THEN _out {tests} END)::SMALLINT"

    def _cells(self) -> str:
        """What a row said, one text per column of the contract; where an expression failed, what it was made of."""
        cells = [self._cell(self._given[c.name]) if c.name in self._given else "''" for c in self.table.columns]
        return f"[{', '.join(cells)}]"

    def _cell(self, given: Given) -> str:
        name = given.column.name
        said = f"coalesce(_raw_{name}::VARCHAR, '')"
        if not given.is_bare:
            said = f"CASE WHEN _failed_{name} THEN {self._made_of(given)} ELSE {said} END"
        if self.hides_text and name == "customer_text":
            return f"CASE WHEN {said} = '' THEN '' ELSE '{NOT_KEPT}' END"
        return self.shown(said)

    def _made_of(self, given: Given) -> str:
        if not given.sources:
            return "'this row'"
        texts = {name: self.shown(f"left({quoted('_of_' + name)}, 80)") for name in given.sources}
        parts = [f"{literal(name + ' ')} || '''' || {text} || ''''" for name, text in texts.items()]
        return f"coalesce(nullif(concat_ws(', ', {', '.join(parts)}), ''), 'this row')"

    def shown(self, text: str) -> str:
        """A text as it may be shown and kept."""
        if not self.hides_text:
            return text
        return f"CASE WHEN regexp_full_match({text}, '{_SHOWN}') THEN {text} ELSE '{NOT_KEPT}' END"


def _nothing(column: Column) -> str:
    return f"NULL::{SQL_TYPE.get(column.kind, 'VARCHAR')}"
