"""Arithmetic in which unknown stays unknown.

SQL's `greatest` and `least` skip nulls, so `greatest(null, 0)` is 0: a missing contract would read as no overtime.
"""

from typing import Any

import ibis

__all__ = ["positive", "ratio"]


def positive(value: Any) -> Any:
    """The value where it is above zero, else zero; null stays null."""
    return ibis.ifelse(value > 0, value, 0 * value)


def ratio(part: Any, whole: Any) -> Any:
    """part / whole, null where there is no whole."""
    return part / whole.nullif(0)
