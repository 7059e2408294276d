"""Rewriting leaves what is about others as it was, and a file whole."""

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from features import Home
from serving.privacy.places import left, mention
from serving.privacy.rewrite import lines_without, rows_without

ROWS = pa.table(
    {
        "agent_id": pa.array(["A1", "A12", None, "A1"]).dictionary_encode(),
        "manager_id": ["M1", "A1", "M1", "M2"],
        "customer_text": ["x", "thanks to A1, not A12", None, "y"],
        "value": [1.0, 2.0, 3.0, None],
    }
)


@pytest.fixture
def parquet(tmp_path: Path) -> Path:
    path = tmp_path / "rows.parquet"
    pq.write_table(ROWS, path, compression="lz4")
    return path


def test_rows_of_the_agent_go_and_others_no_longer_name_them(parquet: Path) -> None:
    assert rows_without(parquet, "A1") == 2
    found = pq.read_table(parquet).to_pydict()
    assert found["agent_id"] == ["A12", None]
    assert found["manager_id"] == ["erased", "M1"]
    assert found["customer_text"] == ["thanks to erased, not A12", None]
    assert found["value"] == [2.0, 3.0]
    assert left(Home(parquet.parent), "A1") == []
    assert pq.read_metadata(parquet).row_group(0).column(3).compression == "LZ4"


def test_a_file_without_the_agent_is_not_touched(parquet: Path) -> None:
    before = parquet.stat().st_mtime_ns, parquet.read_bytes()
    assert rows_without(parquet, "A9") == 0
    assert (parquet.stat().st_mtime_ns, parquet.read_bytes()) == before


def test_no_half_written_file_is_left_beside_it(parquet: Path) -> None:
    rows_without(parquet, "A1")
    assert [path.name for path in parquet.parent.iterdir()] == ["rows.parquet"]


def test_lines_go_one_by_one_but_a_page_goes_whole(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("A1,x\nA12,y\n")
    (tmp_path / "agent-A1.html").write_text("nothing inside")
    (tmp_path / "page.html").write_text("one\ntwo A1\n")
    (tmp_path / "other.html").write_text("A12\n")
    for path in sorted(tmp_path.iterdir()):
        lines_without(path, "A1")
    assert {path.name: path.read_text() for path in tmp_path.iterdir()} == {"a.csv": "A12,y\n", "other.html": "A12\n"}


@given(st.from_regex(r"[A-Za-z0-9]{1,8}", fullmatch=True), st.from_regex(r"[A-Za-z0-9_]{1,3}", fullmatch=True))
def test_an_id_is_mentioned_as_a_word_of_its_own_only(agent: str, more: str) -> None:
    assert mention(agent).search(f'"{agent}"'.encode())
    assert mention(agent).search(f"agent-{agent}.html".encode())
    whole = mention(agent).search(f"{agent}{more}".encode())
    assert whole is None


def test_a_page_as_pdf_goes_whoever_it_names(tmp_path: Path) -> None:
    team, own = tmp_path / "team-T01.pdf", tmp_path / "agent-A0007.pdf"
    for path in (team, own):
        path.write_bytes(b"%PDF-1.7\npacked\n")
    assert lines_without(team, "A0007") == 0
    assert lines_without(own, "A0007") > 0
    assert list(tmp_path.iterdir()) == []
