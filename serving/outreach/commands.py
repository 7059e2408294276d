"""`respite outreach plan`, `record`, `list`, `guide`; with those of `send_commands` and `consent_commands`."""

from contextlib import closing
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from features.commands import AsJson, HomeOption, parse_date
from features.errors import InputError
from features.home import Home
from features.terminal import Terminal
from serving.outreach.consent_commands import app as consent_app
from serving.outreach.send_commands import app as send_app

if TYPE_CHECKING:
    from serving.outreach.sites import Overrides
    from serving.outreach.tables import Offer

__all__ = ["app"]

app = typer.Typer()
outreach = typer.Typer(help="Offer support, and write down what came of it.", no_args_is_help=True)
app.add_typer(outreach, name="outreach")
Number = Annotated[int, typer.Option("--offer", help="The number of the offer, as `list` shows it.")]
Config = Annotated[
    Path | None,
    typer.Option(
        "--config", help="A YAML file with a section `outreach`, by site; the configuration's where it is left out."
    ),
]
Today = Annotated[str | None, typer.Option(help="The day to judge by; today where it is left out.")]
_HEADER = ["offer", "week", "team", "agent", "action", "offered by", "state", "due on"]


@outreach.command()
def plan(
    week: Annotated[str | None, typer.Option(help="Any day of the week; this week where it is left out.")] = None,
    capacity: Annotated[int, typer.Option(help="Offers per manager and week.")] = 2,
    cool_down_days: Annotated[int, typer.Option(help="From one offer to the next of the same person.")] = 42,
    holdout: Annotated[float, typer.Option(help="Share to whom nothing is offered, by lot.")] = 0.1,
    program: Annotated[str, typer.Option(help="The program that the offers belong to.")] = "care",
    seed: Annotated[int, typer.Option(help="Same seed, same lot.")] = 0,
    outcome: Annotated[str, typer.Option(help="Whose scores give the order: burnout or turnover.")] = "burnout",
    least_band: Annotated[str, typer.Option(help="Who comes in at all: usual, elevated or high.")] = "elevated",
    rank: Annotated[str, typer.Option(help="Whose turn comes first: risk, benefit, or auto.")] = "auto",
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show the plan, and keep nothing.")] = False,
    config: Config = None,
    home: HomeOption = None,
    as_json: AsJson = False,
) -> None:
    """Plan a week: who is offered what, under capacity, cool-down and consent. Who is held out by lot is not shown."""
    from serving.audit import log_command
    from serving.outreach.actions import catalog
    from serving.outreach.candidates import candidates_of
    from serving.outreach.contract import publish
    from serving.outreach.offers import plan_week
    from serving.outreach.order import order_of
    from serving.outreach.plan import rules_of
    from serving.store import Store

    terminal, found = Terminal(as_json), Home.find(home)
    rules = rules_of(
        week=_day("--week", week), program=program, capacity=capacity, cool_down_days=cool_down_days, holdout=holdout,
        seed=seed,
    )  # fmt: skip
    log_command(found, "outreach plan", "support", group=f"everyone on the roster, program {program}")
    order = order_of(found, outcome, rank)
    with closing(Store(found)) as store:
        people = candidates_of(
            found, store, outcome, rules.week, catalog(), _overrides(config, found), least_band, order
        )
        made = plan_week(store, people, rules, dry_run)
        if not dry_run:
            publish(found, store)
    offers = [one for one in made if one.arm == "offer"]
    said = f"{'Would be planned' if dry_run else 'Planned'} for the week of {rules.week}"
    terminal.table(said, _HEADER, [_row(one, rules.week) for one in offers])
    terminal.say(f"{len(offers)} offers; {len(made) - len(offers)} held out by lot. {order.why}")
    terminal.answer(
        {
            "rules": rules.model_dump(mode="json"),
            "dry_run": dry_run,
            "candidates": len(people),
            "ranked_by": order.by,
            "why": order.why,
            "offers": [_shown(one, rules.week) for one in offers],
            "held_out": len(made) - len(offers),
        }
    )


