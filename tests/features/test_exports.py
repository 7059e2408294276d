"""Every format becomes rows with their lines; what is no row is told apart, and costs no other row."""

import gzip
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pandas as pd
import pytest

from features.errors import InputError
from features.ingest.csv_export import CsvExport
from features.ingest.exports import Export, open_export
from features.ingest.json_export import JsonExport

Row = tuple[Any, ...]
Open = Callable[..., Export]

HEADER = "a,b,c,d,e,f,g\n"
ONE, TWO = "1,2,3,4,5,6,7\n", "8,9,0,1,2,3,4\n"


@pytest.fixture
def opened(tmp_path: Path) -> Open:
    """Write a file and open it as an export."""

    def write(content: str | bytes, name: str = "x.csv", form: Any = "csv", key: str | None = None) -> Export:
        path = tmp_path / name
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return open_export(duckdb.connect(), path, form, key)

    return write


def read(export: Export) -> tuple[list[Row], list[tuple[int | None, str]]]:
    """Rows, each behind its line, and what is no row."""
    rows = export.db.execute(f"FROM {export.keep()}").fetchall()
    export.locate()
    lines = export.lines(np.array([row[0] for row in rows], dtype=np.int64)).tolist()
    found = [(line, *row[1:]) for line, row in zip(lines, rows, strict=True)]
    return found, [(broken.line, broken.reason) for broken in export.broken]


def cells(text: str) -> Row:
    return tuple(cell or None for cell in text.strip().split(","))


MANY, FEW = "more cells than the header has columns", "fewer cells than the header has columns"
OPEN = "a quote is opened and never closed"
CSV = [
    ("as it should be", HEADER + ONE + TWO, [2, 3], []),
    ("blank lines", HEADER + "\n" + ONE + "\n\n" + TWO, [3, 6], []),
    ("blank lines first", "\n\n" + HEADER + ONE, [4], []),
    ("no end of the last line", HEADER + ONE.strip(), [2], []),
    ("Windows line ends", (HEADER + ONE + TWO).replace("\n", "\r\n"), [2, 3], []),
    ("old line ends", (HEADER + ONE + TWO).replace("\n", "\r"), [2, 3], []),
    ("mixed line ends", HEADER + ONE.replace("\n", "\r\n") + TWO, [2, 3], []),
    ("a byte order mark", "\ufeff" + HEADER + ONE, [2], []),
    ("semicolons", (HEADER + ONE).replace(",", ";"), [2], []),
    ("tabs", (HEADER + ONE).replace(",", "\t"), [2], []),
    ("a cell too many", HEADER + ONE.replace("7", "7,8") + TWO, [3], [(2, MANY)]),
    ("commas at the end", HEADER + ONE.replace("7", "7,") + TWO, [2, 3], []),
    ("not UTF-8", (HEADER + TWO * 20).encode() + b"\xff,2,3,4,5,6,7\n", [*range(2, 22)], [(22, "not UTF-8 text")]),
    ("a quote that stays open", HEADER + ONE.replace("2", '"2') + TWO, [3], [(2, OPEN)]),
    ("a quote that a later line closes", HEADER + ONE.replace("2", '"2') + TWO + TWO.replace("0", '0"') + ONE,
     [3, 4, 5], [(2, OPEN)]),
    ("a quote within a cell", HEADER + ONE.replace("2", '"2"2') + TWO, [3],
     [(2, "not CSV (',' expected after '\"')")]),
]  # fmt: skip


@pytest.mark.parametrize(("content", "lines", "broken"), [case[1:] for case in CSV], ids=[case[0] for case in CSV])
def test_rows_of_csv_have_their_lines(
    content: str | bytes, lines: list[int], broken: list[tuple[int, str]], opened: Open
) -> None:
    rows, apart = read(opened(content))
    assert [row[0] for row in rows] == lines
    assert apart == broken
    assert all(len(row) == 8 for row in rows)


def test_a_line_end_within_quotes_is_part_of_the_cell(opened: Open) -> None:
    rows, apart = read(opened(HEADER + '1,"two\nlines, of text",3,4,5,6,7\n' + TWO + ONE.replace("7", "7,8")))
    assert rows == [(2, "1", "two\nlines, of text", *"34567"), (4, *cells(TWO))]
    assert apart == [(5, MANY)]


