"""Facts become the feature frame: one row per agent and `as_of`, from what had happened and was known by then."""

from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from typing import Any

import numpy as np
import pandas as pd

from features.catalog import CATALOG, OPTIONAL, Feature, feature_names, own_usual, peer_usual
from features.definitions import RAW
from features.past import Past
from features.signals import Floats, Peers, Window, context, escalation, schedule, sentiment, workload
from features.weeks import WINDOWS, window_sums
from features.workdays import lay_out

__all__ = ["CONTEXT", "snapshot", "usual_names", "with_usual"]

CONTEXT = context.POST
_FAMILIES = (workload, escalation, schedule, sentiment)
_BEFORE = ("before_1", "before_2", "before_3")
_OWN_BLOCKS = 2
MIN_PEERS = 5
_TINY = 1e-12


def with_usual() -> list[str]:
    """Raw signals that have an own past and peers: those of a window of 28 days, but for context."""
    return [raw.name for raw in RAW if raw.days == 28 and raw.family != "context" and not raw.optional]


def usual_names() -> list[str]:
    """The columns that hold usual values, in the frame's order."""
    return [column for name in with_usual() for column in (own_usual(name), peer_usual(name))]


def snapshot(db: Any, past: Past, dates: Sequence[date], extra: Iterable[str] = ()) -> pd.DataFrame:
    """The frame for some dates.

    Parameters
    ----------
    db
        A DuckDB connection with the tables `agents`, `exits`, `absences`, `surveys`, `check_ins`.
    past
        The facts of the days before the dates.
    extra
        Names of optional features.
    """
    roster = context.find_roster(db, dates)
    with ThreadPoolExecutor(2) as pool:
        of_context = pool.submit(context.context, db)
        values = _window_values(past, roster, pool)
    columns = {
        entry.name: _plain(entry, values) for entry in (*CATALOG, *OPTIONAL) if entry.version in ("raw", "window")
    }
    columns |= {str(name): found.to_numpy() for name, found in of_context.result().items()}
    columns |= _compared(roster, values)
    frame = pd.DataFrame(columns)[[*feature_names(extra), *usual_names()]] + 0.0  # never -0
    frame = pd.concat([roster[["as_of", "agent_id", *CONTEXT]], frame], axis=1)
    frame["as_of"] = pd.to_datetime(frame["as_of"]).astype("datetime64[us]")
    return frame


def _window_values(past: Past, roster: pd.DataFrame, pool: ThreadPoolExecutor) -> dict[str, dict[str, Floats]]:
    """Every raw signal of every window, and the slopes."""
    look = past.look(roster)
    sums, queues, weekly = window_sums(past.increments, past.contact_states, look, past.queues)
    work = lay_out(past.work_states, look, past.from_shifts(look))
    queue, team = (Peers(roster["as_of"], roster[post]) for post in ("queue", "team_id"))

    def of_window(name: str) -> dict[str, Floats]:
        window = Window(name, roster, sums[name], queues[name], work, queue, team)
        return {signal: found for family in _FAMILIES for signal, found in family.signals(window).items()}

    values = dict(zip(WINDOWS, pool.map(of_window, WINDOWS), strict=True))
    values["28"] |= sentiment.slopes(weekly)
    return values


def _plain(entry: Feature, values: dict[str, dict[str, Floats]]) -> Floats:
    """A raw signal, or the same over another window."""
    if entry.version == "window":
        return values[str(entry.window_days)][str(entry.basis)]
    return values["28"].get(entry.name, np.full(0, np.nan))


def _compared(roster: pd.DataFrame, values: dict[str, dict[str, Floats]]) -> dict[str, Floats]:
    """Own z (in units of the queue's usual month-to-month change), change, peer z, and the usual values."""
    peers = Peers(roster["as_of"], roster["queue"])
    columns: dict[str, Floats] = {}
    wanted = {entry.name for entry in CATALOG}
    for name in with_usual():
        now, past = values["28"][name], np.stack([values[block][name] for block in _BEFORE])
        count = (~np.isnan(past)).sum(axis=0)
        mean = np.divide(np.nansum(past, axis=0), count, out=np.full(len(now), np.nan), where=count > 0)
        usual = np.where(count >= _OWN_BLOCKS, mean, np.nan)
        squares = np.nansum((past - mean) ** 2, axis=0)
        variance = np.divide(squares, count - 1, out=np.full(len(now), np.nan), where=count > 1)
        within = np.sqrt(peers.mean(variance))
        columns[own_usual(name)] = usual
        columns[peer_usual(name)] = np.where(peers.count(now) >= MIN_PEERS, peers.mean(now), np.nan)
        if f"{name}_own_z" in wanted:
            columns[f"{name}_own_z"] = _over(now - usual, within)
            columns[f"{name}_change"] = now - usual
            columns[f"{name}_peer_z"] = _over(now - columns[peer_usual(name)], peers.deviation(now))
    return columns


def _over(distance: Floats, spread: Floats) -> Floats:
    found: Floats = np.divide(distance, spread, out=np.full(len(distance), np.nan), where=spread > _TINY)
    return found
