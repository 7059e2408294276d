"""`respite outreach plan`, `record`, `list`, `guide`, `publish`, `send`, `refuse`, `allow`."""

from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from features.commands import AsJson, HomeOption, parse_date
from features.errors import InputError
from features.home import Home
from features.terminal import Terminal

if TYPE_CHECKING:
    from serving.outreach.offers import Person
    from serving.outreach.plan import Rules
    from serving.outreach.sites import Overrides
    from serving.outreach.tables import Offer
    from serving.store import Store

__all__ = ["app"]

app = typer.Typer()
outreach = typer.Typer(help="Offer support, and write down what came of it.", no_args_is_help=True)
app.add_typer(outreach, name="outreach")
Number = Annotated[int, typer.Option("--offer", help="The number of the offer, as `list` shows it.")]
Config = Annotated[Path | None, typer.Option("--config", help="A YAML file with a section `outreach`, by site.")]
Agent = Annotated[str, typer.Option(help="The agent, by the id in the table agents.")]
Today = Annotated[str | None, typer.Option(help="The day to judge by; today where it is left out.")]
_PLANNED = ["offer", "team", "agent", "arm", "action", "offered by", "due on"]


@outreach.command("plan")
def plan_(
    week: Annotated[str | None, typer.Option(help="Any day of the week; this week where it is left out.")] = None,
    capacity: Annotated[int, typer.Option(help="Offers per manager and week.")] = 2,
    cool_down_days: Annotated[int, typer.Option(help="From one offer to the next of the same person.")] = 42,
    holdout: Annotated[float, typer.Option(help="Share to whom nothing is offered, by lot.")] = 0.1,
    program: Annotated[str, typer.Option(help="The program that the offers belong to.")] = "care",
    seed: Annotated[int, typer.Option(help="Same seed, same lot.")] = 0,
    outcome: Annotated[str, typer.Option(help="Whose scores give the order: burnout or turnover.")] = "burnout",
    least_band: Annotated[str, typer.Option(help="Who is asked at all: usual, elevated or high.")] = "elevated",
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show the plan, and keep nothing.")] = False,
    config: Config = None,
    home: HomeOption = None,
    as_json: AsJson = False,
) -> None:
    """Plan a week: who is offered what, under capacity, cool-down and consent; some are held out by lot."""
    from serving.outreach.offers import plan_week
    from serving.outreach.plan import rules_of

    terminal, found = Terminal(as_json), Home.find(home)
    rules = rules_of(
        week=_day("--week", week), capacity=capacity, cool_down_days=cool_down_days, holdout=holdout, program=program,
        seed=seed,
    )  # fmt: skip
    store = _open(found)
    try:
        people = _people(found, store, outcome, rules, least_band, config)
        made = plan_week(store, people, rules, dry_run)
        if not dry_run:
            _publish(found, store)
    finally:
        store.close()
    terminal.table(
        f"{'Would be planned' if dry_run else 'Planned'} for the week of {rules.week}",
        _PLANNED,
        [(o.number or "", o.team_id, o.agent_id, o.arm, o.action, o.offered_by or "", o.due_on or "") for o in made],
    )
    terminal.say(
        f"{sum(one.arm == 'offer' for one in made)} offers and {sum(one.arm == 'holdout' for one in made)} held out."
    )
    terminal.answer({"rules": rules.model_dump(mode="json"), "dry_run": dry_run, "plan": [_shown(one) for one in made]})


@outreach.command("record")
def record_(
    offer: Number,
    state: Annotated[str, typer.Option(help="accepted, declined, done or outcome.")],
    on: Annotated[str | None, typer.Option(help="The day; now where it is left out.")] = None,
    said: Annotated[str | None, typer.Option(help="With outcome: what the agent says came of it.")] = None,
    note: Annotated[str | None, typer.Option(help="With outcome: up to 280 letters, kept apart.")] = None,
    no_more: Annotated[
        bool, typer.Option("--no-more", help="With declined: the agent wants no further offers.")
    ] = False,
    by: Annotated[str, typer.Option(help="Who writes it down.")] = "the command line",
    config: Config = None,
    home: HomeOption = None,
    as_json: AsJson = False,
) -> None:
    """Write down what became of an offer."""
    from serving.consent import record as decide
    from serving.outreach.offers import record

    if no_more and state != "declined":
        raise InputError(
            f"--no-more: goes with --state declined, not with {state}; else use `respite outreach refuse`."
        )
    terminal, found, now = Terminal(as_json), Home.find(home), datetime.now(UTC)
    at = datetime.combine(parse_date("--on", on), datetime.min.time(), UTC) if on else now
    overrides = _overrides(config)
    store = _open(found)
    try:
        days = _start_within(overrides)
        changed = record(store, offer, state, at, by, start_within=days, said=said, note=note)
        if no_more:
            decide(store, changed.agent_id, "outreach", False, now)
        _publish(found, store)
    finally:
        store.close()
    due = f"; the next step is due on {changed.due_on}" if changed.due_on else ""
    terminal.say(f"Offer {offer} is {changed.state}{due}.")
    terminal.answer(_shown(changed))


