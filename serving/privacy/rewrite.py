"""Rewrite files without some rows: a file is whole before and whole after, and its facts are not rebuilt for it."""

import os
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from features.fact_files import Facts, sizes_of
from features.home import Home
from serving.privacy.places import AGENT, mention, mentions, words_of

__all__ = ["ERASED", "facts_follow", "lines_without", "rows_without", "write_rows"]

ERASED = "erased"


def write_rows(path: Path, rows: pa.Table) -> None:
    """Put rows in place of a Parquet file at once, compressed as it was."""
    about = pq.ParquetFile(path)
    groups = about.metadata.num_row_groups
    codec = about.metadata.row_group(0).column(0).compression.lower() if groups else "zstd"
    about.close()
    part = path.with_name(f".{path.name}.part")
    pq.write_table(rows, part, compression="zstd" if codec == "uncompressed" else codec)
    os.replace(part, path)


def rows_without(path: Path, agent: str) -> int:
    """Take an agent out of a Parquet file: their rows, and their id where other rows name it; how many rows went.

    The file is not touched where they are not in it.
    """
    rows = pq.read_table(path)
    kept = rows
    if AGENT in rows.column_names:
        ids = rows.column(AGENT).cast(pa.string())
        kept = rows.filter(pc.fill_null(pc.not_equal(ids, agent), True))
    changed = kept.num_rows < rows.num_rows
    for name in words_of(kept):
        named = mentions(kept.column(name), agent)
        if pc.any(named).as_py():
            kept, changed = _unnamed(kept, name, agent), True
    if changed:
        write_rows(path, kept)
    return int(rows.num_rows - kept.num_rows)


def lines_without(path: Path, agent: str) -> int:
    """Take lines that mention an agent out of a text file, or the file where its name does; how many lines went.

    A PDF goes in any case: its words are packed, so that nobody can tell whom it names. It can be made again.
    """
    if path.suffix == ".pdf" and not mention(agent).search(path.name.encode()):
        path.unlink()
        return 0
    one, lines = mention(agent), path.read_bytes().splitlines(keepends=True)
    kept = [line for line in lines if not one.search(line)]
    if one.search(path.name.encode()) or (len(kept) < len(lines) and path.suffix in {".html", ".json"}):
        path.unlink()  # a page or a document with a hole would no longer be one
        return len(lines)
    if len(kept) < len(lines):
        part = path.with_name(f".{path.name}.part")
        part.write_bytes(b"".join(kept))
        os.replace(part, path)
    return len(lines) - len(kept)


def facts_follow(home: Home, change: Callable[[], int]) -> int:
    """Run what rewrites raw files, and let the facts go on counting them as the batches that they have read."""
    facts = Facts.load(home)
    done = change()
    if done and facts.batches:
        facts.batches = {
            name: {file: size for file, size in sizes_of(home.batches(name)).items() if file in read}
            for name, read in facts.batches.items()
        }
        facts.save(home)
    return done


def _unnamed(rows: pa.Table, name: str, agent: str) -> pa.Table:
    """The rows with the agent's id struck out of a column of words."""
    one = mention(agent)
    cells = [
        None if cell is None else one.sub(ERASED.encode(), cell.encode()).decode()
        for cell in rows.column(name).cast(pa.string()).to_pylist()
    ]
    return rows.set_column(rows.schema.get_field_index(name), name, pa.array(cells, pa.string()))
