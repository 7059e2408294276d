"""Offers as the table `outreach` of the contract, so that training and the study of effects see them.

That table knows no versions: a row whose answer came later would be refused by an ingest as the same key with other
content. So the store's offers are one batch of it, number 0, which is written anew whenever something changes; batches
that were ingested from elsewhere stay beside it.
"""

import os
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from features.home import Home
from features.tables import TABLES
from serving.outreach.offers import turns_of
from serving.store import Store

__all__ = ["COLUMNS", "publish"]

COLUMNS = tuple(column.name for column in TABLES["outreach"].columns)
_TYPES = {"time": pa.timestamp("us")}
_SCHEMA = pa.schema([(column.name, _TYPES.get(column.kind, pa.string())) for column in TABLES["outreach"].columns])
_BATCH = "000000.parquet"


def publish(home: Home, store: Store) -> Path:
    """Write every offer and holdout of the store into the table `outreach`; the path of its batch."""
    turns = sorted(turns_of(store), key=lambda one: (one.agent_id, one.offered_at, one.action))
    rows = pa.Table.from_pylist([{name: getattr(one, name) for name in COLUMNS} for one in turns], schema=_SCHEMA)
    path = home.table("outreach") / _BATCH
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_suffix(".part")
    pq.write_table(rows, part, compression="zstd")
    os.replace(part, path)
    return path
