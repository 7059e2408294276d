"""Exports become tables of the contract; a row that does not fit is kept beside them, with the reason.

A mapping is a YAML file with one DuckDB expression per column. Every cell is read as text first, so that
text in a number rejects that one row, by line, and not the file.
"""

import gzip
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import duckdb

from features.banned import refuse_banned
from features.errors import InputError
from features.home import Home
from features.mapping import Mapping, TableMapping, one_line
from features.tables import TABLES, Column, Table

__all__ = ["IngestReport", "Rejection", "TableReport", "ingest"]

MOST_BROKEN_LINES = 1000
_SQL_TYPE = {"time": "TIMESTAMP", "date": "DATE", "number": "DOUBLE", "flag": "BOOLEAN"}
_VALID = {
    "time": "a time such as 2025-03-01 09:12:00 (UTC, or with its offset)",
    "date": "a date such as 2025-03-01",
    "number": "a number",
    "flag": "true or false",
    "zone": "an IANA time zone such as Europe/Berlin",
}


@dataclass(frozen=True)
class Rejection:
    """A row that was not taken: its line in the export, the rule, and the sentence that says why."""

    line: int | None
    rule: str
    reason: str


@dataclass
class TableReport:
    """What was read from one export into one table."""

    table: str
    source: str
    read: int = 0
    kept: int = 0
    duplicates: int = 0
    rejected: int = 0
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


def ingest(mapping: Mapping, source: Path, home: Home) -> IngestReport:
    """Read every table of a mapping from `source` into `home`; nothing is dropped without being counted.

    Rows with the key of a row that is there already are versions of it if `recorded_at` differs, duplicates
    if nothing differs, and rejected otherwise.

    Raises
    ------
    InputError
        The source, one of its files or a column is missing, a file is empty, or an expression is not SQL.
    BannedInputError
        The export holds a signal that is never ingested.
    """
    if not source.exists():
        raise InputError(f"--from {source}: no such file or folder.")
    report = IngestReport(mapping.name)
    in_contract_order = [name for name in ("agents", *TABLES) if name in mapping.tables]
    for name in dict.fromkeys(in_contract_order):
        table = mapping.tables[name]
        if source.is_dir() and not table.file:
            raise InputError(f"--from {source}: mapping '{mapping.name}' reads one file; name that file.")
        path = source / str(table.file) if source.is_dir() else source
        if source.is_dir() and not path.is_file():
            if TABLES[name].required and not home.table(name).exists():
                raise InputError(f"{source} holds no {table.file}, which is required.")
            continue
        report.tables.append(_Reader(TABLES[name], table, mapping.format, path, home).run())
    if not report.tables:
        raise InputError(f"{source} holds none of the files that mapping '{mapping.name}' reads.")
    return report


