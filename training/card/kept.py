"""A card as JSON and back: kept with the run, so that the page can tell of a decision that is made later."""

import json
import math
from collections.abc import Mapping
from dataclasses import asdict, fields, is_dataclass
from typing import Any

import pandas as pd

from training.card.page import Card
from training.promotion import Gate

__all__ = ["DATA", "PAGE", "as_text", "from_text"]

PAGE, DATA = "card.html", "card.json"

_FRAME = "rows of a table"


def as_text(about: Card) -> str:
    """The card as JSON; numbers that are not known are null."""
    return json.dumps({field.name: _plain(getattr(about, field.name)) for field in fields(about)}, indent=1)


def from_text(text: str) -> Card:
    """The card that `as_text` wrote, as it was."""
    kept: dict[str, Any] = {
        name: None if value is None else _restored(value) for name, value in json.loads(text).items()
    }
    return Card(**(kept | {"gates": [Gate(**gate) for gate in kept["gates"]]}))


def _plain(value: Any) -> Any:
    if isinstance(value, pd.DataFrame):
        return {_FRAME: _plain(value.to_dict("list")), "columns": list(value.columns)}
    if is_dataclass(value) and not isinstance(value, type):
        return _plain(asdict(value))
    if isinstance(value, Mapping):
        return {str(name): _plain(inner) for name, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(inner) for inner in value]
    if hasattr(value, "item"):  # numpy's own scalars
        value = value.item()
    return None if isinstance(value, float) and not math.isfinite(value) else value


def _restored(value: Any) -> Any:
    """Within tables and lists only numbers can be null."""
    if isinstance(value, dict) and _FRAME in value:
        return pd.DataFrame(_restored(value[_FRAME]), columns=value["columns"])
    if isinstance(value, dict):
        return {name: _restored(inner) for name, inner in value.items()}
    if isinstance(value, list):
        return [_restored(inner) for inner in value]
    return math.nan if value is None else value
