"""The signals: Ibis expressions over an agent's days, one module a family.

A module offers up to three functions, each from a relation to named expressions:

- `per_day(days)`: columns of an agent's day that need the day before (rests, runs of days);
- `per_window(days)`: one value per agent and window, from the days in it;
- `against_peers(windows)`: values that need the other agents of the queue or team.

`days` has one row per (as_of, agent_id, day), `windows` one per (as_of, agent_id, block); block 0 is the window that
ends before `as_of`, blocks 1 to 3 are the three before it, which are the agent's own baseline.
"""

from typing import Any

import ibis

from features.catalog import MIN_CONTACTS
from features.unknown import ratio

__all__ = ["AGENT", "WINDOW", "among_queue", "enough_contacts", "over_agent", "smoothed"]

AGENT = ("as_of", "agent_id")
WINDOW = (*AGENT, "block")
PRIOR_CONTACTS = 50


def over_agent(*order: str, **frame: Any) -> Any:
    """A window over one agent's days, in order."""
    return ibis.window(group_by=AGENT, order_by=list(order) or None, **frame)


def among_queue() -> Any:
    """A window over the agents who are on the same queue, in the same block of days."""
    return ibis.window(group_by=["as_of", "queue", "block"])


def enough_contacts(windows: Any, value: Any) -> Any:
    """A rate over fewer than 30 contacts is null, never 0."""
    return ibis.ifelse(windows.contacts >= MIN_CONTACTS, value, ibis.null())


def smoothed(windows: Any, part: str) -> Any:
    """Share of contacts, pulled toward the queue's share in the same window: (k + 50 p0) / (n + 50)."""
    known, counted = windows[f"{part}_n"], windows[part]
    prior = ratio(counted.sum().over(among_queue()), known.sum().over(among_queue()))
    value = (counted + PRIOR_CONTACTS * prior) / (known + PRIOR_CONTACTS)
    return ibis.ifelse(known >= MIN_CONTACTS, value, ibis.null())