@outreach.command()
def record(
    offer: Number,
    state: Annotated[str, typer.Option(help="accepted, declined, done or outcome.")],
    on: Annotated[str | None, typer.Option(help="The day; now where it is left out.")] = None,
    said: Annotated[str | None, typer.Option(help="With outcome: what the agent says came of it.")] = None,
    note: Annotated[str | None, typer.Option(help="With outcome: up to 280 letters, kept apart.")] = None,
    no_more: Annotated[bool, typer.Option("--no-more", help="With declined: the agent wants no more offers.")] = False,
    by: Annotated[str, typer.Option(help="Who writes it down.")] = "the command line",
    config: Config = None,
    home: HomeOption = None,
    as_json: AsJson = False,
) -> None:
    """Write down what became of an offer."""
    from serving.audit import log_command
    from serving.consent import record as decide
    from serving.outreach.contract import publish
    from serving.outreach.guide import start_within
    from serving.outreach.offers import record as write_down
    from serving.store import Store

    if no_more and state != "declined":
        raise InputError(f"--no-more: goes with --state declined, not with {state}; or use `respite outreach refuse`.")
    terminal, found, now = Terminal(as_json), Home.find(home), datetime.now(UTC)
    at = datetime.combine(parse_date("--on", on), datetime.min.time(), UTC) if on else now
    overrides = _overrides(config, found)
    log_command(found, f"outreach record {state}", "support", group=f"offer {offer}")
    with closing(Store(found)) as store:
        changed = write_down(
            store, offer, state, at, by, start_within=lambda one: start_within(one, overrides), said=said, note=note
        )
        if no_more:
            decide(store, changed.agent_id, "outreach", False, now)
        publish(found, store)
    due = f"; the next step is due on {changed.due_on}" if changed.due_on else ""
    terminal.say(f"Offer {offer}: {changed.state}{due}.")
    terminal.answer(_shown(changed, at.date()))


@outreach.command("list")
def list_(
    team: Annotated[str | None, typer.Option(help="Only this team.")] = None,
    program: Annotated[str | None, typer.Option(help="Only this program.")] = None,
    offered_by: Annotated[str | None, typer.Option(help="Only what this manager offers, by id.")] = None,
    overdue: Annotated[
        bool, typer.Option("--overdue", help="Only where the next step should have been taken.")
    ] = False,
    today: Today = None,
    csv: Annotated[Path | None, typer.Option(help="Write them into this CSV file too.")] = None,
    ics: Annotated[Path | None, typer.Option(help="Write the open ones into this calendar file too.")] = None,
    home: HomeOption = None,
    as_json: AsJson = False,
) -> None:
    """Show offers and what is overdue; holdouts are not shown, so that nobody treats them otherwise."""
    from serving.audit import log_command
    from serving.outreach.ics import calendar
    from serving.outreach.listing import offers_of
    from serving.outreach.sheet import csv_of
    from serving.outreach.states import overdue as late
    from serving.store import Store

    terminal, day, found = Terminal(as_json), _day("--today", today), Home.find(home)
    log_command(found, "outreach list", "support", group=f"offers of {team or offered_by or 'everyone'}")
    with closing(Store(found)) as store:
        offers = offers_of(
            store, team=team, program=program, offered_by=offered_by, overdue_on=day if overdue else None
        )
    terminal.table("Offers", _HEADER, [_row(one, day) for one in offers])
    terminal.say(f"{len(offers)} offers, {sum(late(one, day) for one in offers)} overdue.")
    for path, text in ((csv, csv_of(offers, day)), (ics, calendar(offers))):
        if path is not None:
            path.write_bytes(text.encode())
            terminal.say(f"{path}")
    terminal.answer([_shown(one, day) for one in offers])


@outreach.command()
def guide(offer: Number, config: Config = None, home: HomeOption = None, as_json: AsJson = False) -> None:
    """Show how to lead the conversation of an offer, in the words of its site."""
    from serving.outreach.guide import guide_of
    from serving.outreach.offers import find
    from serving.store import Store

    terminal, found = Terminal(as_json), Home.find(home)
    overrides = _overrides(config, found)
    with closing(Store(found)) as store:
        shown = guide_of(find(store, offer), overrides)
    terminal.say(shown.text)
    terminal.answer(shown.as_dict())


outreach.add_typer(send_app)
outreach.add_typer(consent_app)


def _overrides(config: Path | None, home: Home) -> "Overrides":
    """What sites do otherwise: by a file that is named, else by the configuration of the home."""
    from serving.outreach.actions import catalog
    from serving.outreach.sites import overrides_of
    from serving.settings import load_settings

    return overrides_of(config, catalog()) if config else load_settings(home).overrides()


def _day(option: str, text: str | None) -> date:
    return parse_date(option, text) if text else datetime.now(UTC).date()


def _row(offer: "Offer", today: date) -> tuple[object, ...]:
    from serving.outreach.states import overdue

    due = f"{offer.due_on or ''}{', overdue' if overdue(offer, today) else ''}"
    state = f"{offer.state}: {offer.outcome}" if offer.outcome else offer.state
    return offer.number or "", offer.week, offer.team_id, offer.agent_id, offer.action, offer.offered_by, state, due


def _shown(offer: "Offer", today: date) -> dict[str, Any]:
    """An offer for machines; the `uid` is for calendars and notices."""
    from serving.outreach.states import overdue

    names = ("number", "week", "program", "team_id", "agent_id", "action", "also", "offered_by", "state", "due_on",
             "offered_at", "responded_at", "response", "done_at", "outcome")  # fmt: skip
    return {name: getattr(offer, name) for name in names} | {"overdue": overdue(offer, today)}
