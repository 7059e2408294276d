"""Everything that is held about one agent, in files that open in any spreadsheet, with a page in plain words on top."""

import io
import json
import zipfile
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow.compute as pc
import pyarrow.parquet as pq
from sqlalchemy import String, or_, select

from features.errors import InputError
from features.home import Home
from serving.privacy.keys import Keys
from serving.privacy.places import AGENT, mention, parquet_files, personal_tables, text_files
from serving.privacy.pseudonyms import pseudonyms
from serving.privacy.tables import Identity
from serving.store import Store

__all__ = ["export"]

_COVER = """What Respite holds about {agent}

This is a copy of everything that is on record about you in Respite, as of {on}. CSV files open in any spreadsheet.

{listed}

What the folders are
  raw         what came from the systems you work with: contacts, shifts, surveys, and so on
  facts       sums for each of your days, made from that
  features    numbers about weeks of work, made from those sums; docs/catalog.md says what each means
  store       scores that were computed with their reasons, what you consented to, offers of support, and
              who looked at your data where the audit log has it
  text        lines of other files that name you

What you may do
  You may correct what is wrong, contest a score, opt out of being scored, and ask that all of this be erased. None of
  it has consequences for you, and your manager does not learn of it. A score is about weeks of work like yours; it is
  not a statement about your health.

Not in this copy: the key material behind your pseudonyms, because it would undo them for others who hold logs; and what
you suggested about the work without your name, because nobody can tell that it is yours.
"""


def export(home: Home, agent: str, target: Path, today: str) -> dict[str, int]:
    """Write a zip file with all rows about an agent and a cover page; how many rows came from each place.

    Raises
    ------
    InputError
        Nothing is held about them, or there is a file of that name already.
    """
    if target.exists():
        raise InputError(f"--to {target}: there is a file of that name already; choose another.")
    found = _files(home, agent) | _stored(home, agent) | _text(home, agent)
    if not found:
        raise InputError(f"--agent {agent}: nothing is held about them; ids are those of the table agents.")
    counts = {place: len(rows) for place, rows in sorted(found.items())}
    listed = "\n".join(f"  {place}.csv: {count:,} rows" for place, count in counts.items())
    part = target.with_name(f".{target.name}.part")
    with zipfile.ZipFile(part, "w", zipfile.ZIP_DEFLATED) as out:
        out.writestr("READ-ME-FIRST.txt", _COVER.format(agent=agent, on=today, listed=listed))
        for place, rows in sorted(found.items()):
            out.writestr(f"{place}.csv", _csv(rows))
    part.replace(target)
    return counts


def _files(home: Home, agent: str) -> dict[str, pd.DataFrame]:
    parts: dict[str, list[pd.DataFrame]] = {}
    for path in parquet_files(home):
        if AGENT not in pq.read_schema(path).names:
            continue
        rows = pq.read_table(path, filters=pc.field(AGENT) == agent).to_pandas()
        if len(rows):
            parts.setdefault(_place(home, path), []).append(rows)
    return {place: pd.concat(rows, ignore_index=True) for place, rows in parts.items()}


def _place(home: Home, path: Path) -> str:
    """raw/contacts, facts/increments, features, ..."""
    inside = path.relative_to(home.root)
    if inside.parts[0] == "facts":
        return f"facts/{path.stem.split('-')[0]}"
    return "features/frame" if inside.parts[0] == "features" else "/".join(inside.parts[:2]).removesuffix(".parquet")


def _stored(home: Home, agent: str) -> dict[str, pd.DataFrame]:
    """Rows of the store by the agent's id, and rows that name them by a pseudonym of any period."""
    store = Store(home)
    try:
        with store.writing() as session:
            known = session.get(Identity, agent) is not None
            periods = Keys.of(session).periods() if known else []
            names = [pseudonyms(session, [agent], period)[agent] for period in periods]
        found = {}
        with store.engine.connect() as connection:
            for table in personal_tables(store.engine):
                if table.name == Identity.__tablename__:
                    continue
                rows = connection.execute(select(table).where(table.columns[AGENT] == agent)).mappings().all()
                found[f"store/{table.name}"] = _plain(rows)
            for table in _others(store):
                words = [column for column in table.columns if isinstance(column.type, String)]
                if names and words:
                    named = or_(*(column.in_(names) for column in words))
                    rows = connection.execute(select(table).where(named)).mappings().all()
                    found[f"store/{table.name}"] = _plain(rows)
    finally:
        store.close()
    return {place: rows for place, rows in found.items() if len(rows)}


def _others(store: Store) -> list[Any]:
    from sqlalchemy import MetaData

    found = MetaData()
    found.reflect(store.engine)
    return [table for table in found.sorted_tables if AGENT not in table.columns]


def _text(home: Home, agent: str) -> dict[str, pd.DataFrame]:
    one, lines = mention(agent), []
    for path in text_files(home):
        inside = str(path.relative_to(home.root))
        said = path.read_bytes().splitlines()
        lines += [{"file": inside, "line": line.decode("utf-8", "replace")} for line in said if one.search(line)]
    return {"text/lines": pd.DataFrame(lines)} if lines else {}


def _plain(rows: Any) -> pd.DataFrame:
    """Rows as a frame; lists and mappings as JSON."""
    frame = pd.DataFrame([dict(row) for row in rows])
    return frame.map(lambda cell: json.dumps(cell, ensure_ascii=False) if isinstance(cell, list | dict) else cell)


def _csv(rows: pd.DataFrame) -> str:
    out = io.StringIO()
    rows.to_csv(out, index=False)
    return out.getvalue()
