"""What monitoring found: sentences for people, numbers for machines, and what to do about it."""

from dataclasses import asdict, dataclass, field
from datetime import date
from typing import Any, Literal

__all__ = ["Finding", "Gauge", "MonitorReport"]

Level = Literal["fine", "note", "alert"]


@dataclass(frozen=True)
class Finding:
    """One sentence about one outcome; `retrain` where a retraining is the answer to it."""

    outcome: str
    kind: str
    level: Level
    sentence: str
    retrain: bool = False


@dataclass(frozen=True)
class Gauge:
    """A number with labels, as Prometheus reads it."""

    name: str
    about: str
    value: float
    labels: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class MonitorReport:
    """One run of the monitor. `tables`: per outcome, features by how far they moved."""

    today: date
    findings: list[Finding]
    gauges: list[Gauge]
    tables: dict[str, list[dict[str, Any]]]

    @property
    def exit_code(self) -> int:
        """0 where all is fine or only noted, 1 where something is to be done."""
        return int(any(finding.level == "alert" for finding in self.findings))

    @property
    def suggestion(self) -> str:
        """Whether to retrain, and why."""
        why: dict[str, list[str]] = {}
        for finding in self.findings:
            if finding.retrain and finding.level == "alert":
                why.setdefault(finding.outcome, []).append(finding.sentence)
        said = [f"Retrain {outcome}: {' '.join(sentences)}" for outcome, sentences in why.items()]
        return " ".join(said) or "No retraining is suggested."

    def as_dict(self) -> dict[str, Any]:
        found = asdict(self)
        return found | {"suggestion": self.suggestion, "exit_code": self.exit_code}
