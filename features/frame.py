"""The feature frame: built for some dates, written as one Parquet partition per date, read back.

What a feature is lies in `features.snapshot` and the signals; nothing here changes the contract.
"""

import json
import shutil
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pandas as pd

from features.catalog import contract_version, feature_names
from features.engine import SourceTables, connected, source_tables
from features.errors import InputError, NotReadyError
from features.home import Home
from features.rollup import contact_days, work_days
from features.snapshot import keep, snapshot
from features.tables import TABLES

__all__ = ["BuildReport", "as_of_dates", "build", "load_frame", "write_features"]

DATES_AT_ONCE = 12
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


def build(source: Home | Mapping[str, pd.DataFrame], dates: Sequence[date]) -> pd.DataFrame:
    """The feature frame as of some dates: `as_of`, `agent_id`, the agent's context, the catalog's columns.

    Adding any row that happened or became known at or after T changes nothing as of T.

    Parameters
    ----------
    source
        A home with ingested tables, or a frame per table of the contract.

    Returns
    -------
    DataFrame, shape (agents employed on the dates, 7 + features + usual values), sorted by date and agent.
    """
    with connected() as connection:
        facts = _facts(connection, source)
        return pd.concat([snapshot(connection, *facts, chunk) for chunk in _chunks(dates)], ignore_index=True)


def write_features(
    home: Home, dates: Sequence[date] | None = None, tick: Callable[[int, int], None] = lambda done, total: None
) -> BuildReport:
    """Build the frame for `dates` (default: every week) and write one partition per date.

    Raises
    ------
    NotReadyError
        No tables have been ingested.
    InputError
        A date lies before the first contact.
    """
    with connected() as connection:
        tables, contacts, work = _facts(connection, home)
        known = as_of_dates(tables)
        whole = dates is None
        dates = sorted(dates or known)
        if dates[0] < known[0] - timedelta(days=7):
            raise InputError(f"--as-of {dates[0]}: the first contact is later; choose {known[0]} or after.")
        frames = []
        for done, chunk in enumerate(_chunks(dates)):
            frames.append(snapshot(connection, tables, contacts, work, chunk))
            tick(min((done + 1) * DATES_AT_ONCE, len(dates)), len(dates))
    frame = pd.concat(frames, ignore_index=True)
    _drop_stale(home, set(dates) if whole else None)
    for as_of, rows in frame.groupby("as_of"):
        _write_partition(home, pd.Timestamp(as_of), rows)  # type: ignore[arg-type]
    report = _report(frame, home)
    (home.features / "build.json").write_text(json.dumps(asdict(report), indent=2), encoding="utf-8")
    return report


def load_frame(home: Home, since: date | None = None) -> pd.DataFrame:
    """Read the partitions of the feature frame, in the order of their dates.

    Raises
    ------
    NotReadyError
        There is no frame, or it was built by another version of the feature code.
    """
    paths = sorted(home.features.glob("as_of=*/part.parquet"))
    if not paths:
        raise NotReadyError("There is no feature frame yet; run `respite features --every week` first.")
    built = json.loads((home.features / "build.json").read_text(encoding="utf-8"))["contract_version"]
    if built != contract_version():
        raise NotReadyError(
            f"The feature frame has contract {built}, this code {contract_version()}; run `respite features` again."
        )
    chosen = [path for path in paths if since is None or _date_of(path) >= since]
    if not chosen:
        return load_frame(home, _date_of(paths[-1])).head(0)
    frames = []
    for path in chosen:
        frame = pd.read_parquet(path)
        frame.insert(0, "as_of", pd.Timestamp(_date_of(path)))
        frames.append(frame)
    return pd.concat(frames, ignore_index=True)


def as_of_dates(tables: SourceTables) -> list[date]:
    """Every seventh day, backwards from the day after the last contact became known."""
    contacts = tables["contacts"]
    known = contacts.agg(first=contacts.started_at.min().date(), last=contacts.ended_at.max().date()).to_pandas()
    if pd.isna(known.loc[0, "first"]):
        raise InputError("The table contacts has no rows.")
    first, last = pd.Timestamp(known.loc[0, "first"]).date(), pd.Timestamp(known.loc[0, "last"]).date()
    end = last + timedelta(days=1)
    weeks = (end - first).days // 7
    dates = [end - timedelta(days=7 * back) for back in range(weeks)]
    return sorted(day for day in dates if (day - first).days >= FIRST_AFTER_DAYS) or [end]


def _facts(connection: Any, source: Home | Mapping[str, pd.DataFrame]) -> tuple[SourceTables, Any, Any]:
    tables = source_tables(connection, source)
    return (
        tables,
        keep(connection, "contact_days", contact_days(tables)),
        keep(connection, "work_days", work_days(tables)),
    )


def _chunks(dates: Sequence[date]) -> Iterator[Sequence[date]]:
    for start in range(0, len(dates), DATES_AT_ONCE):
        yield dates[start : start + DATES_AT_ONCE]


def _write_partition(home: Home, as_of: pd.Timestamp, rows: pd.DataFrame) -> None:
    folder = home.features / f"as_of={as_of.date()}"
    folder.mkdir(parents=True, exist_ok=True)
    part = folder / ".part.tmp"
    rows.drop(columns="as_of").to_parquet(part, index=False)
    part.replace(folder / "part.parquet")


def _drop_stale(home: Home, only: set[date] | None) -> None:
    """Remove partitions that another contract built, and after a whole build those of other dates."""
    about = home.features / "build.json"
    same = about.exists() and json.loads(about.read_text(encoding="utf-8"))["contract_version"] == contract_version()
    for path in home.features.glob("as_of=*/part.parquet"):
        if not same or (only is not None and _date_of(path) not in only):
            shutil.rmtree(path.parent)


def _date_of(path: Path) -> date:
    return date.fromisoformat(path.parent.name.removeprefix("as_of="))


def _report(frame: pd.DataFrame, home: Home) -> BuildReport:
    missing: Iterable[str] = (name for name in TABLES if not home.table(name).exists())
    names = feature_names()
    return BuildReport(
        contract_version=contract_version(),
        as_of=[str(pd.Timestamp(day).date()) for day in sorted(frame["as_of"].unique())],
        rows=len(frame),
        agents=int(frame["agent_id"].nunique()),
        missing_tables=sorted(missing),
        null_share={name: round(float(frame[name].isna().mean()), 4) for name in names},
    )
