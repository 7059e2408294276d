"""Whether a new version may take over: a pure function of numbers, so that anyone can check the decision."""

from dataclasses import dataclass, field

from training.config import Gates

__all__ = ["Decision", "Gate", "decide"]


@dataclass(frozen=True)
class Gate:
    """One condition, the number found, and whether it holds."""

    name: str
    found: float
    wanted: str
    passed: bool


@dataclass(frozen=True)
class Decision:
    """Promote or not, and why in one sentence a data scientist can repeat."""

    promote: bool
    reason: str
    gates: list[Gate] = field(default_factory=list)


def decide(challenger: dict[str, float], has_champion: bool, gates: Gates | None = None) -> Decision:
    """Decide by the challenger's metrics on months that it had not seen; ties keep the champion.

    Parameters
    ----------
    challenger
        Metrics of `training.evaluate.Metrics` and of `Trained.gate_metrics`: `advantage_<score>_<measure>` with `_low`
        and `_high`, the bounds of a paired bootstrap by agent; `advantage_champion_...` where the champion could be
        compared on the same rows; `stability`, `additivity_error`, `least_impact_ratio`, `groups_below_beyond_chance`,
        and `contract_equal` (1 where model and code mean the same features).
    has_champion
        Whether there is a champion to be kept.
    """
    gates = gates or Gates()
    found = [gate for gate in _gates(challenger, gates) if gate is not None]
    failed = [gate for gate in found if not gate.passed]
    if failed:
        what = "; ".join(f"{gate.name} is {gate.found:.4g}, wanted {gate.wanted}" for gate in failed)
        return Decision(False, f"Not promoted: {what}.", found)
    if not has_champion:
        return Decision(True, "Promoted: every gate holds and there is no champion yet.", found)
    better = [challenger.get(f"advantage_champion_log_loss{end}") for end in ("", "_low", "_high")]
    if better[0] is None or better[1] is None or better[2] is None:
        return Decision(
            True,
            "Promoted: every gate holds; the champion is of another feature contract or has seen these months.",
            found,
        )
    said = (
        f"log-loss is better than the champion's by {better[0]:.4f} (95 % interval {better[1]:.4f} to {better[2]:.4f})"
    )
    if better[1] > 0:
        return Decision(True, f"Promoted: {said}.", found)
    return Decision(False, f"Not promoted: {said}; a lower bound above 0 is wanted, and ties keep the champion.", found)


def _gates(metrics: dict[str, float], gates: Gates) -> list[Gate | None]:
    slope = metrics["calibration_slope"]
    # a common outcome cannot be lifted by 2: half of what a perfect ranking would reach is asked for then
    possible = min(gates.least_lift, 0.5 * (1 + 1 / metrics["base_rate"]))
    slopes = f"{gates.least_slope:g} to {gates.most_slope:g}"
    return [
        _above("Brier skill", metrics["brier_skill"], gates.least_skill),
        Gate("calibration slope", slope, slopes, gates.least_slope <= slope <= gates.most_slope),
        _least("lift at outreach capacity", metrics["lift_top"], possible),
        *(
            _above(f"AUROC advantage over {name.replace('_', ' ')}, lower bound", low, 0.0)
            for name in ("tenure_only", "last_score_only")
            if (low := metrics.get(f"advantage_{name}_auroc_low")) is not None
        ),
        _above("log-loss advantage over the base rate", metrics["advantage_prevalence_log_loss"], 0.0),
        _most("error of added contributions", metrics["additivity_error"], gates.most_additivity_error),
        _least("stability of explanations", metrics["stability"], gates.least_stability),
        _most("groups below four-fifths beyond chance", metrics.get("groups_below_beyond_chance"), 0.0),
        _least("feature contract equal", metrics.get("contract_equal"), 1.0),
    ]


def _above(name: str, found: float, least: float) -> Gate:
    return Gate(name, found, f"above {least:g}", found > least)


def _least(name: str, found: float | None, least: float) -> Gate | None:
    return None if found is None else Gate(name, found, f"at least {least:.2g}", found >= least)


def _most(name: str, found: float | None, most: float) -> Gate | None:
    return None if found is None else Gate(name, found, f"at most {most:g}", found <= most)
