"""Which rows of scores a question is about."""

from collections.abc import Sequence
from functools import cache
from typing import Any

from sqlalchemy import JSON, Date, Integer, Select, and_, bindparam, or_, select, type_coerce

from serving.schemas import Which
from serving.tables import Score

__all__ = ["COLUMNS", "bound", "of_agents", "of_date"]

# reasons as they are kept: making all fifty of each score into objects would take most of the time of an answer
COLUMNS = [type_coerce(c, JSON).label(c.name) if c.name == "reasons" else c for c in Score.__table__.columns]


@cache
def of_agents(newest: bool) -> Select[Any]:
    """Scores of some agents on a date, or on the newest; built once, because building takes as long as asking."""
    outcome: Any = bindparam("outcome")
    horizon: Any = bindparam("horizon", type_=Integer)
    latest = select(Score.as_of).where(Score.outcome == outcome).order_by(Score.as_of.desc()).limit(1)
    day = latest.scalar_subquery() if newest else bindparam("day", type_=Date)
    query = select(*COLUMNS).where(Score.outcome == outcome, Score.as_of == day)
    query = query.where(or_(and_(horizon.is_(None), Score.main), Score.horizon_days == horizon))
    return query.where(Score.agent_id.in_(bindparam("agents", expanding=True)))


def bound(which: Which, agents: Sequence[str]) -> dict[str, Any]:
    named = {"outcome": which.outcome, "horizon": which.horizon_days, "agents": list(agents)}
    return named if which.as_of is None else named | {"day": which.as_of}


def of_date(which: Which, day: Any) -> Select[Any]:
    """Scores of a date."""
    query = select(*COLUMNS).where(Score.outcome == which.outcome, Score.as_of == day)
    return query.where(Score.main if which.horizon_days is None else Score.horizon_days == which.horizon_days)
