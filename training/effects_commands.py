"""`respite effects`, `power`, `uplift`, `savings`: did a program help, how many people show it, whom, for how much."""

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from features.commands import AsJson, HomeOption
from features.errors import InputError
from features.home import Home
from features.terminal import Terminal

if TYPE_CHECKING:
    from training.effects import Effect, Refused

__all__ = ["app"]

app = typer.Typer()
_WORTH = {
    "average": "an offer to anyone",
    "by_benefit": "area of the Qini curve, by expected benefit",
    "by_risk": "area of the Qini curve, by risk",
    "gain": "gain: the first area less the second",
    "per_offer": "more an offer, to the first 30 % of people",
}


@app.command()
def effects(
    program: Annotated[str, typer.Option(help="An action of the table `outreach`.")],
    design: Annotated[
        str | None,
        typer.Option(help="randomized, staggered or stepped_wedge; what the table shows where it is left out."),
    ] = None,
    primary: Annotated[str, typer.Option(help="The outcome that the program was started for.")] = "burnout_score",
    days: Annotated[int, typer.Option(help="How long after a person's first turn outcomes count.")] = 180,
    home: HomeOption = None,
    as_json: AsJson = False,
) -> None:
    """Estimate what a program changed, against people or teams that can be compared; or say why that cannot be told."""
    import json

    from training.effects import OUTCOMES, Effect
    from training.effects.study import study

    terminal = Terminal(as_json)
    with terminal.step(f"Studying {program}") as step:
        found = study(Home.find(home), program, design, primary, days, step.show)  # type: ignore[arg-type] # study checks it
        step.said = f"design: {found.design}"
    rows = [_row(one, OUTCOMES[one.outcome].label) for one in found.effects if isinstance(one, Effect)]
    terminal.table(f"What {program} changed", ["outcome", "design", "at least", "estimate", "at most", ""], rows)
    for why, named in _refusals([one for one in found.effects if not isinstance(one, Effect)]).items():
        terminal.say(f"No answer for {', '.join(named)}: {why}")
    terminal.answer(json.loads(found.to_json()))


@app.command()
def power(
    effect: Annotated[float, typer.Option(help="The change that should be seen: of a share, or of a mean.")],
    rate: Annotated[float | None, typer.Option(help="The share as it is now, such as 0.3.")] = None,
    sd: Annotated[float | None, typer.Option(help="Instead: standard deviation of a mean.")] = None,
    chance: Annotated[float, typer.Option("--power", help="The chance of seeing it.")] = 0.8,
    team_size: Annotated[int, typer.Option(help="People per team, where teams are drawn.")] = 1,
    icc: Annotated[float, typer.Option(help="How alike people of a team are (intraclass correlation).")] = 0.0,
    as_json: AsJson = False,
) -> None:
    """How many people per arm a program needs, before it starts."""
    from training.effects.power import needed_for_mean, needed_for_share

    if (rate is None) == (sd is None):
        raise InputError("Name either --rate, for a share, or --sd, for a mean.")
    terminal = Terminal(as_json)
    given = (effect, chance, 0.95, team_size, icc)
    found = needed_for_mean(sd, *given) if sd is not None else needed_for_share(float(rate or 0), *given)
    terminal.say(found.sentence)
    terminal.say(f"The rule of thumb 15.7 x variance / change² says {found.rule_of_thumb:,}.")
    terminal.answer(asdict(found))


@app.command()
def uplift(
    outcome: Annotated[str, typer.Option(help="What offers are to make better.")] = "burnout_score",
    program: Annotated[
        str | None, typer.Option(help="An action of the table `outreach`; every offer where it is left out.")
    ] = None,
    days: Annotated[int, typer.Option(help="How long after a person's first turn the outcome counts.")] = 180,
    seed: Annotated[int, typer.Option(help="Of the people who are left out in turn, and of the bootstrap.")] = 0,
    home: HomeOption = None,
    as_json: AsJson = False,
) -> None:
    """Learn who benefits from offers, where a lot decided; whether to rank by it instead of by risk."""
    from training.uplift.study import study_uplift

    terminal = Terminal(as_json)
    with terminal.step("Learning who benefits") as step:
        found = study_uplift(Home.find(home), outcome, program, days, seed, step.show)
        step.said = f"{found.offered:,} offered, {found.held_out:,} held out"
    rows = [
        (label, *(f"{value:+.3g}" for value in (one.low, one.estimate, one.high)))
        for label, one in ((label, getattr(found, name)) for name, label in _WORTH.items())
    ]
    terminal.table(f"What offers do, in {found.unit}; more is better", ["", "at least", "estimate", "at most"], rows)
    terminal.say(f"The order by risk is that of {found.against}.")
    terminal.say(found.sentence)
    terminal.answer(found.as_dict() | {"shown": found.shown, "sentence": found.sentence})


@app.command()
def savings(
    program: Annotated[list[str], typer.Option(help="A program that was studied; several are set side by side.")],
    costs: Annotated[Path, typer.Option(help="YAML with prices; docs/costs.yaml is an example.")],
    seed: Annotated[int, typer.Option(help="Of the draws.")] = 0,
    home: HomeOption = None,
    as_json: AsJson = False,
) -> None:
    """What programs saved and cost, the lower bound first; only what was measured against a comparison counts."""
    from training.effects import read_analysis
    from training.savings import compare, load_costs
    from training.savings import savings as saved_by

    terminal, prices, target_home = Terminal(as_json), load_costs(costs), Home.find(home)
    found = [(one := read_analysis(target_home, name), saved_by(one, prices, seed)) for name in program]
    for _, saved in found:
        terminal.say(saved.sentence)
        for why in saved.not_counted:
            terminal.say(f"Not counted, {why}")
        rows = [
            (str(row["what"]), *(f"{float(row[end]):+.2f}" for end in ("at_low", "at_high"))) for row in saved.tornado
        ]
        terminal.table(
            f"What moves the return of {saved.program}", ["what", "at its lower end", "at its upper end"], rows
        )
    table = compare(found)
    if len(found) > 1:
        shown = [
            [f"{value:,.2f}" if isinstance(value, float) else str(value) for value in row] for row in table.to_numpy()
        ]
        terminal.table("Programs side by side", list(table.columns), shown)
    terminal.answer({"programs": [asdict(saved) for _, saved in found], "side_by_side": table.to_dict("records")})


def _row(one: "Effect", label: str) -> tuple[str, ...]:
    alone = "on its own, not among all" if one.helpful and one.design != "instrument" else ""
    said = "helped" if one.helpful_adjusted else alone
    numbers = (f"{value:+.3g}" for value in (one.low, one.estimate, one.high))
    return (f"{label}{' (primary)' if one.primary else ''}", one.design, *numbers, said)


def _refusals(refused: "list[Refused]") -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for one in refused:
        named = found.setdefault(f"{one.why} {one.instead}", [])
        named += [one.outcome] if one.outcome not in named else []
    return found
