"""JSON in the shapes that exports come in: a record a line, an array, an array under a key; plain or gzip.

Each record is one JSON value named `record`. One that is damaged costs itself and no other.
"""

import json
from itertools import islice
from pathlib import Path
from typing import Any, ClassVar

import duckdb
import numpy as np
import pyarrow as pa

from features.ingest.csv_lines import physical_lines
from features.ingest.exports import NOT_A_ROW, NOT_UTF8, Broken, Export, Lines
from features.ingest.expressions import literal
from features.ingest.json_records import LONGEST_RECORD, Piece, split_records

__all__ = ["JsonExport"]

BATCH = 5_000  # records
MOST_SHOWN = 10_000  # characters of a damaged record, as many as DuckDB keeps of a line
_NO_OBJECT = "it is not a JSON object"
_PARSED = f"""
    SELECT CASE WHEN json_type(parsed) = 'OBJECT' THEN parsed END AS record,
           CASE WHEN record IS NULL THEN nullif(trim(text), '')[:{MOST_SHOWN}] END AS damaged,
           CASE WHEN why <> '' THEN why WHEN parsed IS NULL THEN 'it is damaged JSON' ELSE '{_NO_OBJECT}' END AS why
    FROM (SELECT text, why, CASE WHEN why = '' THEN TRY_CAST(text AS JSON) END AS parsed FROM {{texts}})"""


class JsonExport(Export):
    """A JSON file.

    Parameters
    ----------
    records
        The key of the array that holds the records, where they are not the top of the file.
    """

    word: ClassVar[str] = "record"
    streams: ClassVar[bool] = False

    def __init__(self, db: Any, path: Path, records: str | None = None) -> None:
        super().__init__(db, path)
        self.columns, self._key, self._is_by_line = ["record"], records, False
        self._raw = f"main.records_{self.number}"

    def keep(self) -> str:
        name = f"main.export_{self.number}"
        if not self._is_kept:
            self._is_by_line = self._has_a_record_a_line() and self._read_lines()
            if not self._is_by_line:
                self._read_pieces()
            self._unpack_pages()
            self._find_damaged()
            self.db.execute(
                f"CREATE VIEW {name} AS SELECT rowid AS _line, record FROM {self._raw} WHERE record IS NOT NULL"
            )
            self.rows = self.db.execute(f"SELECT count(*) FROM {name}").fetchone()[0]
            self._is_kept = True
        return name

    def keys(self) -> list[str]:
        """Every key at the top of some record."""
        found = self.db.execute(f"SELECT DISTINCT unnest(json_keys(record)) FROM {self.keep()} ORDER BY 1").fetchall()
        return [row[0] for row in found]

    def lines(self, ordinals: Lines) -> Lines:
        if not self._is_by_line:
            return ordinals + 1
        apart = np.array(self._lines_apart, dtype=np.int64)
        return ordinals + 1 + np.searchsorted(apart - np.arange(len(apart)), ordinals + 1, side="right")

    def _has_a_record_a_line(self) -> bool:
        _, first = next((line for line in physical_lines(self.path) if line[1].strip()), (0, b""))
        try:
            return isinstance(json.loads(first.decode("utf-8-sig")), dict)
        except (ValueError, RecursionError):
            return False

    def _read_lines(self) -> bool:
        """Read a record a line by DuckDB's reader; False where its line ends are mixed."""
        errors = f"errors_{self.number}"
        with self.path.open("rb") as file:
            packed = "gzip" if file.read(2) == b"\x1f\x8b" else "none"
        lines = (
            f"(SELECT text, '' AS why FROM read_csv({literal(self.path)}, auto_detect = false, header = false,"
            f" compression = '{packed}', delim = '\x01', quote = '', escape = '', columns = {{'text': 'VARCHAR'}},"
            f" max_line_size = {LONGEST_RECORD}, ignore_errors = true, store_rejects = true,"
            f" rejects_table = '{errors}', rejects_scan = '{errors}_scan'))"
        )
        try:
            self.db.execute(f"CREATE OR REPLACE TABLE {self._raw} AS {_PARSED.format(texts=lines)}")
        except duckdb.Error:
            return False
        found = self.db.execute(
            f"SELECT line, min(error_type::VARCHAR), min(csv_line) FROM {errors} GROUP BY line ORDER BY line"
        ).fetchall()
        self._lines_apart = [line for line, *_ in found]
        self.broken = [
            Broken(
                line, *((NOT_UTF8, NOT_UTF8) if kind == "INVALID ENCODING" else (NOT_A_ROW, "it is damaged JSON")), text
            )
            for line, kind, text in found
        ]
        return True

    def _read_pieces(self) -> None:
        self.broken = []
        none = _PARSED.format(texts="(SELECT '' AS text, '' AS why)")
        self.db.execute(f"CREATE OR REPLACE TABLE {self._raw} AS SELECT * FROM ({none}) LIMIT 0")
        pieces = split_records(self.path, self._key)
        while batch := list(islice(pieces, BATCH)):
            self._insert(batch)

    def _insert(self, pieces: list[Piece]) -> None:
        texts = [piece.text for piece in pieces]
        batch = pa.table(
            {"text": pa.array(texts, pa.string()), "why": pa.array([piece.why for piece in pieces], pa.string())}
        )
        self.db.register("batch", batch)
        self.db.execute(f"INSERT INTO {self._raw} {_PARSED.format(texts='batch')}")
        self.db.unregister("batch")

    def _unpack_pages(self) -> None:
        """Where a record is an answer of an API that holds records under the key, those take its place."""
        if not self._key:
            return
        path = literal(f'$."{self._key}"')
        is_page = f"coalesce(json_type(record, {path}) = 'ARRAY', false)"
        if not self.db.execute(f"SELECT 1 FROM {self._raw} WHERE {is_page} LIMIT 1").fetchall():
            return
        items = f"unnest(json_extract(record, {literal(f'$.{json.dumps(self._key)}[*]')}))::VARCHAR AS text"
        pages = _PARSED.format(texts=f"(SELECT {items}, '' AS why FROM {self._raw} WHERE {is_page})")
        self.db.execute(
            f"CREATE OR REPLACE TABLE {self._raw} AS {pages} UNION ALL SELECT * FROM {self._raw} WHERE NOT {is_page}"
        )
        self._is_by_line = False

    def _find_damaged(self) -> None:
        found = self.db.execute(f"SELECT rowid, damaged, why FROM {self._raw} WHERE damaged IS NOT NULL").fetchall()
        lines = self.lines(np.array([row[0] for row in found], dtype=np.int64)).tolist()
        self.broken += [
            Broken(line, NOT_UTF8 if "UTF-8" in why else NOT_A_ROW, why, text)
            for line, (_, text, why) in zip(lines, found, strict=True)
        ]
        self.broken.sort(key=lambda broken: broken.line or 0)
