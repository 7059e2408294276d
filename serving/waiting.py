"""Rows that wait to be written: on disk, because there are too many, and without a name, so that a kill leaves none."""

import pickle
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import pyarrow as pa

__all__ = ["Waiting"]

_CODEC = "lz4"


class Waiting:
    """Rows in the order in which they were added. They can be read once all are there, as often as one likes.

    Parameters
    ----------
    folder
        Where the file lies; no other process can open it, and it is gone when this one ends.
    """

    def __init__(self, folder: Path) -> None:
        self._file = tempfile.TemporaryFile(dir=folder)  # noqa: SIM115 - closed by `__exit__`
        self._rows = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._file.close()

    def add(self, rows: Sequence[dict[str, Any]]) -> None:
        """Put some rows behind the others."""
        self._rows += len(rows)
        content = pickle.dumps(rows)
        packed = pa.compress(content, codec=_CODEC, asbytes=True)
        for size in (len(content), len(packed)):
            self._file.write(size.to_bytes(8))
        self._file.write(packed)

    def __len__(self) -> int:
        return self._rows

    def __iter__(self) -> Iterator[dict[str, Any]]:
        self._file.seek(0)
        while sizes := self._file.read(16):
            packed = self._file.read(int.from_bytes(sizes[8:]))
            content = pa.decompress(packed, int.from_bytes(sizes[:8]), codec=_CODEC, asbytes=True)
            yield from pickle.loads(content)  # noqa: S301 - we wrote it, and nobody else can open it