class _Reader:
    """One export into one table, in DuckDB: read as text, map, check, merge with what is there, write."""

    def __init__(self, table: Table, mapping: TableMapping, form: str, path: Path, home: Home) -> None:
        self.table, self.mapping, self.form, self.path, self.home = table, mapping, form, path, home
        self.db = duckdb.connect()
        self.db.execute("SET TimeZone = 'UTC'")
        self.report = TableReport(table.name, path.name)

    def run(self) -> TableReport:
        try:
            self._read_source()
            self._keep_out()
            self._map()
            self._judge()
            self._merge()
            self._write()
        finally:
            self.db.close()
        return self.report

    def _read_source(self) -> None:
        """Make `source`: every column as text, and `_number`, its line, counted from the header as line 1."""
        if not self.path.is_file() or self.path.stat().st_size == 0:
            raise InputError(f"{self.path.name} is {'empty' if self.path.is_file() else 'missing'}.")
        reader = (
            f"read_parquet({_text(self.path)})"
            if self.form == "parquet"
            else f"read_csv({_text(self.path)}, all_varchar = true, header = true, auto_detect = true,"
            " null_padding = true, ignore_errors = true, store_rejects = true)"
        )
        try:
            self.db.execute(
                f"CREATE TABLE source AS SELECT row_number() OVER () + 1 AS _number, COLUMNS(*)::VARCHAR FROM {reader}"
            )
        except duckdb.Error as error:
            raise InputError(f"{self.path.name} could not be read: {one_line(error)}") from error
        self._find_broken_lines()
        names = [row[0] for row in self.db.execute("DESCRIBE source").fetchall()][1:]
        refuse_banned(names, self.path.name)
        self.report.read = self._count("source") + len(self.broken)
        if self.report.read == 0:
            raise InputError(f"{self.path.name} has a header and no rows.")
        self.source_columns = names

    def _find_broken_lines(self) -> None:
        """Lines that are no rows, such as one with more cells than the header; the lines after them count on.

        Raises
        ------
        InputError
            The file is not UTF-8, or so many lines are broken that it is no CSV file.
        """
        self.broken: list[tuple[int, str]] = []
        if self.form != "csv":
            return
        found = self.db.execute(
            "SELECT line, min(error_type::VARCHAR), min(error_message), min(csv_line) FROM reject_errors"
            " GROUP BY line ORDER BY line"
        ).fetchall()
        if any("ENCODING" in kind or "UNICODE" in kind for _, kind, _, _ in found):
            raise InputError(f"{self.path.name} could not be read: it is not UTF-8 text.")
        if len(found) > MOST_BROKEN_LINES:
            raise InputError(f"{self.path.name}: {len(found):,} lines are no rows, the first is line {found[0][0]}.")
        for line, _, message, text in found:
            self.db.execute("UPDATE source SET _number = _number + 1 WHERE _number >= ?", [line])
            self.broken.append((line, f"{message.splitlines()[0]}: {text}"))
        self._find_long_lines()

    def _find_long_lines(self) -> None:
        """Rows with more cells than the header, for which DuckDB has made up columns."""
        try:
            with (gzip.open if self.path.suffix == ".gz" else open)(self.path, "rt", encoding="utf-8") as file:
                header = file.readline()
        except UnicodeDecodeError as error:
            raise InputError(f"{self.path.name} could not be read: {one_line(error)}, plain or .gz.") from error
        names = [row[0] for row in self.db.execute("DESCRIBE source").fetchall()][1:]
        extra = [f'"{name}"' for i, name in enumerate(names) if name == f"column{i}" and name not in header]
        if not extra:
            return
        test = f"coalesce({', '.join(extra)}) IS NOT NULL"
        cells = " || ' ' || ".join(f"coalesce({name}, '')" for name in extra)
        for line, text in self.db.execute(
            f"SELECT _number, {cells} FROM source WHERE {test} ORDER BY _number"
        ).fetchall():
            self.broken.append((line, f"more cells than the header has columns, beginning with '{text.strip()}'"))
        self.db.execute(f"DELETE FROM source WHERE {test}")
        for name in extra:
            self.db.execute(f"ALTER TABLE source DROP COLUMN {name}")

    def _keep_out(self) -> None:
        """Make `wanted`: the rows of the source but for those that the mapping keeps out, counted by reason."""
        rows = self.mapping.rows or "SELECT * FROM source"
        self._sql(f"CREATE TABLE wanted AS {rows}", "rows")
        if self.mapping.rows:
            self.report.read = self._count("wanted")
        for reason, condition in self.mapping.keep_out.items():
            before = self._count("wanted")
            self._sql(f"DELETE FROM wanted WHERE coalesce(({condition}), false)", f"keep_out '{reason}'")
            self.report.kept_out[reason] = before - self._count("wanted")

    def _map(self) -> None:
        """Make `mapped`: one text per column of the contract; NULL where an expression failed, '' where missing."""
        present = [row[0] for row in self.db.execute("DESCRIBE wanted").fetchall()]
        expressions = self.mapping.columns or self._as_they_are(present)
        line = "_number" if "_number" in present else "NULL"
        parts = [f"{line}::BIGINT AS _line"]
        for column in self.table.columns:
            expression = expressions.get(column.name)
            text = f"TRY(coalesce(({expression})::VARCHAR, ''))" if expression else "''"
            parts.append(f"{text} AS {column.name}")
        self._sql(f"CREATE TABLE mapped AS SELECT {', '.join(parts)} FROM wanted", "columns")

    def _as_they_are(self, present: Iterable[str]) -> dict[str, str]:
        """An export in the contract's own columns; one that lacks a required column is refused whole."""
        present = set(present)
        for column in self.table.columns:
            if column.required and column.name not in present:
                raise InputError(
                    f"{self.path.name}: column '{column.name}' is missing; found {', '.join(self.source_columns)}."
                )
        known = {column.name for column in self.table.columns}
        self.report.columns_not_read = sorted(present - known - {"_number"})
        return {name: f'"{name}"' for name in known & present}

    def _judge(self) -> None:
        """Make `typed` (rows that fit) and `rejects` (rows that do not, with rule and reason)."""
        typed = ", ".join(f"{_typed(column)} AS {column.name}" for column in self.table.columns)
        self.db.execute(f"CREATE TABLE cast_rows AS SELECT _line, {typed} FROM mapped")
        self._fill_defaults()
        rules = list(self._rules())
        rule = "CASE " + " ".join(f"WHEN {test} THEN {_text(name)}" for name, test, _ in rules) + " END"
        reason = "CASE " + " ".join(f"WHEN {test} THEN {why}" for _, test, why in rules) + " END"
        self.db.execute(
            f"CREATE TABLE judged AS SELECT t.*, {rule} AS _rule, {reason} AS _reason"
            " FROM (SELECT *, row_number() OVER () AS _n FROM cast_rows) t"
            " JOIN (SELECT *, row_number() OVER () AS _n FROM mapped) m USING (_n) ORDER BY t._n"
        )
        self.db.execute("CREATE TABLE rejects AS SELECT _line, _rule, _reason FROM judged WHERE _rule IS NOT NULL")
        if not self.mapping.rows:
            for line, reason in self.broken:
                self.db.execute("INSERT INTO rejects VALUES (?, 'not a row', ?)", [line, reason])
        columns = ", ".join(column.name for column in self.table.columns)
        self.db.execute(f"CREATE TABLE typed AS SELECT _line, {columns} FROM judged WHERE _rule IS NULL")

    def _fill_defaults(self) -> None:
        for column in self.table.columns:
            if column.default:
                self.db.execute(
                    f"UPDATE cast_rows SET {column.name} = coalesce({column.name}, ({column.default})::TIMESTAMP)"
                )

    def _rules(self) -> Iterable[tuple[str, str, str]]:
        """Every way in which a row can be wrong: a name, the SQL test over t (typed) and m (text), the sentence."""
        for column in self.table.columns:
            yield from _cell_rules(column)
        for first, second in self.table.order:
            yield (
                f"{second} before {first}",
                f"t.{second} < t.{first}",
                f"'{second} ' || t.{second} || ' is before {first} ' || t.{first}",
            )
        if self.table.name != "agents":
            yield from self._agent_rule()

    def _agent_rule(self) -> Iterable[tuple[str, str, str]]:
        path = self.home.table("agents")
        if not path.exists():
            raise InputError(
                f"{self.path.name}: the table 'agents' has not been ingested yet; every row needs its agent."
            )
        self.db.execute(f"CREATE VIEW agents AS FROM read_parquet({_text(path)})")
        yield (
            "unknown agent",
            "t.agent_id NOT IN (SELECT agent_id FROM agents)",
            "'agent_id ''' || t.agent_id || ''' is not in the table agents'",
        )

    def _merge(self) -> None:
        """Make `merged`: what was there and what is new; same rows once, conflicting rows rejected."""
        self._add_offset()
        path, key = self.home.table(self.table.name), ", ".join(self.table.key)
        old = f"UNION ALL BY NAME SELECT 0 AS _line, * FROM read_parquet({_text(path)})" if path.exists() else ""
        self.db.execute(f"CREATE TABLE together AS SELECT * FROM typed {old}")
        columns = [row[0] for row in self.db.execute("DESCRIBE together").fetchall() if row[0] != "_line"]
        row = ", ".join(columns)
        self.db.execute(
            f"CREATE TABLE once AS SELECT min(_line) AS _line, count(*) AS _times, {row} FROM together GROUP BY {row}"
        )
        self.report.duplicates = self._count("together") - self._count("once")
        self.db.execute(
            f"CREATE TABLE ranked AS SELECT *, row_number() OVER (PARTITION BY {key} ORDER BY _line, {row}) AS _rank"
            " FROM once"
        )
        shown = " || ' ' || ".join(f"coalesce({name}::VARCHAR, '')" for name in self.table.key)
        self.db.execute(
            "INSERT INTO rejects SELECT _line, 'same key, other content',"
            f" '{' '.join(self.table.key)} ' || {shown} || ' is there already with other content; a correction"
            f" needs {'a later recorded_at' if self.table.versioned else 'its own key'}' FROM ranked WHERE _rank > 1"
        )
        self.db.execute(f"CREATE TABLE merged AS SELECT {row} FROM ranked WHERE _rank = 1 ORDER BY {key}")

    def _add_offset(self) -> None:
        """Seconds from UTC to the agent's clock at that time, once, so that no engine needs time zones later."""
        if not self.table.offset_at:
            return
        at = self.table.offset_at
        self.db.execute(
            f"""
            CREATE OR REPLACE TABLE typed AS
            SELECT t.*, (epoch(timezone(zone.timezone, timezone('UTC', t.{at}))) - epoch(t.{at}))::BIGINT
                   AS utc_offset_s
            FROM typed t JOIN LATERAL (
                SELECT arg_max(a.timezone, CASE WHEN a.valid_from <= t.{at} THEN epoch(a.valid_from)
                                                ELSE -epoch(a.valid_from) - 1e12 END) AS timezone
                FROM agents a WHERE a.agent_id = t.agent_id
            ) zone ON true"""
        )

    def _write(self) -> None:
        self.home.rejected.mkdir(parents=True, exist_ok=True)
        self.report.kept = self._count("typed") - self._conflicts() - self.report.duplicates
        self.report.rejected = self._count("rejects")
        by = self.db.execute("SELECT _rule, count(*) FROM rejects GROUP BY 1 ORDER BY 2 DESC, 1").fetchall()
        self.report.rejected_by = dict(by)
        self._write_rejects()
        target, part = self.home.table(self.table.name), self.home.raw / f".{self.table.name}.part"
        self.db.execute(f"COPY merged TO {_text(part)} (FORMAT parquet, COMPRESSION zstd)")
        part.replace(target)

    def _conflicts(self) -> int:
        return self._scalar("SELECT count(*) FROM rejects WHERE _rule = 'same key, other content'")

    def _write_rejects(self) -> None:
        export = self.path.name.partition(".")[0]
        path = self.home.rejected / f"{self.table.name}-{export}.csv"
        path.unlink(missing_ok=True)
        if not self.report.rejected:
            return
        where = "" if self.mapping.rows else "LEFT JOIN source ON source._number = _line"
        what = "" if self.mapping.rows else ", source.* EXCLUDE (_number)"
        self.db.execute(
            f"COPY (SELECT _line AS line, _reason AS reason{what} FROM rejects {where} ORDER BY _line)"
            f" TO {_text(path)} (HEADER)"
        )
        self.report.rejected_file = str(path)
        first = self.db.execute("SELECT _line, _rule, _reason FROM rejects ORDER BY _line LIMIT 5").fetchall()
        self.report.first_rejections = [
            Rejection(line, rule, f"row {line}: {reason}" if line else reason) for line, rule, reason in first
        ]

    def _sql(self, statement: str, part: str) -> None:
        """Run SQL that holds a mapping's own expressions, and blame the mapping where it is not valid."""
        try:
            self.db.execute(statement)
        except duckdb.Error as error:
            raise InputError(
                f"{self.path.name}: the mapping's {part} for table '{self.table.name}' failed: {one_line(error)}"
            ) from error

    def _scalar(self, statement: str) -> int:
        row: Any = self.db.execute(statement).fetchone()
        return int(row[0])

    def _count(self, table: str) -> int:
        return self._scalar(f"SELECT count(*) FROM {table}")


