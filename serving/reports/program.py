"""The page of a program, for HR: what it changed, against whom, how sure that is, and what it saved."""

from pathlib import Path
from typing import Any

from markupsafe import Markup

from features.errors import ContractError, NotReadyError
from features.home import Home
from serving.reports.charts.intervals import intervals, tornado
from serving.reports.material import NOTHING, page
from training.effects import OUTCOMES, Analysis, Effect, Refused, read_analysis
from training.savings import Savings, load_costs, savings
from training.uplift import read_uplift

__all__ = ["program_report"]

_DESIGNS = {
    "randomized": "A lot decided who was offered it. Who was held out by that lot is what it is compared with.",
    "staggered": "Teams began one after another; those that had are compared with those that had not begun yet.",
    "stepped_wedge": "Teams began one after another in an order that a lot drew; each is compared with itself and with"
    " those that had not begun.",
}
_SHARES = ("share",)


def program_report(home: Home, program: str, costs: Path | None = None, *, header: Markup = NOTHING) -> str:
    """The page of a program that was studied; with prices, what it saved too.

    Raises
    ------
    NotReadyError
        It was not studied.
    ConfigError
        The prices cannot be read, or do not name the program.
    """
    found = read_analysis(home, program)
    saved = savings(found, load_costs(costs)) if costs else None
    return page(
        "program.html", found.as_of, header=header, title=f"Respite: {program}", program=program,
        design=_DESIGNS[found.design], people=_people(found), lead=_lead(found),
        rows=[_row(one) for one in found.effects if isinstance(one, Effect) and one.design == found.design],
        accepting=[_row(one) for one in found.effects if isinstance(one, Effect) and one.design == "instrument"],
        charts=_charts(found), refused=_refused(found), course=_course(found), saved=saved and _saved(saved),
        benefit=_benefit(home, found),
        notes=sorted({note for one in found.effects if isinstance(one, Effect) for note in one.notes}),
    )  # fmt: skip


def _people(found: Analysis) -> str:
    counts = found.people
    said = f"{counts.get('offered', 0):,} people in {counts.get('teams', 0):,} teams were offered it"
    if counts.get("held_out"):
        said += f", {counts['held_out']:,} were held out"
    return f"{said}; {counts.get('accepted', 0):,} accepted."


def _lead(found: Analysis) -> str:
    """What may be said in one sentence, the careful end first."""
    one = found.of(found.primary)
    label = OUTCOMES[found.primary].label.lower()
    if one is None:
        return f"Of the {label}, which it was started for, nothing was studied."
    if isinstance(one, Refused):
        return f"Whether it changed the {label} cannot be told. {one.why} {one.instead}"
    better, worse = sorted((one.low, one.high), key=lambda end: OUTCOMES[one.outcome].good * end, reverse=True)
    if one.helpful:
        return (
            f"It helped: the {label} changed by at least {_number(one, worse)} and at most {_number(one, better)},"
            f" most likely by {_number(one, one.estimate)}."
        )
    return (
        f"Whether it helped is open: the {label} may have changed by anything from {_number(one, worse)} to"
        f" {_number(one, better)}."
    )


def _row(one: Effect) -> dict[str, Any]:
    said = "helped" if one.helpful_adjusted else "not beyond chance" if not one.helpful else "only on its own"
    return {
        "label": OUTCOMES[one.outcome].label, "unit": one.unit, "primary": one.primary,
        "low": _number(one, one.low), "estimate": _number(one, one.estimate), "high": _number(one, one.high),
        "said": said if one.design != "instrument" else "", "treated": f"{one.treated:,}",
        "control": f"{one.control:,}", "compared": one.compared,
    }  # fmt: skip


def _number(one: Effect, value: float) -> str:
    return f"{100 * value:+.1f} in 100" if one.unit in _SHARES else f"{value:+.2f} {one.unit}"


def _charts(found: Analysis) -> list[Markup]:
    """One picture a unit, since lengths of different units cannot be compared."""
    by_unit: dict[str, list[Effect]] = {}
    for one in found.effects:
        if isinstance(one, Effect) and one.design == found.design:
            by_unit.setdefault(one.unit, []).append(one)
    return [
        intervals(
            [(OUTCOMES[one.outcome].label, one.low, one.estimate, one.high) for one in some],
            f"Changes in {unit} with 95 % intervals: "
            + "; ".join(f"{OUTCOMES[o.outcome].label} {_number(o, o.low)} to {_number(o, o.high)}" for o in some),
        )
        for unit, some in by_unit.items()
    ]


def _refused(found: Analysis) -> list[dict[str, str]]:
    """Reasons with the outcomes that they stand for."""
    reasons: dict[tuple[str, str], list[str]] = {}
    for one in found.effects:
        if isinstance(one, Refused) and one.design == found.design:
            reasons.setdefault((one.why, one.instead), []).append(OUTCOMES[one.outcome].label)
    return [{"labels": ", ".join(named), "why": why, "instead": to} for (why, to), named in reasons.items()]


def _course(found: Analysis) -> Markup | None:
    """The effect by four-week periods from the begin; before it, there should be none."""
    if not found.event_study:
        return None
    label = OUTCOMES[found.primary].label
    rows = [
        (_when(int(row["period"])), row["low"], row["estimate"], row["high"]) for row in found.event_study
    ]  # fmt: skip
    return intervals(rows, f"{label} by period from the begin of the program, with 95 % intervals")


def _when(period: int) -> str:
    return f"{-period} periods before" if period < -1 else "just before" if period == -1 else f"period {period + 1}"


def _benefit(home: Home, found: Analysis) -> str | None:
    """Whether some gain more than others: of this program, of all offers, or that nobody studied it; by lot only."""
    if found.design != "randomized":
        return None
    for program, said in ((found.program, ""), (None, "Of all offers together: ")):
        try:
            return said + read_uplift(home, found.primary, program)[0].sentence
        except (NotReadyError, ContractError):
            continue
    return f"Nobody studied it; `respite uplift --program {found.program}` does, from about 100 people held out on."


def _saved(saved: Savings) -> dict[str, Any]:
    middle = saved.saved / saved.cost - 1 if saved.cost else 0.0
    rows = [(str(row["what"]), float(row["at_low"]), float(row["at_high"])) for row in saved.tornado]
    about = "Return at the lower and upper end of each part: " + "; ".join(
        f"{what} {low:+.2f} to {high:+.2f}" for what, low, high in rows
    )
    return {
        "sentence": saved.sentence, "cost": f"{saved.cost:,.0f} {saved.currency}", "counted": saved.counted,
        "saved": f"{saved.saved:,.0f} {saved.currency}", "not_counted": saved.not_counted,
        "rows": [(what, f"{low:+.2f}", f"{high:+.2f}") for what, low, high in rows],
        "chart": tornado(rows, middle, about) if rows else "",
    }  # fmt: skip