@outreach.command("list")
def list_(
    team: Annotated[str | None, typer.Option(help="Only this team.")] = None,
    program: Annotated[str | None, typer.Option(help="Only this program.")] = None,
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
    from serving.outreach.ics import calendar
    from serving.outreach.offers import offers_of
    from serving.outreach.sheet import COLUMNS, csv_of, row_of
    from serving.outreach.states import overdue as late

    terminal, day = Terminal(as_json), _day("--today", today)
    store = _open(Home.find(home))
    try:
        offers = offers_of(store, team, program, day if overdue else None)
    finally:
        store.close()
    for path, text in ((csv, csv_of(offers, day)), (ics, calendar(offers))):
        if path is not None:
            path.write_bytes(text.encode())
            terminal.say(f"{path}")
    terminal.table("Offers", [name.replace("_", " ") for name in COLUMNS], [row_of(one, day) for one in offers])
    terminal.say(f"{sum(late(one, day) for one in offers)} of {len(offers)} are overdue.")
    terminal.answer([_shown(one) | {"overdue": late(one, day)} for one in offers])


@outreach.command()
def guide(offer: Number, config: Config = None, home: HomeOption = None, as_json: AsJson = False) -> None:
    """Show how to lead the conversation of an offer, in the words of its site."""
    from serving.outreach.guide import guide_of
    from serving.outreach.offers import find

    terminal, overrides = Terminal(as_json), _overrides(config)
    store = _open(Home.find(home))
    try:
        found = find(store, offer)
    finally:
        store.close()
    shown = guide_of(found, overrides)
    terminal.say(shown.text)
    terminal.answer(shown.as_dict())


@outreach.command()
def publish(home: HomeOption = None, as_json: AsJson = False) -> None:
    """Write offers and holdouts into the table `outreach`, for training; `plan` and `record` do it by themselves."""
    terminal, found = Terminal(as_json), Home.find(home)
    store = _open(found)
    try:
        path = _publish(found, store)
    finally:
        store.close()
    terminal.say(f"{path}")
    terminal.answer({"path": str(path)})


@outreach.command()
def send(
    to: Annotated[str | None, typer.Option(help="The receiver's address, or RESPITE_WEBHOOK_URL.")] = None,
    today: Today = None,
    home: HomeOption = None,
    as_json: AsJson = False,
) -> None:
    """Tell a chat or ticket system of offers and of what is overdue; what did not arrive is sent again next time."""
    import os
    import time

    from serving.outreach.outbox import enqueue, send_waiting
    from serving.outreach.webhook import Receiver

    terminal, receiver = Terminal(as_json), Receiver.of(dict(os.environ), to)
    store = _open(Home.find(home))
    try:
        fresh = enqueue(store, _day("--today", today), datetime.now(UTC))
        with terminal.step("Sending notices"):
            done = send_waiting(store, receiver, clock=lambda: datetime.now(UTC), sleep=time.sleep)
    finally:
        store.close()
    terminal.say("\n".join([f"{done.sent} sent, {done.waiting} waiting.", *done.errors]))
    terminal.answer({"new": fresh, "sent": done.sent, "waiting": done.waiting, "errors": list(done.errors)})
    raise typer.Exit(1 if done.errors else 0)


@outreach.command()
def refuse(agent: Agent, home: HomeOption = None, as_json: AsJson = False) -> None:
    """An agent wants no offers. The next plan leaves them out; nothing else follows from it."""
    _decide(agent, False, home, Terminal(as_json))


@outreach.command()
def allow(agent: Agent, home: HomeOption = None, as_json: AsJson = False) -> None:
    """An agent who wanted no offers may get some again."""
    _decide(agent, True, home, Terminal(as_json))


def _decide(agent: str, granted: bool, home: Path | None, terminal: Terminal) -> None:
    from features.raw import rows
    from serving.consent import record

    found = Home.find(home)
    if agent not in set(rows(found, "agents", ["agent_id"])["agent_id"]):
        raise InputError(f"--agent {agent}: no such agent; ids are those of the table agents.")
    store = _open(found)
    record(store, agent, "outreach", granted, datetime.now(UTC))
    store.close()
    terminal.say(f"{agent} {'may get offers again' if granted else 'gets no offers'} from the next plan on.")
    terminal.answer({"agent_id": agent, "outreach": granted})


def _people(
    home: Home, store: "Store", outcome: str, rules: "Rules", least: str, config: Path | None
) -> "list[Person]":
    from serving.outreach.actions import catalog
    from serving.outreach.candidates import BANDS, candidates_of
    from training.config import OUTCOMES

    for option, value, valid in (("--outcome", outcome, tuple(OUTCOMES)), ("--least-band", least, BANDS)):
        if value not in valid:
            raise InputError(f"{option} {value}: name one of {', '.join(valid)}.")
    return candidates_of(home, store, outcome, rules.week, catalog(), _overrides(config), least)


def _overrides(config: Path | None) -> "Overrides":
    from serving.outreach.actions import catalog
    from serving.outreach.sites import overrides_of

    return overrides_of(config, catalog())


def _start_within(overrides: "Overrides") -> Any:
    from serving.outreach.guide import start_within

    return lambda offer: start_within(offer, overrides)


def _publish(home: Home, store: "Store") -> Path:
    from serving.outreach.contract import publish

    return publish(home, store)


def _open(home: Home) -> "Store":
    from serving.store import Store

    return Store(home)


def _day(option: str, text: str | None) -> date:
    return parse_date(option, text) if text else datetime.now(UTC).date()


def _shown(offer: "Offer") -> dict[str, Any]:
    """An offer for machines; the `uid` is for calendars and notices."""
    names = ("number", "week", "program", "team_id", "agent_id", "arm", "action", "also", "offered_by", "state",
             "due_on", "offered_at", "responded_at", "response", "done_at", "outcome")  # fmt: skip
    return {name: getattr(offer, name) for name in names}
