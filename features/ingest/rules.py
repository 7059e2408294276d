"""In which ways a row can be wrong: for each a name, a test in SQL, and the sentence that says so.

Tests speak of `_raw_<column>`, what the mapping made of the row, of `<column>`, the same in the contract's type, and of
`_failed_<column>`. Sentences speak of `_cells`, what the row said as texts, and of the typed columns.
"""

from collections.abc import Collection, Iterator
from dataclasses import dataclass

from features.ingest.expressions import literal
from features.tables import Column, Table

__all__ = ["SQL_TYPE", "Rule", "completion", "filled", "rules_of"]

SQL_TYPE = {"time": "TIMESTAMP", "date": "DATE", "number": "DOUBLE", "flag": "BOOLEAN"}
_VALID = {
    "time": "a time such as 2025-03-01 09:12:00 (UTC, or with its offset)",
    "date": "a date such as 2025-03-01",
    "number": "a number",
    "flag": "true or false",
}
_YEARS = {"time": (1970, 2100), "date": (1900, 2100)}
OPEN_END = "valid_to"  # HR systems write 9999-12-31 for a post that has no end


@dataclass(frozen=True)
class Rule:
    """A way in which a row can be wrong."""

    name: str
    test: str
    sentence: str


def completion(column: Column) -> str | None:
    """What a typed column becomes before rows are compared with one another, where that is something else."""
    if column.default:
        return f"coalesce({column.name}, ({column.default})::TIMESTAMP)"
    if column.name == OPEN_END:
        return f"CASE WHEN {column.name} < TIMESTAMP '{_YEARS['time'][1]}-01-01' THEN {column.name} END"
    return None


def filled(column: Column) -> str:
    """What a column is called once it is complete."""
    return f"_filled_{column.name}" if completion(column) else column.name


def rules_of(table: Table, mapped: Collection[str], may_fail: Collection[str], texts: Collection[str]) -> list[Rule]:
    """The rules of a table, in the order in which they are tried.

    Parameters
    ----------
    mapped
        Columns that the mapping fills; a required one that it does not is missing from every row.
    may_fail
        Columns whose expression can fail on a row.
    texts
        Columns whose expression gives a text, which may not be of the column's kind.
    """
    found: list[Rule] = []
    for position, column in enumerate(table.columns, start=1):
        if column.name in mapped:
            found += _column_rules(
                column, f"left(_cells[{position}], 80)", column.name in may_fail, column.name in texts
            )
    present = {*mapped, *(column.name for column in table.columns if column.default)}
    for first, second in table.order:
        if not {first, second} <= present:
            continue
        earlier, later = filled(table.column(first)), filled(table.column(second))
        sentence = f"'{second} ' || {second} || ' is before {first} ' || {first}"
        found.append(Rule(f"{second} before {first}", f"{later} < {earlier}", sentence))
    return found


def _column_rules(column: Column, cell: str, may_fail: bool, is_text: bool) -> Iterator[Rule]:
    name, said = column.name, f"'{column.name} ''' || {cell} || ''' is not "
    if may_fail:
        failed = f"'{name}: the mapping''s expression failed on ' || {cell}"
        yield Rule(f"{name}: expression failed", f"_failed_{name}", failed)
    if column.required:
        nothing = f"coalesce(_raw_{name}, '') = ''" if is_text else f"_raw_{name} IS NULL"
        yield Rule(f"{name} missing", nothing, literal(f"{name} is missing"))
    yield from _kind_rules(column, said, is_text)
    if column.low is not None:
        valid = f"within {column.low:g} to {column.high:g}{_unit(column)}"
        yield Rule(f"{name} out of range", f"NOT {name} BETWEEN {column.low} AND {column.high}", f"{said}{valid}'")
    if column.choices:
        # not `NOT IN`, which becomes a join, and a join does not keep the order of the rows
        test = " AND ".join(f"{name} <> {literal(choice)}" for choice in column.choices)
        yield Rule(f"{name} not valid", test, f"{said}one of {', '.join(column.choices)}'")


def _kind_rules(column: Column, said: str, is_text: bool) -> Iterator[Rule]:
    name, valid = column.name, _VALID.get(column.kind, "")
    if column.kind in SQL_TYPE:
        other = f"_raw_{name} <> '' AND {name} IS NULL" if is_text else "false"
        endless = f" OR NOT isfinite({name})" if column.kind in _YEARS else ""
        yield Rule(f"{name} is not {valid.split(' such')[0]}", other + endless, f"{said}{valid}'")
    if column.kind in _YEARS and column.name != OPEN_END:
        first, last = _YEARS[column.kind]
        test = f"NOT {name} BETWEEN {SQL_TYPE[column.kind]} '{first}-01-01' AND {SQL_TYPE[column.kind]} '{last}-01-01'"
        yield Rule(f"{name} out of range", test, f"{said}between {first} and {last}'")


def _unit(column: Column) -> str:
    return f" {column.unit}" if column.unit and ".." not in column.unit else ""
