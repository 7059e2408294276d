"""The feature frame: built for some dates, written as one Parquet partition per date, read back.

What a feature is lies in `features.snapshot` and the signals; nothing here changes the contract.
"""

import json
import shutil
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import asdict, dataclass, field
from datetime import date, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import duckdb
import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from features.at_work import at_work
from features.catalog import contract_version, feature_names
from features.cells import with_nulls
from features.engine import SourceTables, connected, source_tables, unbound
from features.errors import InputError, NotReadyError
from features.fact_files import shifts_since
from features.facts import facts_of, refresh
from features.home import Home
from features.past import Past
from features.quality import Quality, quality_of, write_quality
from features.raw import reach
from features.snapshot import CONTEXT, snapshot
from features.workdays import DAYS_BACK

__all__ = [
    "BuildReport", "as_of_dates", "build", "frame_dates", "load_frame", "load_row", "partition", "write_features",
]  # fmt: skip

ROWS_AT_ONCE = 40_000
GROUP_ROWS = 10_000
FIRST_AFTER_DAYS = 7


@dataclass(frozen=True)
class BuildReport:
    """What a build of the feature frame produced, and what it could not."""

    contract_version: str
    as_of: list[str]
    rows: int
    agents: int
    missing_tables: list[str]
    null_share: dict[str, float]
    extra: list[str] = field(default_factory=list)
    quality: Quality = field(kw_only=True, repr=False)


def build(
    source: Home | Mapping[str, pd.DataFrame] | None,
    dates: Sequence[date],
    engine: str = "duckdb",
    extra: Iterable[str] = (),
) -> pd.DataFrame:
    """The feature frame as of some dates: `as_of`, `agent_id`, the agent's context, the catalog's columns.

    Adding any row that happened or became known at or after T changes nothing as of T.

    Parameters
    ----------
    source
        A home with ingested tables, a frame per table of the contract, or None for the engine's own tables.
    engine
        Where events become facts (see `features.engine.connected`).
    extra
        Names of optional features.

    Returns
    -------
    DataFrame, shape (agents employed on the dates, 7 + features + usual values), sorted by date and agent.
    """
    extra = list(extra)
    with connected(engine) as connection, duckdb.connect() as db:
        tables = source_tables(connection, source)
        _bring_small_tables(db, tables)
        facts = facts_of(tables)
        past = Past(_agents(db), shifts_since(facts["work_states"]))
        past.show({kind: {kind: partial(facts.get, kind)} for kind in facts}, min(dates))
        return snapshot(db, past, sorted(dates), extra)


