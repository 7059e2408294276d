"""Rows of the store, or of a score that was made just now, as the API shows them."""

from typing import Any

__all__ = ["parts", "past", "shown"]

_SHOWN = ("sentence", "family", "contribution")
_PAST = ("as_of", "horizon_days", "probability", "interval", "band", "abstained", "model_version")


def shown(row: dict[str, Any], top: int) -> dict[str, Any]:
    """A row of the store as `ScoreOut`."""
    return {"agent_id": row["agent_id"]} | parts(row, top)


def parts(row: dict[str, Any], top: int) -> dict[str, Any]:
    """A row of the store, or one that was scored just now, as `RowScore`."""
    reasons, other = _strongest(row["reasons"], top)
    return {
        "probability": row["probability"],
        "interval": _interval(row),
        "band": row["band"],
        "abstained": row["abstained"],
        "base_log_odds": row["base"],
        "reasons": reasons,
        "other_reasons_log_odds": other,
        "families": row["families"],
    }


def _strongest(reasons: Any, top: int) -> tuple[list[dict[str, Any]], float]:
    """The first reasons as they are shown, and the sum of the others; kept as a list a field, or one by one."""
    if isinstance(reasons, list):
        kept = {name: [reason[name] for reason in reasons] for name in _SHOWN}
    else:
        kept = {name: reasons[name] for name in _SHOWN}
    first = zip(*(kept[name][:top] for name in _SHOWN), strict=True)
    return [dict(zip(_SHOWN, one, strict=True)) for one in first], float(sum(kept["contribution"][top:]))


def _interval(row: dict[str, Any]) -> dict[str, float] | None:
    return None if row["low"] is None else {"low": row["low"], "high": row["high"]}


def past(row: dict[str, Any]) -> dict[str, Any]:
    """A row of the store as `PastScore`."""
    said = row | {"as_of": row["as_of"].isoformat(), "interval": _interval(row)}
    return {name: said[name] for name in _PAST}
