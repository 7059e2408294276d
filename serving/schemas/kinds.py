"""What questions and answers share: kinds of values, and the examples that the documentation shows."""

from typing import Annotated, Any, Literal

from pydantic import ConfigDict, StringConstraints

__all__ = ["ABOUT", "AGENT", "FRESH", "SCORE", "USE", "AgentId", "Band", "Kind", "Outcome", "Said", "with_example"]

Outcome = Literal["burnout", "turnover"]
Kind = Literal["team", "site", "queue"]
Band = Literal["usual", "elevated", "high"]
# no control characters: PostgreSQL takes no NUL, and no id has one
AgentId = Annotated[str, StringConstraints(pattern=r"^[^\x00-\x1f\x7f]{1,200}$")]
_LETTERS = r"[^\x00-\x08\x0b\x0c\x0e-\x1f\x7f]*"  # and line breaks
Said = Annotated[str, StringConstraints(pattern=rf"^{_LETTERS}[^\s\x00-\x1f\x7f]{_LETTERS}$", max_length=1_000)]
USE = "To offer support. Not for discipline, pay, promotion or termination."
AGENT = "A0007"
REASON = {
    "sentence": "4 rests under 11 hours in 28 days; usually 1, peers 1",
    "family": "schedule",
    "contribution": 0.32,
}
SCORE: dict[str, Any] = {
    "probability": 0.41,
    "interval": {"low": 0.33, "high": 0.5},
    "band": "elevated",
    "abstained": None,
    "base_log_odds": -0.9,
    "reasons": [REASON],
    "other_reasons_log_odds": 0.22,
    "families": {"workload": 0.12, "escalation": 0.05, "schedule": 0.38, "sentiment": 0.0, "context": -0.01},
}
FRESH = {"as_of": "2026-09-23", "scored_at": "2026-09-23T02:11:40Z", "age_days": 1, "fresh": True}
ABOUT: dict[str, Any] = {
    "outcome": "burnout",
    "horizon_days": 90,
    "model_version": "3",
    "contract_version": "1.0a1b2c3d4e",
    "use": USE,
}


def with_example(example: dict[str, Any] | None = None) -> ConfigDict:
    return ConfigDict(extra="forbid", frozen=True, json_schema_extra={"example": example} if example else None)
