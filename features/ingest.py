"""Exports become tables of the contract; a row that does not fit is kept beside them, with the reason.

A mapping says what a row is and has one SQL expression per column. An export is read once: every cell as text, typed
and judged as it goes by, so that text in a number rejects that one row, by its line, and not the file.
"""

import re
from pathlib import Path
from typing import Any

import duckdb

from features.banned import refuse_banned
from features.customer_text import score_texts
from features.errors import InputError
from features.exports import NOT_UTF8, Broken
from features.expressions import literal, quoted, refuse_banned_reading
from features.home import Home
from features.json_export import JsonExport
from features.judge import KEPT, Judge
from features.mapping import Mapping, one_line
from features.raw import append, sql_files
from features.rejects import Rejects
from features.reports import IngestReport, Rejection, TableReport
from features.sources import TEXT, Library, Step, plan, workspace
from features.tables import TABLES

__all__ = ["IngestReport", "Rejection", "TableReport", "ingest"]

MOST_BROKEN = 1_000
MOST_NOT_UTF8 = 0.1  # share of rows; beyond it the file is in another encoding


def ingest(
    mapping: Mapping, source: Path, home: Home, *, keep_text: bool = False, scorer: str | Path | None = None
) -> IngestReport:
    """Read every table of a mapping from `source` into `home`; nothing is dropped without being counted.

    Rows with the key of a row that is there already are versions of it if `recorded_at` differs, duplicates
    if nothing differs, and rejected otherwise.

    Parameters
    ----------
    keep_text
        Whether what customers wrote is stored. By default it is scored where a contact has no sentiment, and goes
        nowhere: neither into tables nor into the rejected rows.
    scorer
        As for `features.text.load_scorer`; without it, that function's default.

    Raises
    ------
    InputError
        The source, one of its files or a column is missing, a file is empty or cannot be read, or an expression is
        not SQL.
    BannedInputError
        The export or the mapping holds a signal that is never ingested.
    """
    report = IngestReport(mapping.name)
    steps = plan(mapping, source, home)
    with workspace() as db:
        refuse_banned_reading(db, mapping)
        library = Library(db, mapping, steps, keep_text)
        for step in steps:
            db.execute("CREATE SCHEMA work; SET schema = 'work'")
            report.tables.append(_Reader(db, library, step, home, scorer).run())
            db.execute("SET schema = 'main'; DROP SCHEMA work CASCADE")
    return report


