"""The step around the pure decision: fetch the numbers, decide, write the decision on the version, move the alias."""

from dataclasses import replace
from typing import TYPE_CHECKING

from features.catalog import contract_version
from features.errors import InputError, NotReadyError
from features.home import Home
from training.config import outcome_config
from training.promotion import Decision, decide

if TYPE_CHECKING:
    from training.tracking import Registered, Run

__all__ = ["judged", "release"]


def release(home: Home, outcome: str, override: str | None = None, reviewer: str | None = None) -> Decision:
    """Decide about the challenger of an outcome and act on it.

    An override needs a reason and a name; both stay with the version, beside the gates that failed.

    Raises
    ------
    NotReadyError
        There is no challenger.
    InputError
        An override without a reviewer.
    """
    from training import tracking

    outcome_config(outcome)
    if override is not None and not (override.strip() and reviewer and reviewer.strip()):
        raise InputError("--override needs a reason, and --reviewer the name of who answers for it.")
    challenger = tracking.current(home, outcome, tracking.CHALLENGER)
    if challenger is None:
        raise NotReadyError(f"There is no challenger for {outcome}; run `respite train --outcome {outcome}` first.")
    champion = tracking.current(home, outcome)
    decision = judged(challenger, champion)
    if champion and champion.version == challenger.version:
        return decision
    tags = {"decision": decision.reason, "gates": "; ".join(f"{g.name} {g.found:.3f}" for g in decision.gates)}
    if not decision.promote and override is not None:
        tags |= {"override_reason": override, "override_reviewer": str(reviewer)}
        decision = replace(
            decision, promote=True, reason=f"{decision.reason} Promoted all the same by {reviewer}: {override}"
        )
    tracking.promote(home, challenger, tags, decision.promote)
    _tell_on_card(tracking.Run.of(home, challenger.run_id), decision, override, reviewer)
    return decision


def judged(challenger: "Registered", champion: "Registered | None") -> Decision:
    """What the gates say of a challenger; nothing is changed by asking."""
    if champion and champion.version == challenger.version:
        return Decision(True, f"Version {challenger.version} is the champion already.")
    equal = float(challenger.tags.get("contract_version") == contract_version())
    return decide(challenger.metrics | {"contract_equal": equal}, champion is not None)


def _tell_on_card(run: "Run", decision: Decision, override: str | None, reviewer: str | None) -> None:
    """Render the version's card anew, with the decision; a version of before there were cards has none."""
    from training.card import DATA, PAGE, as_text, card, from_text

    kept = run.read_text(DATA)
    if kept is None:
        return
    overrides = [f"{override} ({reviewer})"] if override is not None else []
    about = replace(
        from_text(kept), gates=decision.gates, decision=decision.reason, reviewer=reviewer, overrides=overrides
    )
    run.text(as_text(about), DATA)
    run.text(card(about), PAGE)
