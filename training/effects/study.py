"""The study of one program: which design can answer, and what it found of every outcome."""

from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import date
from typing import Any

import numpy as np
import pandas as pd
from scipy.stats import norm
from statsmodels.stats.multitest import multipletests

from features.errors import InputError, NotReadyError
from features.home import Home
from training.effects.effect import DESIGNS, OUTCOMES, Analysis, Design, Effect, Estimate, Refused
from training.effects.kept import keep
from training.effects.measures import measure, reaches
from training.effects.panel import PERIOD_DAYS, balanced, team_panel
from training.effects.randomized import LEAST_ARM, LEAST_F, complier_effect, first_stage, intention_to_treat
from training.effects.staggered import LEAST_TEAMS, Staggered, staggered_effect
from training.effects.turns import Turns, turns_of
from training.effects.wedge import wedge_effect

__all__ = ["DAYS", "design_of", "study"]

DAYS, LEVEL = 180, 0.95
_NOBODY_HELD_OUT = (
    "Everyone who was chosen was offered the program, all at about the same time. Whoever is chosen because things are"
    " bad gets better by themselves (regression to the mean), so before and after say nothing."
)
_INSTEAD = (
    "Hold out a share by lot (`respite outreach plan --holdout 0.2`), or let teams begin one after another in an order"
    " that a lot draws."
)


def study(
    home: Home, program: str, design: Design | None = None, primary: str = "burnout_score", days: int = DAYS,
    say: Callable[[str], None] = lambda text: None,
) -> Analysis:  # fmt: skip
    """Estimate what a program changed in every outcome, keep it, and track it.

    Parameters
    ----------
    program
        An action of the table `outreach`.
    design
        Where it is None, what the table shows: a holdout is randomized, teams one after another are staggered.
        `stepped_wedge` says that a lot drew the order of teams, which no table shows.
    primary
        The outcome that the program was started for; it stands alone, the others are taken together (Holm).
    days
        How long after a person's first turn outcomes are counted, and how long before.

    Raises
    ------
    InputError
        There is no such program, design or outcome.
    NotReadyError
        There are no contacts yet.
    """
    if primary not in OUTCOMES:
        raise InputError(f"--primary {primary}: name one of {', '.join(OUTCOMES)}.")
    if design is not None and design not in DESIGNS:
        raise InputError(f"--design {design}: name one of {', '.join(DESIGNS)}.")
    if not 28 <= days <= 730:
        raise InputError(f"--days {days}: wanted are 28 to 730.")
    if not home.batches("contacts"):
        raise NotReadyError("There are no contacts yet; run `respite ingest` first.")
    turns, day = turns_of(home, program), reaches(home).date()
    wanted = design or design_of(turns)
    if wanted is None:
        effects: list[Effect | Refused] = [Refused(name, "randomized", _NOBODY_HELD_OUT, _INSTEAD) for name in OUTCOMES]
        found = Analysis(program, "randomized", day, primary, tuple(effects), turns.counts(), days=days)
    elif wanted in ("randomized", "instrument"):
        effects = _by_lot(home, turns, days, say)
        found = Analysis(program, "randomized", day, primary, _judged(effects, primary), turns.counts(), days=days)
    else:
        effects, course = _by_teams(home, turns, wanted, primary, say)
        found = Analysis(program, wanted, day, primary, _judged(effects, primary), turns.counts(), course, days)
    keep(home, found)
    return found


def design_of(turns: Turns) -> Design | None:
    """The design that a program's turns show, or None where they have nothing to compare with."""
    if turns.drawn:
        return "randomized"
    return "staggered" if turns.by_team else None


def _by_lot(home: Home, turns: Turns, days: int, say: Callable[[str], None]) -> list[Effect | Refused]:
    people, span, end = turns.people, pd.Timedelta(days=days), reaches(home)
    whole = people["at"] + span <= end
    seen = people[whole].reset_index(drop=True)
    say(f"{len(seen):,} people whose {days} days are over")
    stretch = seen.assign(start=seen["at"], end=seen["at"] + span)
    after = measure(home, stretch)
    before = measure(home, seen.assign(start=seen["at"] - span, end=seen["at"]))
    window = (seen["at"].min().date(), (seen["at"].max() + span).date()) if len(seen) else (end.date(), end.date())
    found: list[Effect | Refused] = []
    for name in OUTCOMES:
        arms = seen["offered"].to_numpy(), seen["accepted"].to_numpy()
        found += _of_lot(name, after[name].to_numpy(), before[name].to_numpy(), *arms, days, window)
    return found


def _of_lot(
    name: str, y: Any, before: Any, offered: Any, accepted: Any, days: int, window: tuple[date, date]
) -> Iterable[Effect | Refused]:
    """Intention to treat, and the effect on those who accept, of one outcome."""
    known = np.isfinite(y)
    y, before, offered, accepted = y[known], before[known], offered[known], accepted[known]
    smaller = int(min(offered.sum(), (1 - offered).sum()))
    if (refused := _too_few(len(y), smaller, days)) is not None:
        yield from (Refused(name, design, *refused) for design in ("randomized", "instrument"))
        return
    baseline = before if name != "voluntary_exits" and np.isfinite(before).any() else None
    notes = _attrition(known, offered)
    against = "those who were held out by lot"
    yield _effect(name, "randomized", intention_to_treat(y, offered, baseline), against, window, notes)
    strength = first_stage(offered, accepted)
    if accepted.sum() == 0 or strength < LEAST_F:
        why = f"An offer hardly moved who took part (F = {strength:.1f}, {int(accepted.sum())} accepted)."
        yield Refused(name, "instrument", why, "Record who accepts (`respite outreach record`), or make it easier to.")
        return
    accepting = complier_effect(y, offered, accepted, baseline)
    yield _effect(name, "instrument", accepting, f"{against}, for those who accept", window, notes)


