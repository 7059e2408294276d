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


def decide(challenger: dict[str, float], champion: dict[str, float] | None, gates: Gates | None = None) -> Decision:
    """Decide by the challenger's metrics, and the champion's on the same rows; ties keep the champion.

    Parameters
    ----------
    challenger
        Metrics of `training.evaluate.Metrics`, and `advantage_<baseline>_low`, the lower bounds of the AUROC advantage
        over each baseline (paired bootstrap by agent), for those baselines that could be built.
    champion
        The champion's `brier` on the same rows, or None where there is no champion.
    """
    gates = gates or Gates()
    found = _gates(challenger, gates)
    failed = [gate for gate in found if not gate.passed]
    if failed:
        what = "; ".join(f"{gate.name} is {gate.found:.3g}, wanted {gate.wanted}" for gate in failed)
        return Decision(False, f"Not promoted: {what}.", found)
    if champion is None:
        return Decision(True, "Promoted: every gate holds and there is no champion yet.", found)
    new, old = challenger["brier"], champion["brier"]
    if new < old:
        return Decision(True, f"Promoted: Brier {new:.4f} is below the champion's {old:.4f} on the same rows.", found)
    return Decision(False, f"Not promoted: Brier {new:.4f} is not below the champion's {old:.4f}; ties keep it.", found)


def _gates(metrics: dict[str, float], gates: Gates) -> list[Gate]:
    skill, slope, lift = metrics["brier_skill"], metrics["calibration_slope"], metrics["lift_top"]
    # a common outcome cannot be lifted by 2: half of what a perfect ranking would reach is asked for then
    possible = min(gates.least_lift, 0.5 * (1 + 1 / metrics["base_rate"]))
    found = [
        Gate("Brier skill", skill, f"above {gates.least_skill:g}", skill > gates.least_skill),
        Gate("calibration slope", slope, f"{gates.least_slope:g} to {gates.most_slope:g}",
             gates.least_slope <= slope <= gates.most_slope),
        Gate("lift at outreach capacity", lift, f"at least {possible:.2g}", lift >= possible),
    ]  # fmt: skip
    for name in ("tenure_only", "last_score_only"):
        low = metrics.get(f"advantage_{name}_low")
        if low is not None:
            found.append(Gate(f"AUROC advantage over {name.replace('_', ' ')}", low, "a lower bound above 0", low > 0))
    return found
