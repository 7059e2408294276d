"""Every feature: what it is called, what it means, and which way it is expected to push.

The catalog drives labels, units, monotone directions and the sentences that people read. It is also a contract: a
model trained on one version of it refuses to score on another (`contract_version`).
"""

import ast
import hashlib
import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path
from typing import Literal

from features.definitions import RAW, Direction, Family, Raw
from features.errors import InputError

__all__ = [
    "BASELINE_DAYS",
    "CATALOG",
    "MIN_CONTACTS",
    "OPTIONAL",
    "WINDOW_DAYS",
    "Family",
    "Feature",
    "contract_version",
    "feature",
    "feature_names",
    "input_names",
    "optional_names",
    "own_usual",
    "peer_usual",
]

WINDOW_DAYS = 28
BASELINE_DAYS = 84
MIN_CONTACTS = 30

Version = Literal["raw", "window", "own_z", "peer_z", "change"]


@dataclass(frozen=True)
class Feature:
    """One column of the feature frame.

    `burnout` and `turnover` are the expected sign of an increase (they become monotone constraints; 0 is free).
    `shown` is a format for the value in a sentence; `basis` names the raw feature of any other version.
    """

    name: str
    family: Family
    unit: str
    label: str
    question: str
    formula: str
    source: str
    shown: str
    window_days: int
    burnout: Direction = 0
    turnover: Direction = 0
    actionable: bool = True
    basis: str | None = None
    version: Version = "raw"

    def direction(self, outcome: str) -> int:
        """Expected sign of an increase for an outcome: -1, 0 or 1."""
        return {"burnout": self.burnout, "turnover": self.turnover}.get(outcome, 0)


def own_usual(name: str) -> str:
    """Column that holds the agent's own usual value of a feature (not an input of any model)."""
    return f"{name}__own_usual"


def peer_usual(name: str) -> str:
    """Column that holds the usual value among peers on the same queue (not an input of any model)."""
    return f"{name}__peer_usual"


_COMPARED: dict[Version, tuple[str, str, str, str]] = {
    "own_z": ("against one's own past", "with before", "[36]",
              "(value - own mean of 3 earlier windows) / root of the queue's mean within-agent variance"),
    "peer_z": ("against peers", "with colleagues", "[D]", "(value - mean) / SD among agents on the same queue"),
    "change": ("change in the unit of the signal", "with before", "[36]", "value - own mean of 3 earlier windows"),
}  # fmt: skip


def _features(raw: Raw) -> Iterable[Feature]:
    """The raw feature, its other windows, and its versions against the own past and against peers."""
    shared = {name: value for name, value in asdict(raw).items() if name in Feature.__dataclass_fields__}
    plain = Feature(**shared, window_days=raw.days)
    yield plain
    for days in raw.also:
        yield _like(
            plain,
            name=f"{raw.name}_{days}d",
            label=f"{raw.label}, {days} days",
            question=f"{raw.question[:-1]}, over {days} days?",
            shown=raw.shown.replace("28 days", f"{days} days"),
            window_days=days,
            version="window",
        )
    for version, (phrase, compared, source, formula) in _COMPARED.items() if raw.compared else ():
        yield _like(
            plain,
            name=f"{raw.name}_{version}",
            unit=raw.unit if version == "change" else "SD",
            label=f"{raw.label} {phrase}",
            question=f"{raw.question[:-1]}, compared {compared}?",
            formula=formula,
            source=source,
            window_days=raw.days + (0 if version == "peer_z" else BASELINE_DAYS),
            actionable=False,
            version=version,
        )


def _like(plain: Feature, **changed: object) -> Feature:
    return Feature(**(asdict(plain) | {"basis": plain.name} | changed))


CATALOG: tuple[Feature, ...] = tuple(entry for raw in RAW if not raw.optional for entry in _features(raw))
OPTIONAL: tuple[Feature, ...] = tuple(entry for raw in RAW if raw.optional for entry in _features(raw))


def feature_names(extra: Iterable[str] = ()) -> list[str]:
    """Columns of the feature frame, in the catalog's order; optional ones (`extra`) come last."""
    return [entry.name for entry in CATALOG] + optional_names(extra)


def optional_names(asked: Iterable[str]) -> list[str]:
    """The optional features among those that were asked for, in the catalog's order.

    Raises
    ------
    InputError
        A name is none of the optional features.
    """
    names, asked = [entry.name for entry in OPTIONAL], set(asked)
    for unknown in sorted(asked - set(names)):
        raise InputError(f"--with {unknown}: not an optional feature; those are {', '.join(names)}.")
    return [name for name in names if name in asked]


def input_names() -> list[str]:
    """What models read unless told otherwise: the main window, own z and peer z (docs/decisions/0008)."""
    return [entry.name for entry in CATALOG if entry.version in ("raw", "own_z", "peer_z")]


@cache
def _by_name() -> dict[str, Feature]:
    return {entry.name: entry for entry in (*CATALOG, *OPTIONAL)}


def feature(name: str) -> Feature | None:
    """The catalog's entry for a column, or None where a table of one's own brought the column."""
    return _by_name().get(name)


_CODE = (
    "definitions",
    "catalog",
    "unknown",
    "rollup",
    "contact_files",
    "cells",
    "days",
    "in_order",
    "shifts",
    "past",
    "weeks",
    "workdays",
    "snapshot",
)


@cache
def contract_version() -> str:
    """A short hash of the catalog and of the code that computes it; any change of a definition changes it.

    Comments, docstrings and layout do not count.
    """
    here = Path(__file__).parent
    code = [here / f"{name}.py" for name in _CODE] + sorted((here / "signals").glob("*.py"))
    definitions = json.dumps([vars(entry) for entry in (*CATALOG, *OPTIONAL)], sort_keys=True)
    text = definitions + "".join(_without_docstrings(path.read_text(encoding="utf-8")) for path in code)
    return "2." + hashlib.sha256(text.encode()).hexdigest()[:10]


def _without_docstrings(source: str) -> str:
    tree = ast.parse(source)
    for node in ast.walk(tree):
        if isinstance(node, ast.Module | ast.FunctionDef | ast.ClassDef) and ast.get_docstring(node) is not None:
            node.body = node.body[1:] or [ast.Pass()]
    return ast.unparse(tree)