def _too_few(known: int, smaller: int, days: int) -> tuple[str, str] | None:
    """Why there are too few people with an outcome, and what would be enough; or None."""
    if not known:
        return "It was not measured after anyone's turn.", "Bring the table or column that holds it (`respite ingest`)."
    if smaller < LEAST_ARM:
        why = f"{smaller} people with an outcome in the smaller arm; {LEAST_ARM} are needed."
        return why, f"Wait until the {days} days of more people are over, or hold out more (see `respite power`)."
    return None


def _by_teams(
    home: Home, turns: Turns, design: Design, primary: str, say: Callable[[str], None]
) -> tuple[list[Effect | Refused], tuple[dict[str, Any], ...]]:
    say("means of teams over periods of four weeks")
    panel = team_panel(home, turns)
    span = (panel["day"].min().date(), (panel["day"].max() + pd.Timedelta(days=PERIOD_DAYS)).date())
    found: list[Effect | Refused] = []
    course: tuple[dict[str, Any], ...] = ()
    for name in OUTCOMES:
        say(OUTCOMES[name].label)
        rows = balanced(panel, name)
        refused = _why_not(name, design, rows)
        if refused:
            found.append(refused)
            continue
        if design == "stepped_wedge":
            against = "the same teams before, and teams that had not begun, in an order drawn by lot"
            found.append(_effect(name, design, wedge_effect(rows, LEVEL), against, span, ()))
            continue
        result = staggered_effect(rows, LEVEL)
        found.append(_of_staggered(name, result, span))
        if name == primary:
            course = tuple({str(key): value for key, value in row.items()} for row in result.course.to_dict("records"))
    return found, course


def _of_staggered(name: str, result: Staggered, span: tuple[date, date]) -> Effect | Refused:
    if result.pre_trend_p is not None and result.pre_trend_p < 1 - LEVEL:
        why = (
            f"Before the program, teams that began earlier already moved otherwise than the others (p ="
            f" {result.pre_trend_p:.3f}); what came after cannot be told from that."
        )
        return Refused(
            name, "staggered", why, "Let a lot draw the order of teams (stepped wedge), or hold out a share."
        )
    notes = () if result.pre_trend_p is not None else ("There are no periods before the begin to check trends by.",)
    against = "teams that had not begun at that time"
    return _effect(name, "staggered", result.overall, against, span, notes)


def _why_not(name: str, design: Design, rows: pd.DataFrame) -> Refused | None:
    """Why teams over time cannot answer, or None."""
    teams = rows["team"].nunique()
    begun = set(rows.loc[rows["begins"] > 0, "begins"])
    if teams < LEAST_TEAMS:
        why = f"{teams} teams with a value in every period; {LEAST_TEAMS} are needed for an interval to trust."
        return Refused(name, design, why, "Measure it in every period of four weeks, or draw people instead of teams.")
    if len(begun) + (rows["begins"] == 0).any() < 2:
        why = "In the periods in which it is measured, all teams began at once, so there is nobody to compare with."
        return Refused(name, design, why, "Put more time between the groups of teams than between two measurements.")
    if not (rows["period"] < min(begun)).any():
        return Refused(name, design, "It was not measured before the program.", "Measure it before the next program.")
    return None


def _effect(
    name: str, design: Design, found: Estimate, compared: str, window: tuple[date, date], notes: tuple[str, ...]
) -> Effect:
    numbers = (float(found.estimate), float(found.low), float(found.high))
    return Effect(
        name, OUTCOMES[name].unit, *numbers, LEVEL, design, compared, found.treated, found.control, found.clusters,
        found.method, window, notes=(*found.notes, *notes),
    )  # fmt: skip


def _attrition(known: Any, offered_known: Any) -> tuple[str, ...]:
    missing = 1 - len(offered_known) / len(known)
    if missing < 0.05:
        return ()
    return (f"{missing:.0%} of people have no value, among them those who left; the effect is that on the others.",)


def _judged(effects: Iterable[Effect | Refused], primary: str) -> tuple[Effect | Refused, ...]:
    """Mark the primary outcome, and which effects are helpful once all are taken together."""
    found = [replace(one, primary=one.outcome == primary) if isinstance(one, Effect) else one for one in effects]
    others = [(place, one) for place, one in enumerate(found) if isinstance(one, Effect) and one.design != "instrument"]
    tested = [(place, one) for place, one in others if not one.primary]
    p = [_p_value(one) for _, one in tested]
    kept = multipletests(p, alpha=1 - LEVEL, method="holm")[0] if p else []
    for (place, one), holds in zip(tested, kept, strict=True):
        found[place] = replace(one, helpful_adjusted=bool(holds) and one.helpful)
    for place, one in others:
        if one.primary:
            found[place] = replace(one, helpful_adjusted=one.helpful)
    return tuple(found)


def _p_value(one: Effect) -> float:
    half = (one.high - one.low) / 2
    return float(2 * norm.sf(abs(one.estimate) / half * norm.ppf(0.5 + one.level / 2))) if half > 0 else 1.0