def test_a_short_line_is_filled_up_unless_cells_must_line_up(opened: Open) -> None:
    content = HEADER + "1,2\n" + TWO
    assert read(opened(content))[0][0] == (2, "1", "2", *[None] * 5)
    export = opened(content)
    export.aligned = True
    assert read(export) == ([(3, *cells(TWO))], [(2, FEW)])


@pytest.mark.parametrize("name", ["x.csv.gz", "x.csv"])
def test_gzip_is_known_by_its_content(name: str, opened: Open) -> None:
    assert read(opened(gzip.compress((HEADER + ONE).encode()), name))[0] == [(2, *cells(ONE))]
    assert read(opened(HEADER + ONE, name))[0] == [(2, *cells(ONE))]


def test_gzip_in_two_parts_is_read_whole(opened: Open) -> None:
    content = gzip.compress((HEADER + ONE).encode()) + gzip.compress(TWO.encode())
    assert len(read(opened(content, "x.csv.gz"))[0]) == 2


def test_gzip_that_is_cut_off_is_refused(opened: Open) -> None:
    packed = gzip.compress((HEADER + "".join(f"{n}{ONE}" for n in range(5_000))).encode())
    with pytest.raises(InputError, match=r"^x\.csv\.gz could not be read: "):
        read(opened(packed[: len(packed) // 2], "x.csv.gz"))


def test_columns_with_the_same_or_no_name_get_a_number(opened: Open) -> None:
    assert opened("a,A,,b\n1,2,3,4\n").columns == ["a", "A_2", "column_3", "b"]


UNREADABLE = [
    ("UTF-16", (HEADER + ONE).encode("utf-16")),
    ("a picture", b"\x89PNG\r\n\x1a\n\x00\x00\x00\x0dIHDR"),
    ("blank lines alone", b"\n\n\n"),
    ("an open quote in the header", b'a,"b\nc",d\n1,2,3\n'),
]


@pytest.mark.parametrize("content", [case[1] for case in UNREADABLE], ids=[case[0] for case in UNREADABLE])
def test_what_has_no_header_is_refused_in_one_sentence(content: bytes, opened: Open) -> None:
    with pytest.raises(InputError, match=r"^x\.csv could not be read: [^\n]+\.$"):
        opened(content)


def test_rows_of_a_large_file_are_told_by_their_lines(tmp_path: Path) -> None:
    path = tmp_path / "large.csv"
    with duckdb.connect() as db:
        rows = "SELECT i + 2 AS line, repeat('x', 80) AS filler, CASE WHEN i % 997 = 0 THEN 'y' END AS mark"
        db.execute(f"COPY ({rows} FROM range(300000) t(i)) TO '{path}' (HEADER)")
    export = open_export(duckdb.connect(), path, "csv")
    marked = export.db.execute(f"SELECT _line, line::BIGINT FROM {export.keep()} WHERE mark = 'y'").fetchall()
    ordinals, lines = np.array(marked).T
    assert export.lines(ordinals).tolist() == lines.tolist()


@pytest.mark.parametrize("seed", range(5))
def test_both_ways_of_reading_csv_agree(seed: int, opened: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(seed)
    values = ["", "x", "1", 'a "b" c', "two\nlines", "semi;colon", "com,ma", " space ", "Ümlaut", "\t"]
    frame = pd.DataFrame(rng.choice(values, size=(200, 7)), columns=list("abcdefg"))
    content = frame.to_csv(index=False)
    quick = read(opened(content))
    with monkeypatch.context() as only_line_by_line:
        only_line_by_line.setattr(CsvExport, "_read_quickly", lambda *_: False)
        assert read(opened(content)) == quick
    assert [row[1:] for row in quick[0]] == [
        tuple(cell or None for cell in row) for row in frame.itertuples(index=False)
    ]


# JSON

RECORDS = [{"id": 1, "of": {"who": ["A", "B"]}}, {"id": 2, "of": None}, {"id": 3}]
LINES = "\n".join(json.dumps(record) for record in RECORDS)
DAMAGED = "it is damaged JSON"
NOT_CLOSED = "the list of records is not closed, so that the file may be cut off"
JSON = [
    ("a record a line", LINES, None, [1, 2, 3], []),
    ("blank lines", LINES.replace("\n", "\n\n"), None, [1, 3, 5], []),
    ("mixed line ends", LINES.replace("\n", "\r\n", 1) + "\n", None, [1, 2, 3], []),
    ("one after another", LINES.replace("\n", ""), None, [1, 2, 3], []),
    ("an array", json.dumps(RECORDS), None, [1, 2, 3], []),
    ("an array over lines", json.dumps(RECORDS, indent=2), None, [1, 2, 3], []),
    ("an array under a key", json.dumps({"n": 3, "records": RECORDS, "next": None}), "records", [1, 2, 3], []),
    ("pages, one a line", f'{{"records": [{json.dumps(RECORDS[0])}]}}\n' * 2, "records", [1, 2], []),
    ("pages, one after another", json.dumps({"records": RECORDS}, indent=1) * 2, "records", [*range(1, 7)], []),
    ("no such key", LINES, "records", [1, 2, 3], []),
    ("a damaged line", LINES.replace('"id": 2', '"id": '), None, [1, 3], [(2, DAMAGED)]),
    ("a damaged element", json.dumps(RECORDS).replace('"of": null', '"of": '), None, [1, 3], [(2, DAMAGED)]),
    ("lines that are no objects", LINES + "\n42\n[1]\n", None, [1, 2, 3],
     [(4, "it is not a JSON object"), (5, "it is not a JSON object")]),
    ("an array that is cut off", json.dumps(RECORDS)[:-5], None, [1, 2], [(3, DAMAGED)]),
    ("an array without its end", json.dumps(RECORDS)[:-1], None, [1, 2, 3], [(4, NOT_CLOSED)]),
    ("a quote that stays open", json.dumps(RECORDS).replace('"of": null', '"of": "'), None, [1, 3], [(2, DAMAGED)]),
    ("a line that is not UTF-8", LINES.encode().replace(b'"id": 2', b'"id": "\xff"'), None, [1, 3],
     [(2, "not UTF-8 text")]),
    ("deep nesting", LINES + "\n" + "[" * 50_000, None, [1, 2, 3], [(4, DAMAGED)]),
]  # fmt: skip


@pytest.mark.parametrize("packed", [False, True], ids=["plain", "gzip"])
@pytest.mark.parametrize(
    ("content", "key", "lines", "broken"), [case[1:] for case in JSON], ids=[case[0] for case in JSON]
)
def test_records_of_json_have_their_numbers(
    content: str | bytes,
    key: str | None,
    lines: list[int],
    broken: list[tuple[int, str]],
    packed: bool,
    opened: Open,
) -> None:
    plain = content.encode() if isinstance(content, str) else content
    rows, apart = read(opened(gzip.compress(plain) if packed else plain, "x.json", "json", key))
    assert [row[0] for row in rows] == lines
    assert apart == broken
    assert all(json.loads(row[1]) in RECORDS for row in rows)


def test_keys_at_the_top_of_any_record_are_known(opened: Open) -> None:
    export = opened(LINES + '\n{"rare": 1}', "x.json", "json")
    assert isinstance(export, JsonExport)
    assert export.keys() == ["id", "of", "rare"]


def test_a_record_that_is_larger_than_a_block_is_read_whole(opened: Open) -> None:
    large = [{"id": number, "text": "x" * 1_500_000} for number in range(3)]
    rows, apart = read(opened(json.dumps(large), "x.json", "json"))
    assert [json.loads(row[1]) for row in rows] == large
    assert apart == []


def test_parquet_keeps_nested_values_and_reads_the_others_as_texts(tmp_path: Path) -> None:
    path = tmp_path / "x.parquet"
    with duckdb.connect() as db:
        db.execute(f"COPY (SELECT 1.5 AS a, [1, 2] AS b, {{'c': 3}} AS d) TO '{path}'")
    assert read(open_export(duckdb.connect(), path, "parquet"))[0] == [(1, "1.5", [1, 2], {"c": 3})]


def test_a_file_that_is_no_parquet_is_refused(opened: Open) -> None:
    with pytest.raises(InputError, match=r"^x\.parquet could not be read: [^\n]+$"):
        opened("no", "x.parquet", "parquet")
