"""From a contact centre's events to a feature frame.

A *table* holds events of one kind in the contract's columns. A *fact* is what one agent-day looked like, and from when
that was known. A *signal* is a number about an agent's recent work. A *snapshot* is every signal of every agent as of
a date T, from what had happened and was known before T. A *family* groups signals: workload, escalation, schedule,
sentiment, context.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from features.catalog import CATALOG, Feature, contract_version
    from features.errors import RespiteError
    from features.frame import build, load_frame, write_features
    from features.home import Home
    from features.ingest.mapping import load_mapping
    from features.simulation import Centre, simulate
    from features.tables import TABLES

__all__ = [
    "CATALOG",
    "TABLES",
    "Centre",
    "Feature",
    "Home",
    "RespiteError",
    "build",
    "contract_version",
    "load_frame",
    "load_mapping",
    "simulate",
    "write_features",
]

_MODULE = {
    "CATALOG": "catalog",
    "TABLES": "tables",
    "Centre": "simulation",
    "Feature": "catalog",
    "Home": "home",
    "RespiteError": "errors",
    "build": "frame",
    "contract_version": "catalog",
    "load_frame": "frame",
    "load_mapping": "ingest.mapping",
    "simulate": "simulation",
    "write_features": "frame",
}


def __getattr__(name: str) -> Any:
    """Import on first use: `respite --help` needs none of pandas, Ibis and DuckDB."""
    if name in _MODULE:
        return getattr(import_module(f"features.{_MODULE[name]}"), name)
    raise AttributeError(f"module 'features' has no attribute '{name}'")
