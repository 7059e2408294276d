"""From the drivers of one score to actions that answer them: what the organization can change comes first."""

from collections.abc import Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase

from features.definitions import Family
from serving.outreach.actions import DOMINANT, Action, Catalog

__all__ = ["Situation", "Suggestion", "choose", "dominant", "strengths"]

_LEVELS = ("organizational", "team", "individual")


@dataclass(frozen=True)
class Situation:
    """What is known of the work behind one score: contributions by signal, in log-odds, and the post."""

    contributions: Mapping[str, float]
    queue: str = ""
    new_hire: bool = False
    remote: bool = False


@dataclass(frozen=True)
class Suggestion:
    """An action with the drivers that it answers, strongest first; `strength` is their sum in log-odds."""

    action: Action
    drivers: tuple[str, ...]
    strength: float


def choose(catalog: Catalog, situation: Situation) -> tuple[Suggestion, ...]:
    """Actions that answer what raised the score: organizational, team, individual; within a level the strongest first.

    Ties go to what is made for the queue, to the better evidence, to what answers fewer drivers. Where nothing raised
    it, or only individual actions would be left, the action that is always suggested comes before them. So an
    individual action is never alone, and where workload or schedule dominates, an organizational one is first.
    """
    raised = {name: value for name, value in strengths(catalog, situation).items() if value > 0}
    found = [_suggestion(one, raised) for one in catalog.actions if _fits(one, situation)]
    ranked = sorted((one for one in found if one.strength > 0), key=_rank)
    if all(one.action.level == "individual" for one in ranked):
        ranked = [_suggestion(one, raised) for one in catalog.actions if one.always] + ranked
    return tuple(ranked)


def strengths(catalog: Catalog, situation: Situation) -> dict[str, float]:
    """The sum of contributions of each driver: signals that offset each other count for what is left."""
    given = situation.contributions
    return {name: sum(given.get(signal, 0.0) for signal in driver.signals) for name, driver in catalog.drivers.items()}


def dominant(catalog: Catalog, situation: Situation) -> Family | None:
    """The family that raised the score most, if it is one of the work's own: workload or schedule."""
    sums: dict[Family, float] = {}
    for name, value in strengths(catalog, situation).items():
        family = catalog.drivers[name].family
        sums[family] = sums.get(family, 0.0) + value
    first = max(sums, key=lambda family: (sums[family], family))
    return first if sums[first] > 0 and first in DOMINANT else None


def _fits(action: Action, situation: Situation) -> bool:
    whom = {"all": True, "new hires": situation.new_hire, "remote": situation.remote}[action.whom]
    queue = situation.queue.lower()
    on_queue = not action.queues or any(fnmatchcase(queue, pattern.lower()) for pattern in action.queues)
    return whom and on_queue and action.initiated_by == "organization"


def _suggestion(action: Action, raised: Mapping[str, float]) -> Suggestion:
    answered = sorted((name for name in action.drivers if name in raised), key=lambda name: (-raised[name], name))
    return Suggestion(action, tuple(answered), sum(raised[name] for name in answered))


def _rank(one: Suggestion) -> tuple[int, float, bool, str, int, str]:
    action = one.action
    made_for_it, grade, broad = bool(action.queues), action.evidence.grade, len(action.drivers)
    return _LEVELS.index(action.level), -one.strength, not made_for_it, grade, broad, action.id
