"""The quality of a build, put together."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import duckdb
import pyarrow.parquet as pq

from features.catalog import contract_version, feature_names
from features.errors import InputError
from features.home import Home
from features.quality.causes import no_table, not_filled
from features.quality.coverage import Coverage, FeatureQuality, coverage
from features.quality.drift import Drift, Profile, build_before, compared, profile_of
from features.quality.inputs import ColumnFill, Inputs, inputs_of
from features.quality.late import LateRecords, late_records

__all__ = ["Quality", "TableGap", "quality_of"]

VALUES_AT_ONCE = 24_000_000  # 192 MB


@dataclass(frozen=True)
class TableGap:
    """A table of the contract that is not there, and the features that are null because of it."""

    table: str
    nulls: list[str]


@dataclass(frozen=True)
class Quality:
    """What a build is worth: coverage, ranges, drift, missing tables, columns that are not filled, late records.

    `features` has the worst coverage first. `agents_without_post` is how many agents have contacts but are not in the
    table agents.
    """

    contract_version: str
    as_of: list[str]
    rows: int
    agents: int
    agents_without_post: int
    missing_tables: list[TableGap]
    columns: list[ColumnFill]
    features: list[FeatureQuality]
    drift: Drift
    late: LateRecords | None

    @property
    def outside(self) -> list[FeatureQuality]:
        """Features with values that their unit does not allow, most of them first."""
        return sorted((entry for entry in self.features if entry.outside), key=lambda entry: -entry.outside)


def quality_of(home: Home, partitions: Mapping[date, Path], extra: Iterable[str] = ()) -> tuple[Quality, Profile]:
    """The quality of a build, and the profile that the next build is compared with.

    Parameters
    ----------
    home
        Tables and facts; the report of the build before lies there as `features/quality.json`.
    partitions
        The files that the build wrote, by date.
    extra
        Names of optional features.

    Raises
    ------
    InputError
        The build wrote nothing.
    """
    if not partitions:
        raise InputError("No agent was on the roster on any of the dates; choose dates after the first valid_from.")
    paths, newest = [partitions[day] for day in sorted(partitions)], max(partitions)
    names = feature_names(extra)
    values = pq.read_metadata(partitions[newest]).num_rows * len(paths) * len(names)
    with duckdb.connect() as db:
        db.read_parquet([str(path) for path in paths], hive_partitioning=True).create_view("frame")
        inputs = inputs_of(db, home)
        found = coverage(db, names, inputs, parts=1 + values // VALUES_AT_ONCE)
        late = late_records(db, home)
    profile = profile_of(found.newest, found.newest_rows, contract_version(), str(newest))
    quality = Quality(
        contract_version=contract_version(),
        as_of=[str(day) for day in sorted(partitions)],
        rows=found.rows,
        agents=found.agents,
        agents_without_post=inputs.unknown_agents,
        missing_tables=[TableGap(name, _null_for(found, no_table(name))) for name in inputs.missing_tables],
        columns=_columns(inputs, found),
        features=sorted(found.features, key=lambda entry: -entry.null_rows),
        drift=compared(profile, found.newest, build_before(home)),
        late=late,
    )
    return quality, profile


def _null_for(found: Coverage, text: str) -> list[str]:
    return [entry.name for entry in found.features if text in entry.all_reasons]


def _columns(inputs: Inputs, found: Coverage) -> list[ColumnFill]:
    """The optional columns that are not filled throughout, with the features that are null for it."""
    return [
        ColumnFill(column.table, column.column, column.filled, _null_for(found, not_filled([column.name])))
        for column in inputs.columns
        if column.filled < 1
    ]
