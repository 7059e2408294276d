"""Rejected rows are kept: each with its line, the reason and what it said, in a CSV file of the contract's columns."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from features.ingest.exports import Broken, Export
from features.ingest.expressions import literal
from features.ingest.judge import NOT_KEPT, Judge
from features.ingest.reports import Rejection

__all__ = ["Rejects"]

SHOWN = 5


class Rejects:
    """The rejected rows of one table.

    Parameters
    ----------
    broken
        What is no row, from the export and the other files that were read with it.
    has_line
        Whether `judged` knows the ordinal of each row in the export; else that is the row's own.
    """

    def __init__(self, db: Any, judge: Judge, export: Export, broken: Sequence[Broken], has_line: bool) -> None:
        self.db, self.judge, self.export, self.broken, self.has_line = db, judge, export, broken, has_line

    def collect(self) -> None:
        """Make `rejected` from `rejects` (rows of `judged`, by their number from 1) and what is no row."""
        at = "TRY_CAST(j._line AS BIGINT)" if self.has_line else "j.rowid"
        self.db.execute(
            f"CREATE TABLE found AS SELECT {at} AS _at, r._rule AS rule, r._reason AS reason,"
            f" coalesce(j._cells, [{', '.join(self._typed_texts())}]) AS cells"
            " FROM rejects r JOIN judged j ON j.rowid = r._line - 1"
        )
        names = [column.name for column in self.judge.table.columns]
        cells = ", ".join(f"cells[{position}] AS {name}" for position, name in enumerate(names, start=1))
        nothing = ", ".join(f"'' AS {name}" for name in names)
        self.db.register("found_lines", self._lines())
        self.db.register("apart", self._apart())
        self.db.execute(
            f"CREATE TABLE rejected AS SELECT line, rule, reason, '' AS record, {cells} FROM found"
            f" LEFT JOIN found_lines USING (_at) UNION ALL SELECT line, rule, reason, record, {nothing} FROM apart"
            " ORDER BY line NULLS LAST"
        )
        self.db.unregister("found_lines")
        self.db.unregister("apart")

    def _typed_texts(self) -> list[str]:
        given = {column.name for column in self.judge.present}
        return [self._typed_text(column.name) if column.name in given else "''" for column in self.judge.table.columns]

    def _typed_text(self, name: str) -> str:
        if self.judge.hides_text and name == "customer_text":
            return f"CASE WHEN j.{name} IS NULL THEN '' ELSE '{NOT_KEPT}' END"
        return f"coalesce(j.{name}::VARCHAR, '')"

    def _lines(self) -> pa.Table:
        """The line of every ordinal that is needed."""
        found = self.db.execute("SELECT DISTINCT _at FROM found WHERE _at IS NOT NULL ORDER BY 1").fetchnumpy()["_at"]
        ordinals = np.asarray(found, dtype=np.int64)
        lines = self.export.lines(ordinals) if len(ordinals) else ordinals
        return pa.table({"_at": ordinals, "line": pa.array(lines, mask=lines < 0)})

    def _apart(self) -> pa.Table:
        hides = self.judge.hides_text
        return pa.table(
            {
                "line": pa.array([one.line for one in self.broken], pa.int64()),
                "rule": pa.array([one.rule for one in self.broken], pa.string()),
                "reason": pa.array([one.reason for one in self.broken], pa.string()),
                "record": pa.array([NOT_KEPT if hides else one.text for one in self.broken], pa.string()),
            }
        )

    def count_by_rule(self) -> dict[str, int]:
        """How many rows broke each rule, the most frequent first."""
        return dict(self.db.execute("SELECT rule, count(*) FROM rejected GROUP BY 1 ORDER BY 2 DESC, 1").fetchall())

    def first(self) -> list[Rejection]:
        """The first few, each with its place: the line, or the key of a row that a mapping made of several."""
        key = self.judge.table.version_of[0]
        rows = self.db.execute(f"SELECT line, rule, reason, {key} FROM rejected LIMIT {SHOWN}").fetchall()
        return [Rejection(line, rule, f"{self._place(line, key, said)}{reason}") for line, rule, reason, said in rows]

    def _place(self, line: int | None, key: str, said: str) -> str:
        if line is not None:
            return f"{self.export.word} {line}: "
        return f"{key} {said}: " if said else ""

    def write(self, path: Path) -> None:
        """Write them as CSV."""
        path.parent.mkdir(parents=True, exist_ok=True)
        self.db.execute(f"COPY (SELECT * EXCLUDE (rule) FROM rejected) TO {literal(path)} (HEADER)")
