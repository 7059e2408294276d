"""How an export is read: a YAML file with one SQL expression per column of the contract."""

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Literal

import yaml
from pydantic import BaseModel, ConfigDict, ValidationError

from features.banned import refuse_banned
from features.errors import ConfigError
from features.tables import TABLES

__all__ = ["Format", "Mapping", "TableMapping", "load_mapping", "one_line", "sample_of", "shipped_mappings"]

Format = Literal["csv", "json", "parquet"]

_MAPPINGS = Path(__file__).parent / "mappings"
_SAMPLES = Path(__file__).parent / "samples"


class TableMapping(BaseModel):
    """How one table of the contract is read.

    Attributes
    ----------
    file
        The export's file in the folder that is read; `.gz` may follow its name.
    format, records
        As in `Mapping`, where this file differs from the others.
    inputs
        More files, by the name that `rows` knows them by; a JSON file may hold its records under that name.
    rows
        SQL over `source` (and the inputs) that makes one row per row of the table. Without it, each row of the file
        is one.
    keep_out
        Conditions on rows that are left aside and counted, by the reason that is shown.
    columns
        One SQL expression per column of the contract. Without it, the file has the contract's own columns.
    instead
        What is read where the file is not there.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    file: str | None = None
    format: Format | None = None
    records: str | None = None
    inputs: dict[str, str] = {}
    rows: str | None = None
    keep_out: dict[str, str] = {}
    columns: dict[str, str] | None = None
    instead: "TableMapping | None" = None

    def ways(self) -> "Iterator[TableMapping]":
        """This one, then what is read instead of it."""
        yield self
        if self.instead:
            yield from self.instead.ways()


class Mapping(BaseModel):
    """A shape of export: `format` of its files, and for JSON the key `records` that an array of records is under."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    about: str
    format: Format = "csv"
    records: str | None = None
    tables: dict[str, TableMapping]


def shipped_mappings() -> dict[str, Path]:
    """Names of the mappings that come with Respite."""
    return {path.stem: path for path in sorted(_MAPPINGS.glob("*.yaml"))}


def sample_of(name: str) -> Path:
    """The folder of the sample export that comes with a shipped mapping; everything in it is invented.

    Raises
    ------
    ConfigError
        The mapping is not a shipped one.
    """
    folder = _SAMPLES / name
    if name not in shipped_mappings() or not folder.is_dir():
        with_sample = ", ".join(other for other in shipped_mappings() if (_SAMPLES / other).is_dir())
        raise ConfigError(f"--sample: '{name}' comes with no sample export; these do: {with_sample}.")
    return folder


def load_mapping(name: str | Path) -> Mapping:
    """Read a shipped mapping by name, or one of your own by path.

    Raises
    ------
    ConfigError
        There is no such mapping, or it names a table or a column that the contract does not have.
    """
    path = shipped_mappings().get(str(name), Path(name))
    if not path.is_file():
        shipped = ", ".join(shipped_mappings())
        raise ConfigError(f"--mapping {name}: no such mapping; name one of {shipped}, or a YAML file.")
    try:
        mapping = Mapping.model_validate(yaml.safe_load(path.read_text(encoding="utf-8")))
    except (yaml.YAMLError, ValidationError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path.name} is not a valid mapping: {one_line(error)}") from error
    for table_name, table in mapping.tables.items():
        if table_name not in TABLES:
            raise ConfigError(f"{path.name}: '{table_name}' is not a table of the contract; {_those(TABLES)}.")
        for way in table.ways():
            _check(path.name, table_name, way)
    return mapping


def _check(place: str, name: str, table: TableMapping) -> None:
    if table.inputs and not table.rows:
        raise ConfigError(f"{place}: {name} names inputs; 'rows' must say how they are joined.")
    if table.columns is None:
        return
    refuse_banned(table.columns, place)
    known = sorted(column.name for column in TABLES[name].columns)
    for column in table.columns:
        if column not in known:
            raise ConfigError(f"{place}: {name} has no column '{column}'; {_those(known)}.")
    for required in TABLES[name].columns:
        if required.required and required.name not in table.columns:
            raise ConfigError(f"{place}: {name}.{required.name} is required and has no expression.")


def _those(names: Iterable[str]) -> str:
    return f"those are {', '.join(names)}"


def one_line(error: Exception) -> str:
    """What a library's error says, in one line."""
    if isinstance(error, ValidationError):
        first = error.errors()[0]
        return ": ".join([*filter(None, [".".join(str(part) for part in first["loc"])]), first["msg"]])
    if isinstance(error, yaml.MarkedYAMLError) and error.problem_mark:
        return f"line {error.problem_mark.line + 1}: {error.problem}"
    if isinstance(error, UnicodeDecodeError) or "utf-8" in str(error).lower():
        return "it is not UTF-8 text"
    return str(error).strip().splitlines()[0]
