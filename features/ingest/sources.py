"""Which file each table is read from, and every file opened once."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import duckdb

from features.errors import InputError
from features.home import Home
from features.ingest.exports import Broken, Export, open_export
from features.ingest.mapping import Mapping, TableMapping
from features.tables import TABLES

__all__ = ["Library", "Step", "plan", "workspace"]

MEMORY = "2GB"  # what DuckDB may hold before it spills to disk; reading takes some hundred MB more
TEXT = "customer_text"


@dataclass(frozen=True)
class Step:
    """A table to be filled, how, and from which file."""

    name: str
    mapping: TableMapping
    path: Path
    inputs: tuple[tuple[str, Path], ...] = ()


@contextmanager
def workspace() -> Iterator[Any]:
    """A DuckDB database for one run, in memory; what does not fit goes to a temporary folder, which goes at the end."""
    with TemporaryDirectory(prefix="respite-") as folder:
        db = duckdb.connect(config={"temp_directory": folder, "memory_limit": MEMORY})
        try:
            db.execute("SET TimeZone = 'UTC'")
            yield db
        finally:
            db.close()


def plan(mapping: Mapping, source: Path, home: Home) -> list[Step]:
    """The tables that a source fills, agents first.

    Raises
    ------
    InputError
        The source or a required file is missing, or a folder is given for a mapping that reads one file, or a file
        for one that reads several.
    """
    if not source.exists():
        raise InputError(f"--from {source}: no such file or folder.")
    steps = [
        step
        for name in dict.fromkeys(("agents", *TABLES))
        if name in mapping.tables and (step := _step(mapping, name, source, home))
    ]
    if not steps:
        raise InputError(f"{source} holds none of the files that mapping '{mapping.name}' reads.")
    return steps


def _step(mapping: Mapping, name: str, source: Path, home: Home) -> Step | None:
    for way in mapping.tables[name].ways():
        path = _path(mapping, way, source)
        if path:
            return Step(name, way, path, tuple(_inputs(mapping, way, source)))
    if TABLES[name].required and not home.batches(name):
        raise InputError(f"{source} holds no {mapping.tables[name].file}, which is required.")
    return None


def _path(mapping: Mapping, table: TableMapping, source: Path) -> Path | None:
    """The file of a table, if it is there; one file given is whichever the mapping's tables are read from."""
    if source.is_dir():
        if not table.file:
            raise InputError(f"--from {source}: mapping '{mapping.name}' reads one file; name that file.")
        return _in_folder(source, table.file)
    names = {way.file for one in mapping.tables.values() for way in one.ways()}
    given = source.name.removesuffix(".gz")
    if given in names or source.name in names:
        return source if table.file in (None, given, source.name) else None
    return source if table.instead is None else None


def _in_folder(folder: Path, name: str) -> Path | None:
    return next((path for path in (folder / name, folder / f"{name}.gz") if path.is_file()), None)


def _inputs(mapping: Mapping, table: TableMapping, source: Path) -> Iterator[tuple[str, Path]]:
    for name, file in table.inputs.items():
        if not source.is_dir():
            files = ", ".join([str(table.file), *table.inputs.values()])
            raise InputError(
                f"--from {source}: mapping '{mapping.name}' reads {files}; name the folder that they are in."
            )
        path = _in_folder(source, file)
        if not path:
            raise InputError(f"{source} holds no {file}, which mapping '{mapping.name}' reads with {table.file}.")
        yield name, path


class Library:
    """The files of a run, each opened once."""

    def __init__(self, db: Any, mapping: Mapping, steps: list[Step], keep_text: bool) -> None:
        self.db, self.mapping, self.steps, self.keep_text = db, mapping, steps, keep_text
        self._opened: dict[Path, Export] = {}

    def open(self, step: Step) -> Export:
        """The export of a table."""
        form, key = step.mapping.format or self.mapping.format, step.mapping.records or self.mapping.records
        if step.path not in self._opened:
            export = self._opened[step.path] = open_export(self.db, step.path, form, key)
            export.aligned = any(self.hides_text(other, export) for other in self._readers(step.path))
        return self._opened[step.path]

    def open_input(self, step: Step, name: str, path: Path) -> Export:
        """A file that is joined with others; in JSON, its records may be under its own name."""
        if path not in self._opened:
            form = step.mapping.format or self.mapping.format
            self._opened[path] = open_export(self.db, path, form, name)
        return self._opened[path]

    def hides_text(self, step: Step, export: Export) -> bool:
        """Whether a table is read from texts of customers that are not to be kept."""
        columns = (
            step.mapping.columns if step.mapping.columns is not None else {name.lower() for name in export.columns}
        )
        return not self.keep_text and step.name == "contacts" and TEXT in columns

    def is_shared(self, path: Path) -> bool:
        """Whether more than one table is read from a file."""
        return len(self._readers(path)) > 1

    def reports_broken(self, step: Step, path: Path) -> bool:
        """Whether this is the table that answers for what is no row in a file: the last that is read from it."""
        return self._readers(path)[-1] is step

    def broken(self, path: Path, main: Path) -> list[Broken]:
        """What is no row in a file; in another than the table's main one, with its name."""
        export = self._opened[path]
        if export.broken:
            export.locate()
        if path == main:
            return export.broken
        return [
            replace(one, line=None, reason=f"{path.name}, {export.word} {one.line}: {one.reason}")
            for one in export.broken
        ]

    def _readers(self, path: Path) -> list[Step]:
        return [step for step in self.steps if path == step.path or path in dict(step.inputs).values()]
