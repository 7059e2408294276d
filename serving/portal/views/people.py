"""People by score, for those who offer support: a list, and one person with reasons, history and offers."""

from datetime import date
from typing import Any

from pydantic import Field
from sqlalchemy import Select, func, select

from features.errors import InputError
from serving.api.offers import offers
from serving.portal.charts import history_line
from serving.portal.visit import Visit
from serving.schemas import OfAgent, OfOffersPage, Which
from serving.schemas.kinds import AgentId, Band
from serving.scoring import Answer
from serving.tables import Score

__all__ = ["listed", "person"]

_PAGE, _OFFERS = 50, 1_000
_COLUMNS = (Score.agent_id, Score.team_id, Score.site_id, Score.queue, Score.probability, Score.low, Score.high,
            Score.band, Score.abstained)  # fmt: skip


class _Asked(Which):
    """The filter of the list."""

    team: AgentId | None = None
    band: Band | None = None
    page: int = Field(1, ge=1, le=100_000)


def listed(visit: Visit) -> str:
    """People, the highest score first; to a manager those of own teams who share theirs."""
    kept = {name: value for name, value in visit.given.items() if value and name in ("outcome", "team", "band", "page")}
    asked = _Asked.model_validate(kept)
    if visit.desk.scoring.policy.of(visit.who).about == "everyone":
        found = _of_everyone(visit, asked)
    else:
        found = _of_teams(visit, asked)
    outcomes = visit.desk.scoring.policy.of(visit.who).outcomes
    filters = {name: value for name, value in kept.items() if name != "page"}
    return visit.page("people.html", **found, asked=asked, filters=filters, outcomes=outcomes)


def person(visit: Visit) -> str:
    """One person: scores with what contributed to them, what they were before, and their offers."""
    agent, scores = visit.given["agent_id"], []
    for outcome in visit.desk.scoring.policy.of(visit.who).outcomes:
        which = OfAgent(agent_id=agent, outcome=outcome)
        found = visit.read(visit.desk.scoring.explanation(visit.who, agent, which))
        past = visit.read(visit.desk.scoring.history(visit.who, agent, which))["history"]
        scores.append(found | {"past": past, "line": history_line(past, visit.words)})
    made: list[dict[str, Any]] = []
    if visit.may("offers"):
        made = offers(visit.desk, visit.who, OfOffersPage(agent_id=agent, limit=_OFFERS)).body["offers"]
    return visit.page("person.html", agent_id=agent, scores=scores, offers=made)


def _of_everyone(visit: Visit, asked: _Asked) -> dict[str, Any]:
    """A page of everyone by score, under the same rules as the API's pages by id."""
    scoring = visit.desk.scoring
    first = scoring.page(visit.who, asked, None, 1).body  # refuses, and knows the date
    query = _filtered(select(*_COLUMNS), asked, first["freshness"]["as_of"])
    ordered = query.order_by(Score.probability.desc().nulls_last(), Score.agent_id)
    counted = _filtered(select(func.count()).select_from(Score), asked, first["freshness"]["as_of"])
    with visit.desk.store.reading() as connection:
        shown = connection.execute(ordered.offset(_PAGE * (asked.page - 1)).limit(_PAGE)).mappings()
        rows = [dict(row) for row in shown]
        total = connection.scalar(counted) or 0
    if not rows and asked.page > 1:
        raise InputError(f"page: {asked.page}; there are {-(-total // _PAGE)}.")
    model = f"{asked.outcome} {first['model_version']}"
    visit.read(Answer({}, tuple(row["agent_id"] for row in rows), model=model))
    pages = max(1, -(-total // _PAGE))
    return {"people": rows, "total": total, "pages": pages, "as_of": first["freshness"]["as_of"]}


def _filtered(query: Select[*tuple[Any, ...]], asked: _Asked, as_of: str) -> Select[*tuple[Any, ...]]:
    query = query.where(Score.outcome == asked.outcome, Score.as_of == date.fromisoformat(as_of), Score.main)
    for column, wanted in ((Score.team_id, asked.team), (Score.band, asked.band)):
        query = query if wanted is None else query.where(column == wanted)
    return query


def _of_teams(visit: Visit, asked: _Asked) -> dict[str, Any]:
    """Those of own teams who share their score."""
    rows, as_of = [], None
    for team in sorted(visit.who.teams) if asked.team is None else [asked.team]:
        body = visit.read(visit.desk.scoring.team(visit.who, team, asked))
        as_of = body["freshness"]["as_of"]
        for one in body["scores"]:
            interval = one["interval"] or {"low": None, "high": None}
            rows.append(one | interval | {"team_id": team, "site_id": "", "queue": ""})
    rows = [row for row in rows if asked.band is None or row["band"] == asked.band]
    rows.sort(key=lambda row: (row["probability"] is None, -(row["probability"] or 0), row["agent_id"]))
    return {"people": rows, "total": len(rows), "pages": 1, "as_of": as_of}
