"""From a champion model to people who can help: scores with reasons, an API, reports.

A *score* is the probability of an outcome within its horizon. A *reason* is a driver of a score in words, with the
agent's own number, their usual one, and that of their peers. A *band* says how a score stands to what is usual for
everyone. To *abstain* is to give no score, and to say why.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from serving.batch import score_all
    from serving.reasons import Reason
    from serving.scoring import Scoring
    from serving.store import Store

__all__ = ["Reason", "Scoring", "Store", "score_all"]

_MODULE = {
    "Reason": "reasons",
    "Scoring": "scoring",
    "Store": "store",
    "score_all": "batch",
}


def __getattr__(name: str) -> Any:
    """Import on first use: the command line needs none of BentoML and SQLAlchemy for `--help`."""
    if name in _MODULE:
        return getattr(import_module(f"serving.{_MODULE[name]}"), name)
    raise AttributeError(f"module 'serving' has no attribute '{name}'")
