"""Rows of the store, or of a score that was made just now, as the API shows them."""

from collections.abc import Mapping
from typing import Any

__all__ = ["parts", "past", "shown"]

_PAST = ("as_of", "horizon_days", "probability", "interval", "band", "abstained", "model_version")


def shown(row: Mapping[str, Any], top: int) -> dict[str, Any]:
    """A row of the store as `ScoreOut`."""
    return {"agent_id": row["agent_id"]} | parts(row, top)


def parts(row: Mapping[str, Any], top: int) -> dict[str, Any]:
    """A row of the store, or one that was scored just now, as `RowScore`.

    Families hold all reasons, so that the sum of those that are not shown need not be read from them.
    """
    reasons = _first(row["reasons"], top)
    if len(reasons) < top and row.get("more_reasons"):
        reasons += _first(row["more_reasons"], top - len(reasons))
    return {
        "probability": row["probability"],
        "interval": _interval(row),
        "band": row["band"],
        "abstained": row["abstained"],
        "base_log_odds": row["base"],
        "reasons": reasons,
        "other_reasons_log_odds": _rest(row["families"], reasons),
        "families": row["families"],
    }


def _first(reasons: Any, top: int) -> list[dict[str, Any]]:
    """The first reasons as they are shown; kept as a list a field, or one by one."""
    if isinstance(reasons, list):
        first = [(reason["sentence"], reason["family"], reason["contribution"]) for reason in reasons[:top]]
    else:
        first = list(zip(reasons["sentence"][:top], reasons["family"], reasons["contribution"], strict=False))
    return [{"sentence": said, "family": family, "contribution": amount} for said, family, amount in first]


def _rest(families: dict[str, float], reasons: list[dict[str, Any]]) -> float:
    """What the other reasons add up to; nothing is 0, and not what two orders of adding differ by."""
    told: float = sum(reason["contribution"] for reason in reasons)
    return round(sum(families.values()) - told, 12) + 0.0


def _interval(row: Mapping[str, Any]) -> dict[str, float] | None:
    return None if row["low"] is None else {"low": row["low"], "high": row["high"]}


def past(row: Mapping[str, Any]) -> dict[str, Any]:
    """A row of the store as `PastScore`."""
    said = {**row, "as_of": row["as_of"].isoformat(), "interval": _interval(row)}
    return {name: said[name] for name in _PAST}