class _Reader:
    """One export into one table: mapped, judged, added to what is there."""

    def __init__(self, db: Any, library: Library, step: Step, home: Home, scorer: str | Path | None) -> None:
        self.db, self.library, self.step, self.home, self.scorer = db, library, step, home, scorer
        self.table, self.mapping, self.path = TABLES[step.name], step.mapping, step.path
        self.report = TableReport(step.name, step.path.name)
        self.broken: list[Broken] = []
        self.has_line = False

    def run(self) -> TableReport:
        self._open()
        self._make_judged()
        self._find_broken()
        self._reject()
        self._make_typed()
        self.report.duplicates = append(self.db, self.table, self.home)
        self._report()
        return self.report

    def _open(self) -> None:
        self.export = self.library.open(self.step)
        found = self.export.keys() if isinstance(self.export, JsonExport) else self.export.columns
        refuse_banned(found, self.path.name)
        self.hides_text = self.library.hides_text(self.step, self.export)
        expressions = self.mapping.columns if self.mapping.columns is not None else self._as_they_are(found)
        self.judge = Judge(self.table, expressions, self.mapping.keep_out, self.hides_text, self.path.name)

    def _as_they_are(self, found: list[str]) -> dict[str, str]:
        """An export in the contract's own columns, in whatever case; without a required one it is refused whole."""
        present = {name.lower(): name for name in found}
        for column in self.table.columns:
            if column.required and column.name not in present:
                raise InputError(f"{self.path.name}: column '{column.name}' is missing; found {', '.join(found)}.")
        known = [column.name for column in self.table.columns if column.name in present]
        self.report.columns_not_read = sorted(present[name] for name in present.keys() - set(known))
        if isinstance(self.export, JsonExport):
            return {name: f"record->>{literal('$.' + quoted(present[name]))}" for name in known}
        return {name: quoted(present[name]) for name in known}

    def _make_judged(self) -> None:
        """Make `judged`: every row, typed, with the rule that it broke."""
        if self.export.streams and not self.mapping.rows and not self.library.is_shared(self.path):
            self.judge.bind(self.db, self.export.shape())
            self.export.read(
                lambda rows: self.db.execute(f"CREATE OR REPLACE TABLE judged AS {self.judge.select(rows)}")
            )
            self.export.rows = self._count("judged")
            return
        relation = f"SELECT * FROM {self._rows()}"
        columns = [row[0] for row in self.db.execute(f"DESCRIBE {relation}").fetchall()]
        self.has_line = "_line" in columns
        self.judge.bind(self.db, relation)
        self._sql(f"CREATE TABLE judged AS {self.judge.select(relation, self.has_line)}")

    def _rows(self) -> str:
        """The relation whose rows become rows of the table: the export's, or what the mapping makes of them."""
        if not self.mapping.rows:
            return self.export.keep()
        self.db.execute(f"CREATE VIEW source AS FROM {self.export.keep()}")
        for name, path in self.step.inputs:
            self.db.execute(
                f"CREATE VIEW {quoted(name)} AS FROM {self.library.open_input(self.step, name, path).keep()}"
            )
        self._sql(f"CREATE VIEW wanted AS {self.mapping.rows}")
        return "wanted"

    def _find_broken(self) -> None:
        """Take over what is no row in the files, where this table answers for it.

        Raises
        ------
        InputError
            There is no row at all, or so little that the file is of another kind.
        """
        broken, rows, word = self.export.broken, self.export.rows, self.export.word
        if not rows and not broken:
            raise InputError(f"{self.path.name} has {'a header and no rows' if word == 'row' else 'no records'}.")
        if sum(one.rule == NOT_UTF8 for one in broken) > MOST_NOT_UTF8 * (rows + len(broken)):
            raise InputError(f"{self.path.name} could not be read: it is not UTF-8 text.")
        if not rows or len(broken) > max(MOST_BROKEN, rows):
            first = f"the first is {word} {broken[0].line}: {broken[0].reason}"
            raise InputError(f"{self.path.name}: {len(broken):,} {word}s cannot be read, {first}.")
        for path in (self.path, *dict(self.step.inputs).values()):
            if self.library.reports_broken(self.step, path):
                self.broken += self.library.broken(path, self.path)

    def _reject(self) -> None:
        """Make `rejects`: the number of a row in `judged`, from 1, the rule and the sentence."""
        self.db.execute("CREATE TABLE rejects (_line BIGINT, _rule VARCHAR, _reason VARCHAR)")
        names = " ".join(f"WHEN {n} THEN {literal(rule.name)}" for n, rule in enumerate(self.judge.rules, start=1))
        reasons = " ".join(f"WHEN {n} THEN {rule.sentence}" for n, rule in enumerate(self.judge.rules, start=1))
        self.db.execute(
            f"INSERT INTO rejects SELECT rowid + 1, CASE _rule {names} END, CASE _rule {reasons} END FROM judged"
            " WHERE _rule > 0"
        )
        self.db.execute("CREATE TABLE strangers (agent_id VARCHAR)")
        if self.table.name != "agents":
            self._reject_strangers()

    def _reject_strangers(self) -> None:
        """Rows of agents that are not there; looked for among the agents found, of whom there are few."""
        agents = sql_files(self.home, "agents")
        if not agents:
            raise InputError(
                f"{self.path.name}: the table 'agents' has not been ingested yet; every row needs its agent."
            )
        self.db.execute(
            f"INSERT INTO strangers SELECT DISTINCT agent_id FROM judged WHERE {KEPT}"
            f" EXCEPT SELECT agent_id FROM {agents}"
        )
        self.db.execute(
            f"INSERT INTO rejects SELECT rowid + 1, 'unknown agent', 'agent_id ''' || {self.judge.shown('agent_id')}"
            f" || ''' is not in the table agents' FROM judged WHERE {KEPT} AND agent_id IN (FROM strangers)"
        )

    def _make_typed(self) -> None:
        """Make `typed`: the rows that are kept, in the contract's columns; what customers wrote is scored first."""
        columns = [column.name for column in self.table.columns]
        scored = ""
        if TEXT in columns:
            self.report.scored = score_texts(self.db, self.scorer)
            columns[columns.index("sentiment")] = "coalesce(judged.sentiment, scores.sentiment) AS sentiment"
            columns[columns.index(TEXT)] = f"NULL::VARCHAR AS {TEXT}" if self.hides_text else TEXT
            scored = "LEFT JOIN scores ON scores._row = judged.rowid"
        self.db.execute(
            f"CREATE VIEW typed AS SELECT judged.rowid + 1 AS _line, {', '.join(columns)} FROM judged {scored}"
            f" WHERE {KEPT} AND agent_id NOT IN (FROM strangers)"
        )

    def _report(self) -> None:
        rejects = Rejects(self.db, self.judge, self.export, self.broken, self.has_line)
        rejects.collect()
        report, by_rule = self.report, rejects.count_by_rule()
        for number, reason in enumerate(self.mapping.keep_out, start=1):
            report.kept_out[reason] = self._count(f"judged WHERE _rule = {-number}")
        report.read = self._count("judged") + len(self.broken)
        report.rejected, report.rejected_by = sum(by_rule.values()), by_rule
        report.kept = report.read - report.duplicates - report.rejected - sum(report.kept_out.values())
        path = self.home.rejected / f"{self.table.name}-{self.path.name.partition('.')[0]}.csv"
        path.unlink(missing_ok=True)
        if report.rejected:
            rejects.write(path)
            report.rejected_file, report.first_rejections = str(path), rejects.first()

    def _sql(self, statement: str) -> None:
        """Run SQL of the mapping, and blame that where it fails; a message may hold a value, and that a text."""
        try:
            self.db.execute(statement)
        except duckdb.Error as error:
            why = re.split("['\"]", one_line(error))[0].strip() if self.hides_text else one_line(error)
            raise InputError(
                f"{self.path.name}: the mapping's rows for table '{self.table.name}' failed: {why}"
            ) from error

    def _count(self, rows: str) -> int:
        found: Any = self.db.execute(f"SELECT count(*) FROM {rows}").fetchone()
        return int(found[0])
