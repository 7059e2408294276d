"""The batch over Spark, for those who outgrow one machine: the same models, numbers and sentences.

Agents are dealt out by id. Every worker loads the champions' plain files once and answers with rows of the store; the
driver takes them one after another and writes them (`serving.batch`). Workers need Respite installed, and the home on a
path that they see.
"""

import hashlib
import sys
import tempfile
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime
from itertools import islice
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa

from features.catalog import feature_names
from features.engine import connected
from features.errors import InputError
from serving.reasons import Sentences
from serving.rows import Row, ask, told
from training.files import load_model
from training.task import Model

__all__ = ["over_spark"]

Packed = dict[str, tuple[str, dict[str, bytes]]]  # of each outcome: version, and files by their path
_ANSWER = pa.schema(
    [(name, pa.string()) for name in ("agent_id", "team_id", "site_id", "queue", "outcome", "model_version")]
    + [(name, pa.string()) for name in ("contract_version", "band", "abstained")]
    + [(name, pa.string()) for name in ("reasons", "more_reasons", "families", "answer")]
    + [(name, pa.float64()) for name in ("probability", "low", "high", "base")]
    + [("horizon_days", pa.int32()), ("main", pa.bool_())]
)
_loaded: dict[str, dict[str, tuple[Model, str]]] = {}  # of this worker


def over_spark(
    engine: str, models: dict[str, tuple[Any, str]], path: Path, asked: pd.DataFrame, at_once: int
) -> Iterator[list[Row]]:
    """Rows of the store, of some agents at a time; all are scored before the first is handed over.

    Parameters
    ----------
    engine
        `spark://host:port` or `local[N]`.
    models
        For each outcome, the model and its version.
    path
        The rows of one date, Parquet.
    asked
        Who of them is to be scored: rows of the date, of which `as_of` and `agent_id` are read.

    Raises
    ------
    InputError
        It is no Spark, PySpark is not installed, or nobody answers there.
    """
    if not engine.startswith(("spark://", "local")):
        raise InputError(f"--engine {engine}: scoring runs on spark://host:port, on local[2], or here without it.")
    if asked.empty:
        return
    with connected(engine):
        from pyspark import StorageLevel
        from pyspark.sql import SparkSession
        from pyspark.sql.pandas.types import from_arrow_schema

        session: Any = SparkSession.getActiveSession()
        if engine.startswith("local"):
            _like_here(session.sparkContext)
        day, at = asked["as_of"].iloc[0].date(), datetime.now(UTC)
        files = _packed(models)
        key = hashlib.sha256(repr(files).encode()).hexdigest()
        packed = session.sparkContext.broadcast((key, files, frozenset(asked["agent_id"])))
        frame = session.read.parquet(str(path)).repartition(-(-len(asked) // at_once), "agent_id")
        found = frame.mapInArrow(_answering(packed, day, at), from_arrow_schema(_ANSWER))
        found = found.persist(StorageLevel.DISK_ONLY)
        found.count()  # everywhere at once; an iterator alone would ask for one part after another
        rows = found.toLocalIterator(prefetchPartitions=True)
        moment = {"as_of": day, "scored_at": at.replace(tzinfo=None)}
        while some := [row.asDict() | moment for row in islice(rows, at_once)]:
            yield some


def _like_here(context: Any) -> None:
    """Workers on this machine run this Python, and find this Respite."""
    context.pythonExec = sys.executable
    context.environment["PYTHONPATH"] = str(Path(__file__).parents[1])


def _packed(models: dict[str, tuple[Any, str]]) -> Packed:
    found: Packed = {}
    for outcome, (model, version) in models.items():
        with tempfile.TemporaryDirectory() as name:
            folder = model.save(Path(name) / outcome)
            files = sorted(path for path in folder.rglob("*") if path.is_file())
            found[outcome] = version, {str(path.relative_to(folder)): path.read_bytes() for path in files}
    return found


def _answering(packed: Any, day: date, at: datetime) -> Callable[[Iterator[Any]], Iterator[Any]]:
    """What a worker does with its rows; `packed` is a broadcast of models and of the agents who may be scored."""

    def answer(batches: Iterator[Any]) -> Iterator[Any]:
        key, files, agents = packed.value
        models = _models(key, files)
        for batch in batches:
            frame = batch.to_pandas().assign(as_of=pd.Timestamp(day))
            frame = frame[frame["agent_id"].isin(agents)].reset_index(drop=True)
            if len(frame):
                yield pa.RecordBatch.from_pylist(_rows(models, frame, at), schema=_ANSWER)

    return answer


def _rows(models: dict[str, tuple[Model, str]], frame: pd.DataFrame, at: datetime) -> list[Row]:
    sentences = Sentences.of(frame, feature_names())
    return [
        row
        for model, version in models.values()
        for row in told(model, version, frame, ask(model, frame), sentences, at)
    ]


def _models(key: str, files: Packed) -> dict[str, tuple[Model, str]]:
    """Load what was packed, once a worker; other files have another key."""
    if key not in _loaded:
        _loaded.clear()
        _loaded[key] = {outcome: (_model(content), version) for outcome, (version, content) in files.items()}
    return _loaded[key]


def _model(files: dict[str, bytes]) -> Model:
    with tempfile.TemporaryDirectory() as name:
        for path, content in files.items():
            (Path(name) / path).parent.mkdir(parents=True, exist_ok=True)
            (Path(name) / path).write_bytes(content)
        return load_model(Path(name))
