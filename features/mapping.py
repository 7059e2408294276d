"""How an export is read: a YAML file with one SQL expression per column of the contract."""

from pathlib import Path
from typing import Literal

import yaml
from pydantic import BaseModel, ConfigDict, ValidationError

from features.banned import refuse_banned
from features.errors import ConfigError
from features.tables import TABLES

__all__ = ["Mapping", "TableMapping", "load_mapping", "one_line", "shipped_mappings"]

_MAPPINGS = Path(__file__).parent / "mappings"


class TableMapping(BaseModel):
    """How one table of the contract is read. No `columns`: the export has the contract's own columns."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    file: str | None = None
    rows: str | None = None
    columns: dict[str, str] | None = None
    keep_out: dict[str, str] = {}


class Mapping(BaseModel):
    """A shape of export, and one SQL expression per column of the contract."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str
    about: str
    format: Literal["csv", "parquet"] = "csv"
    tables: dict[str, TableMapping]


def shipped_mappings() -> dict[str, Path]:
    """Names of the mappings that come with Respite."""
    return {path.stem: path for path in sorted(_MAPPINGS.glob("*.yaml"))}


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
    for name_, table in mapping.tables.items():
        _check_columns(path.name, name_, table)
    return mapping


def _check_columns(place: str, name: str, table: TableMapping) -> None:
    if name not in TABLES:
        raise ConfigError(f"{place}: '{name}' is not a table of the contract; those are {', '.join(TABLES)}.")
    if table.columns is None:
        return
    refuse_banned(table.columns, place)
    known = {column.name for column in TABLES[name].columns}
    for column in table.columns:
        if column not in known:
            raise ConfigError(f"{place}: {name} has no column '{column}'; those are {', '.join(sorted(known))}.")
    for required in TABLES[name].columns:
        if required.required and required.name not in table.columns:
            raise ConfigError(f"{place}: {name}.{required.name} is required and has no expression.")


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