def write_features(
    home: Home,
    dates: Sequence[date] | None = None,
    tick: Callable[[int, int], None] = lambda done, total: None,
    engine: str = "duckdb",
    extra: Iterable[str] = (),
) -> BuildReport:
    """Build the frame for `dates` (default: every week) and write one partition per date.

    Reads what is new since the last build; facts of earlier days are kept in the home.

    Raises
    ------
    NotReadyError
        No tables have been ingested.
    InputError
        A date lies before the first contact.
    """
    extra = list(extra)
    with at_work(home), connected(engine) as connection, duckdb.connect() as db:
        tables = source_tables(connection, home)
        known = as_of_dates(home)
        whole = dates is None
        dates = sorted(set(dates or known))
        if dates[0] < known[0] - timedelta(days=7):
            raise InputError(f"--as-of {dates[0]}: the first contact is later; choose {known[0]} or after.")
        facts = refresh(connection, home)
        _bring_small_tables(db, tables)
        agents = _agents(db)
        past = Past(agents, facts.shifts_since(home))
        done = 0
        with ThreadPoolExecutor(1) as behind:  # the last dates are written while the next are made
            written: Future[None] | None = None
            for chunk in _chunks(dates, max(1, ROWS_AT_ONCE // len(agents))):
                past.show(facts.pieces(home, chunk[0] - timedelta(days=DAYS_BACK), chunk[-1]), chunk[0])
                frame = snapshot(db, past, chunk, extra)
                if written:
                    written.result()
                written = behind.submit(_write_partitions, home, chunk, frame)
                done += len(chunk)
                tick(done, len(dates))
            if written:
                written.result()
    _drop_stale(home, set(dates), whole)
    dates = [day for day in dates if partition(home, day).exists()]
    if not dates:
        raise InputError(
            "No agent was on the roster on any of the dates; see valid_from and valid_to in the table agents."
        )
    report = _report(home, dates, extra)
    about = home.features / ".build.part"
    built = asdict(report)
    del built["quality"]  # in files of its own
    about.write_text(json.dumps(built, indent=2), encoding="utf-8")
    about.replace(home.features / "build.json")
    return report


def _bring_small_tables(db: Any, tables: SourceTables) -> None:
    """Everything but events, as local tables."""
    for name in ("agents", "exits", "absences", "surveys", "check_ins"):
        relation = tables[name]
        rows = unbound(name).schema().to_pyarrow().empty_table() if relation is None else relation.to_pyarrow()
        db.register("given", rows)
        db.execute(f"CREATE OR REPLACE TEMP TABLE {name} AS FROM given")
        db.unregister("given")


def _agents(db: Any) -> list[str]:
    return [row[0] for row in db.execute("SELECT DISTINCT agent_id FROM agents").fetchall()]


def load_frame(home: Home, since: date | None = None, until: date | None = None) -> pd.DataFrame:
    """Read the partitions of the feature frame, in the order of their dates: of all dates, or from one to another.

    Raises
    ------
    NotReadyError
        There is no frame, or it was built by another version of the feature code.
    """
    dates = frame_dates(home)
    chosen = [day for day in dates if (since is None or day >= since) and (until is None or day <= until)]
    if not chosen:
        return load_frame(home, dates[-1]).head(0)
    frames = []
    for day in chosen:
        frame = pd.read_parquet(partition(home, day))
        frame.insert(0, "as_of", pd.Timestamp(day))
        frames.append(frame)
    return pd.concat(frames, ignore_index=True)


def frame_dates(home: Home) -> list[date]:
    """The dates of the feature frame, oldest first; at least one.

    Raises
    ------
    NotReadyError
        There is no frame, or it was built by another version of the feature code.
    """
    paths = sorted(home.features.glob("as_of=*/part.parquet"))
    if not paths or not (home.features / "build.json").exists():  # a first build that died leaves no report
        raise NotReadyError("There is no feature frame yet; run `respite features --every week` first.")
    built = json.loads((home.features / "build.json").read_text(encoding="utf-8"))["contract_version"]
    if built != contract_version():
        raise NotReadyError(
            f"The feature frame has contract {built}, this code {contract_version()}; run `respite features` again."
        )
    return [_date_of(path) for path in paths]


def load_row(home: Home, as_of: date, agent_id: str) -> pd.DataFrame | None:
    """One agent's row of a date, shape (1, k), or None where the frame has none."""
    path = partition(home, as_of)
    if not path.exists():
        return None
    frame = pq.read_table(path, filters=[("agent_id", "=", agent_id)]).to_pandas()
    frame.insert(0, "as_of", pd.Timestamp(as_of))
    return frame if len(frame) else None


def as_of_dates(home: Home) -> list[date]:
    """Every seventh day, backwards from the day after the last contact became known."""
    known = reach(home, "contacts", "started_at", "ended_at")
    if known is None:
        raise InputError("The table contacts has no rows.")
    first, last = (moment.date() for moment in known)
    end = last + timedelta(days=1)
    weeks = (end - first).days // 7
    dates = [end - timedelta(days=7 * back) for back in range(weeks)]
    return sorted(day for day in dates if (day - first).days >= FIRST_AFTER_DAYS) or [end]


def _chunks(dates: Sequence[date], size: int) -> Iterator[Sequence[date]]:
    for start in range(0, len(dates), size):
        yield dates[start : start + size]


def partition(home: Home, day: date) -> Path:
    return home.features / f"as_of={day}" / "part.parquet"


def _write_partitions(home: Home, dates: Sequence[date], frame: pd.DataFrame) -> None:
    """Write the rows of each date; a frame is in the order of dates."""
    ends = pd.DatetimeIndex([*dates, dates[-1] + timedelta(days=1)]).as_unit("us").to_numpy()
    bounds = np.searchsorted(frame["as_of"].to_numpy(), ends)
    table = pa.Table.from_pandas(frame[["agent_id", *CONTEXT]], preserve_index=False)
    for name in frame.columns[len(CONTEXT) + 2 :]:
        table = table.append_column(name, with_nulls(frame[name].to_numpy()))
    with ThreadPoolExecutor(2) as pool:
        list(
            pool.map(
                lambda day, low, high: _write_partition(partition(home, day), table.slice(low, high - low)),
                dates,
                bounds[:-1],
                bounds[1:],
            )
        )


def _write_partition(target: Path, rows: pa.Table) -> None:
    """Write the rows of a date whole or not at all; a date on which nobody was on the roster has no partition."""
    if not rows.num_rows:
        shutil.rmtree(target.parent, ignore_errors=True)
        return
    target.parent.mkdir(parents=True, exist_ok=True)
    part = target.with_name(".part.tmp")
    words = [name for name, kind in zip(rows.schema.names, rows.schema.types, strict=True) if kind != pa.float64()]
    # groups small enough that one agent's row is read without those of everyone
    pq.write_table(rows, part, use_dictionary=words, compression="zstd", row_group_size=GROUP_ROWS)
    part.replace(target)


def _drop_stale(home: Home, built: set[date], whole: bool) -> None:
    """Remove partitions that another contract built, and after a whole build those of other dates."""
    about = home.features / "build.json"
    same = about.exists() and json.loads(about.read_text(encoding="utf-8"))["contract_version"] == contract_version()
    for path in home.features.glob("as_of=*/part.parquet"):
        if _date_of(path) not in built and (whole or not same):
            shutil.rmtree(path.parent)


def _date_of(path: Path) -> date:
    return date.fromisoformat(path.parent.name.removeprefix("as_of="))


def _report(home: Home, dates: Sequence[date], extra: Sequence[str]) -> BuildReport:
    written = {day: path for day in dates if (path := partition(home, day)).exists()}
    quality, profile = quality_of(home, written, extra)
    write_quality(home, quality, profile)
    null_share = {entry.name: entry.null_share for entry in quality.features}
    return BuildReport(
        contract_version=quality.contract_version,
        as_of=[str(day) for day in dates],
        rows=quality.rows,
        agents=quality.agents,
        missing_tables=[gap.table for gap in quality.missing_tables],
        null_share={name: null_share[name] for name in feature_names(extra)},
        extra=list(extra),
        quality=quality,
    )
