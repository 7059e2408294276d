"""How far outreach reaches: what became of offers, and whether every group of people gets them alike."""

from datetime import date, timedelta
from typing import Any, NamedTuple

import pandas as pd

from features.home import Home
from features.raw import rows
from serving.outreach.listing import offers_of
from serving.reports.material import Material
from serving.store import Store
from training.fairness import offer_rates

__all__ = ["STATES", "Program", "offers_by_group", "programs", "reach"]

STATES = ("offered", "accepted", "declined", "done", "outcome")
_YEAR = timedelta(days=365)


class Program(NamedTuple):
    """A program of outreach, or an action that was brought from elsewhere, and the month of its first offer."""

    name: str
    month: pd.Timestamp


def programs(home: Home, store: Store) -> list[Program]:
    """Programs by the month in which they began, oldest first."""
    begun: dict[str, date] = {}
    for offer in offers_of(store):
        begun[offer.program] = min(begun.get(offer.program, offer.week), offer.week)
    known = {offer.action for offer in offers_of(store)}
    table = rows(home, "outreach", ["agent_id", "offered_at", "action"])
    for action, first in table.groupby("action")["offered_at"].min().items() if len(table) else ():
        if action not in known:
            begun[str(action)] = first.date()
    months = [Program(name, pd.Timestamp(day).to_period("M").start_time) for name, day in begun.items()]
    return sorted(months, key=lambda one: (one.month, one.name))


def reach(store: Store, until: date) -> list[dict[str, Any]]:
    """For each program of the last year: offers, people, and offers by state."""
    found: dict[str, list[Any]] = {}
    for offer in offers_of(store):
        if until - _YEAR <= offer.week <= until:
            found.setdefault(offer.program, []).append(offer)
    return [
        {
            "program": name,
            "offers": len(offers),
            "people": len({offer.agent_id for offer in offers}),
            "states": {state: sum(offer.state == state for offer in offers) for state in STATES},
        }
        for name, offers in sorted(found.items())
    ]


def offers_by_group(home: Home, material: Material) -> pd.DataFrame:
    """Rates of offers in the last year by group of a protected attribute, among those who have a post now."""
    if not home.batches("protected"):
        return offer_rates(None, [], [])
    table = rows(home, "outreach", ["agent_id", "offered_at", "arm"])
    made = table[(table["arm"] == "offer") & (table["offered_at"] >= material.as_of - _YEAR)] if len(table) else table
    agents = sorted(set(material.now["agent_id"]))
    offered = pd.Series(agents).isin(set(made["agent_id"]))
    return offer_rates(rows(home, "protected"), agents, offered)
