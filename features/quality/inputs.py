"""What came in: which tables are not there, which optional columns are filled, and from when anything was known."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

from features.fact_files import Facts
from features.home import Home
from features.signals.context import BURNOUT_INSTRUMENT, BURNOUT_SCALE
from features.tables import TABLES

__all__ = ["ColumnFill", "Inputs", "fact_files", "inputs_of"]

# the day from which on a snapshot sees anything of a table: the rules of `features.signals.context`
_KNOWN_FROM = {
    "check_ins": "held_at::DATE",
    "absences": "greatest(recorded_at::DATE, start_on)",
    "exits": "recorded_at::DATE",
    "surveys": f"CASE WHEN lower(instrument) = '{BURNOUT_INSTRUMENT}' AND lower(scale) = '{BURNOUT_SCALE}'"
    " THEN submitted_at::DATE END",
}


@dataclass(frozen=True)
class ColumnFill:
    """An optional column of a table: the share of rows in which it is filled, and what is null where it never is."""

    table: str
    column: str
    filled: float
    nulls: list[str] = field(default_factory=list)

    @property
    def name(self) -> str:
        return f"{self.table}.{self.column}"


@dataclass(frozen=True)
class Inputs:
    """What the tables of a home hold.

    `known_from` has the first day on which anything of a table counts; a later snapshot sees it. `unknown_agents` are
    agents with contacts that the table agents does not name.
    """

    missing_tables: list[str]
    columns: list[ColumnFill]
    known_from: dict[str, date | None]
    unknown_agents: int = 0

    @property
    def never_filled(self) -> set[str]:
        """Names of the optional columns that are null in every row, such as `contacts.nps`."""
        return {column.name for column in self.columns if column.filled == 0}


def inputs_of(db: Any, home: Home) -> Inputs:
    """Look at the tables of a home: at the footers of their files, and at the small ones.

    Parameters
    ----------
    db
        A DuckDB connection.
    """
    there = {name: [str(path) for path in home.batches(name)] for name in TABLES}
    there = {name: files for name, files in there.items() if files}
    return Inputs(
        missing_tables=sorted(set(TABLES) - set(there)),
        columns=[fill for name, files in there.items() for fill in _fills(db, name, files)],
        known_from={name: _first(db, there, name) for name in _KNOWN_FROM} | {"shifts": _first_shift(db, home)},
        unknown_agents=_unknown_agents(db, home, there["agents"]) if "agents" in there else 0,
    )


def fact_files(home: Home, kind: str) -> list[str]:
    """The files that hold the facts of a kind."""
    return [str(home.facts / name) for name in Facts.load(home).files[kind].values()]


def _fills(db: Any, name: str, files: Sequence[str]) -> list[ColumnFill]:
    """How far the optional columns of a table are filled, by its files' footers; one that has no figure counts full."""
    found = db.execute(
        "SELECT path_in_schema, sum(num_values)::BIGINT, sum(coalesce(stats_null_count, 0))::BIGINT"
        " FROM parquet_metadata(?) GROUP BY ALL",
        [list(files)],
    ).fetchall()
    rows = max((total for _, total, _ in found), default=0)
    filled = {column: total - nulls for column, total, nulls in found}
    optional = [column.name for column in TABLES[name].columns if not column.required and column.default is None]
    return [ColumnFill(name, column, _share(filled.get(column, 0), rows)) for column in optional]


def _share(part: int, whole: int) -> float:
    """A share of four digits that is zero for nothing alone."""
    return max(round(part / whole, 4), 1e-4) if part else 0.0


def _first(db: Any, there: dict[str, list[str]], name: str) -> date | None:
    if name not in there:
        return None
    files = ", ".join("'" + path.replace("'", "''") + "'" for path in there[name])
    found: date | None = db.execute(
        f"SELECT min({_KNOWN_FROM[name]}) FROM read_parquet([{files}], union_by_name = true)"
    ).fetchall()[0][0]
    return found


def _first_shift(db: Any, home: Home) -> date | None:
    files = fact_files(home, "work_states")
    if not files:
        return None
    found: date | None = db.execute("SELECT min(greatest(day, known_on)) FROM read_parquet(?)", [files]).fetchall()[0][
        0
    ]
    return found


def _unknown_agents(db: Any, home: Home, agents: Sequence[str]) -> int:
    files = [path for path in fact_files(home, "increments") if Path(path).exists()]
    if not files:
        return 0
    found = db.execute(
        "SELECT count(DISTINCT agent_id) FROM read_parquet(?)"
        " WHERE agent_id NOT IN (SELECT agent_id FROM read_parquet(?))",
        [files, list(agents)],
    ).fetchall()
    return int(found[0][0])