def _unit(column: Column) -> str:
    return f" {column.unit}" if column.unit and ".." not in column.unit else ""


def _typed(column: Column, source: str = "") -> str:
    name = f"nullif({source}{column.name}, '')"
    if column.kind == "time":
        moment = f"TRY_CAST(TRY_CAST({name} AS TIMESTAMPTZ) AS TIMESTAMP)"
        return f"CASE WHEN isfinite({moment}) THEN {moment} END"
    if column.kind == "date":
        return f"CASE WHEN isfinite(TRY_CAST({name} AS DATE)) THEN TRY_CAST({name} AS DATE) END"
    if column.kind in _SQL_TYPE:
        return f"TRY_CAST({name} AS {_SQL_TYPE[column.kind]})"
    return name


def _cell_rules(column: Column) -> Iterable[tuple[str, str, str]]:
    name, shown = column.name, f"'{column.name} ''' || m.{column.name} || ''' is not "
    yield (
        f"{name}: expression failed",
        f"m.{name} IS NULL",
        _text(f"{name}: the mapping's expression failed on this row"),
    )
    if column.required:
        yield f"{name} missing", f"m.{name} = ''", _text(f"{name} is missing")
    if column.kind in _SQL_TYPE:
        valid = _VALID[column.kind]
        test = f"m.{name} <> '' AND {_typed(column, 'm.')} IS NULL"  # before any default was filled in
        yield f"{name} is not {valid.split(' such')[0]}", test, f"{shown}{valid}'"
    if column.kind == "zone":
        test = f"t.{name} NOT IN (SELECT name FROM pg_timezone_names())"
        yield f"{name} unknown", test, f"{shown}{_VALID['zone']}'"
    if column.low is not None:
        yield (
            f"{name} out of range",
            f"NOT t.{name} BETWEEN {column.low} AND {column.high}",
            f"{shown}within {column.low:g} to {column.high:g}{_unit(column)}'",
        )
    if column.choices:
        listed = ", ".join(_text(choice) for choice in column.choices)
        yield (
            f"{name} not valid",
            f"t.{name} NOT IN ({listed})",
            f"{shown}one of {', '.join(column.choices)}'",
        )


def _text(value: object) -> str:
    """A value as a SQL string literal."""
    return "'" + str(value).replace("'", "''") + "'"
