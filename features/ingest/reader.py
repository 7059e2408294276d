"""One export into one table: mapped, judged, added to what is there, and accounted for."""

import re
from pathlib import Path
from typing import Any

import duckdb

from features.banned import refuse_banned
from features.errors import InputError
from features.home import Home
from features.ingest.customer_text import score_texts
from features.ingest.exports import Broken
from features.ingest.expressions import literal, quoted
from features.ingest.json_export import JsonExport
from features.ingest.judge import KEPT, Judge
from features.ingest.mapping import one_line
from features.ingest.rejects import Rejects
from features.ingest.reports import TableReport
from features.ingest.rules import SQL_TYPE
from features.ingest.sources import TEXT, Library, Step
from features.raw import append, sql_files
from features.tables import TABLES

__all__ = ["TableReader"]

MOST_LISTED = 30  # columns in a message


class TableReader:
    """Reads one table of a run.

    Parameters
    ----------
    scorer
        As for `features.text.load_scorer`.
    """

    def __init__(self, db: Any, library: Library, step: Step, home: Home, scorer: str | Path | None) -> None:
        self.db, self.library, self.step, self.home, self.scorer = db, library, step, home, scorer
        self.table, self.mapping, self.path = TABLES[step.name], step.mapping, step.path
        self.report = TableReport(step.name, step.path.name)
        self.broken: list[Broken] = []
        self.has_line = False

    def run(self) -> TableReport:
        """Read it; leaves tables in the current schema of `db`."""
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
                raise InputError(f"{self.path.name}: column '{column.name}' is missing; found {_listed(found)}.")
        known = [column.name for column in self.table.columns if column.name in present]
        self.report.columns_not_read = sorted(present[name] for name in present.keys() - set(known))
        if isinstance(self.export, JsonExport):
            return {name: f"record->>{literal('$.' + quoted(present[name]))}" for name in known}
        return {name: quoted(present[name]) for name in known}

    def _make_judged(self) -> None:
        """Make `judged`: every row, typed, with the rule that it broke.

        Straight from the file where that keeps the order of its rows, for that order tells their lines; else from a
        table of its texts, with ordinals.
        """
        if self.export.streams and not self.mapping.rows and not self.library.is_shared(self.path):
            self.judge.bind(self.db, self.export.shape())
            if self._keeps_order(self.judge.select(self.export.relation())):
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

    def _keeps_order(self, select: str) -> bool:
        """Whether no part of a query is a join, which a list of constants behind IN becomes."""
        plan = self.db.execute(f"EXPLAIN {select}").fetchall()
        return "join" not in str(plan).lower()

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
        """Take over what is no row in the files, where this table answers for it."""
        self.export.refuse_hopeless()
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
        for column in self.table.columns:
            if column.kind == "zone":
                unknown = f"{column.name} NOT IN (SELECT name FROM pg_timezone_names())"
                self._reject_late(column.name, unknown, "an IANA time zone such as Europe/Berlin")
        if self.table.name != "agents":
            self._find_strangers()
            self._reject_late("agent_id", "agent_id IN (FROM strangers)", "in the table agents")

    def _find_strangers(self) -> None:
        """Make `strangers`: agents that are not there; looked for among the agents found, who are few."""
        agents = sql_files(self.home, "agents")
        if not agents:
            raise InputError(
                f"{self.path.name}: the table 'agents' has not been ingested yet; every row needs its agent."
            )
        self.db.execute(
            f"CREATE TABLE strangers AS SELECT DISTINCT agent_id FROM judged WHERE {KEPT}"
            f" EXCEPT SELECT agent_id FROM {agents}"
        )

    def _reject_late(self, column: str, test: str, valid: str) -> None:
        """A rule that needs another table; with the others it would be a join, which does not keep rows in order."""
        name = "unknown agent" if column == "agent_id" else f"{column} unknown"
        sentence = f"'{column} ''' || {self.judge.shown(column)} || ''' is not {valid}'"
        self.db.execute(
            f"INSERT INTO rejects SELECT rowid + 1, '{name}', {sentence} FROM judged WHERE {KEPT} AND {test}"
        )

    def _make_typed(self) -> None:
        """Make `typed`: the rows that are kept, in the contract's columns; what customers wrote is scored first."""
        given = {column.name: f"judged.{column.name}" for column in self.judge.present}
        scored = ""
        if TEXT in given:
            self.report.scored = score_texts(self.db, self.scorer, "sentiment" in given)
            scored = "LEFT JOIN scores ON scores._row = judged.rowid"
            given["sentiment"] = f"coalesce({given.get('sentiment', 'NULL')}, scores.sentiment)"
        if self.hides_text:
            del given[TEXT]
        columns = [
            f"{given.get(column.name, 'NULL::' + SQL_TYPE.get(column.kind, 'VARCHAR'))} AS {column.name}"
            for column in self.table.columns
        ]
        self.db.execute(
            f"CREATE VIEW typed AS SELECT judged.rowid + 1 AS _line, {', '.join(columns)} FROM judged {scored}"
            f" WHERE {KEPT} AND judged.rowid + 1 NOT IN (SELECT _line FROM rejects)"
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


def _listed(names: list[str]) -> str:
    more = f" and {len(names) - MOST_LISTED} more" if len(names) > MOST_LISTED else ""
    return ", ".join(name[:60] for name in names[:MOST_LISTED]) + more
