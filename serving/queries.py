"""Which rows of scores a question is about."""

import json
from collections.abc import Sequence
from functools import cache
from typing import Any

from sqlalchemy import JSON, Date, Integer, Select, and_, bindparam, func, or_, select, type_coerce

from serving.schemas import Which
from serving.tables import STRONGEST, Score

__all__ = ["columns", "of_agents", "of_date"]


@cache
def columns(every: bool) -> list[Any]:
    """Columns of scores by their name, with the strongest reasons alone or with `every` one.

    Reasons are as they are kept: making all fifty of each score into objects would take most of the time of an answer.
    """
    return [
        type_coerce(column, JSON).label(column.name) if "reasons" in column.name else column
        for column in Score.__table__.columns
        if column.name != "answer" and (every or column.name != "more_reasons")
    ]


# what an answer has beside the text that is sent, and who may read it
_USUAL = [
    Score.agent_id, Score.team_id, Score.as_of, Score.horizon_days, Score.probability, Score.model_version,
    Score.contract_version, Score.scored_at, Score.answer,
]  # fmt: skip


@cache
def _of_agents(newest: bool, several: bool, listed: bool, every: bool, usual: bool) -> Select[Any]:
    """Scores of an agent or of `several`, on a date or the newest; built once: building takes as long as asking.

    `listed`: the names of several are one JSON text, as SQLite reads it; a list would make a statement of each length.
    """
    outcome: Any = bindparam("outcome")
    horizon: Any = bindparam("horizon", type_=Integer)
    latest = select(Score.as_of).where(Score.outcome == outcome).order_by(Score.as_of.desc()).limit(1)
    day = latest.scalar_subquery() if newest else bindparam("day", type_=Date)
    query = select(*(_USUAL if usual else columns(every))).where(Score.outcome == outcome, Score.as_of == day)
    query = query.where(or_(and_(horizon.is_(None), Score.main), Score.horizon_days == horizon))
    agents: Any = bindparam("agents", expanding=several and not listed)
    if several and listed:
        return query.where(Score.agent_id.in_(select(func.json_each(agents).table_valued("value").c.value)))
    return query.where(Score.agent_id.in_(agents) if several else Score.agent_id == agents)


def of_agents(
    which: Which, agents: Sequence[str], sqlite: bool, usual: bool = False
) -> tuple[Select[Any], dict[str, Any]]:
    """The query for scores of some agents, and its values; `usual`: with the answer as it is kept, and no reasons."""
    several, every = len(agents) != 1, which.top_reasons > STRONGEST
    names = (json.dumps(list(agents)) if sqlite else list(agents)) if several else agents[0]
    named = {"outcome": which.outcome, "horizon": which.horizon_days, "agents": names}
    if which.as_of is None:
        return _of_agents(True, several, sqlite, every, usual), named
    return _of_agents(False, several, sqlite, every, usual), named | {"day": which.as_of}


def of_date(which: Which, day: Any) -> Select[Any]:
    """Scores of a date."""
    query = select(*columns(which.top_reasons > STRONGEST)).where(Score.outcome == which.outcome, Score.as_of == day)
    return query.where(Score.main if which.horizon_days is None else Score.horizon_days == which.horizon_days)
