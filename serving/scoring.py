"""What may be answered about people, without any HTTP: who asks decides which rows, the batch wrote the numbers.

Every answer comes with whom it is about, so that whoever sends it can write that down first.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any, cast

from pydantic_core import to_json
from sqlalchemy import Select, select

from features.errors import InputError, NotReadyError
from serving.access import AccessPolicy, Principal, may_read, refuse_person
from serving.consent import agreed
from serving.privacy.opt_out import for_manager
from serving.privacy.page import PseudonymPages
from serving.queries import columns, of_agents, of_date
from serving.schemas import USE, ScoresRequest, Which
from serving.shown import past, shown
from serving.store import Store
from serving.tables import USUAL, Score

__all__ = ["Answer", "Scoring", "UnknownAgentError", "UnknownGroupError"]

EVERY = 10_000  # reasons; no model has as many
Record = Mapping[str, Any]  # a row of scores
HOW_TO_READ = (
    "The starting point and all contributions add up to the log-odds of the score; above 0 they raised it, below 0 they"
    " lowered it. They contributed to the score; they do not say why something would happen."
)


class UnknownAgentError(InputError):
    """An agent has no score on that date."""


class UnknownGroupError(InputError):
    """There is no such team, site or queue on that date."""


@dataclass(frozen=True)
class Answer:
    """A body in the shape of its schema; which agents it is about, or which group; by which model.

    A field of the body may be given apart, as the JSON that it is kept as.
    """

    said: dict[str, Any]
    agents: tuple[str, ...] = ()
    group: str = ""
    model: str = ""
    kept: tuple[str, str] | None = None  # name and JSON of a field

    @property
    def body(self) -> dict[str, Any]:
        return self.said if self.kept is None else self.said | {self.kept[0]: json.loads(self.kept[1])}

    def json(self) -> bytes:
        """The body as it is sent."""
        said = to_json(self.said, inf_nan_mode="null")
        if self.kept is None:
            return said
        return b'%s,"%s":%s}' % (said[:-1], self.kept[0].encode(), self.kept[1].encode())


class Scoring:
    """Answers from one store, under one policy."""

    def __init__(self, store: Store, policy: AccessPolicy, fresh_days: int) -> None:
        self.store, self.policy, self.fresh_days = store, policy, fresh_days
        self.pages = PseudonymPages(store)
        self._sqlite = store.engine.dialect.name == "sqlite"

    def one(self, who: Principal, agent_id: str, which: Which) -> Answer:
        """The score of one agent."""
        found = self._people(who, [agent_id], which, "agent_id")
        return self._answer(found, which, {}, kept=("score", _as_json(found[0], which.top_reasons)))

    def some(self, who: Principal, request: ScoresRequest) -> Answer:
        """Scores of some agents, in the order of the question.

        Raises
        ------
        NotReadyError
            Nothing was scored yet, or not on that date.
        UnknownAgentError
            Someone is not among the scored.
        NotYoursError
            Someone is not whom this principal reads about.
        """
        found = self._people(who, request.agent_ids, request, "agent_ids")
        scores = ",".join([_as_json(row, request.top_reasons) for row in found])
        return self._answer(found, request, {}, kept=("scores", f"[{scores}]"))

    def explanation(self, who: Principal, agent_id: str, which: Which) -> Answer:
        """Every reason of one score."""
        (row,) = found = self._people(who, [agent_id], which.model_copy(update={"top_reasons": EVERY}), "agent_id")
        score = shown(row, EVERY)
        total = None if row["base"] is None else row["base"] + sum(row["families"].values())
        return self._answer(found, which, {"score": score, "log_odds": total, "how_to_read": HOW_TO_READ})

    def history(self, who: Principal, agent_id: str, which: Which) -> Answer:
        """Every score of one agent that is kept, oldest first."""
        self._people(who, [agent_id], which, "agent_id")  # whoever may not read today's may not read yesterday's
        query = select(*columns(False)).where(Score.agent_id == agent_id, Score.outcome == which.outcome)
        query = query.where(Score.main if which.horizon_days is None else Score.horizon_days == which.horizon_days)
        rows = [self._for(who, row) for row in self._rows(query.order_by(Score.as_of))]
        found = [past(row) for row in rows]
        body = {"agent_id": agent_id, "outcome": which.outcome, "use": USE, "history": found}
        return Answer(body, (agent_id,), model=f"{which.outcome} {rows[-1]['model_version']}")

    def team(self, who: Principal, team_id: str, which: Which) -> Answer:
        """Scores of those members of a team about whom this principal reads."""
        own = who.role != "manager" or team_id in who.teams
        if not own or self.policy.of(who).about in ("self", "pseudonyms", "nobody"):
            raise refuse_person(self.policy, who, f"team {team_id}")
        self.policy.refuse_outcome(who, which.outcome)
        day = self._day(which)
        rows = self._rows(of_date(which, day).where(Score.team_id == team_id).order_by(Score.agent_id))
        if not rows:
            raise UnknownGroupError(f"team_id: there is no team '{team_id}' on {day}.")
        shares = self._shares(who, [row["agent_id"] for row in rows])
        seen = [self._for(who, row) for row in rows if self._may(who, row, shares)]
        body = {"scores": [shown(row, which.top_reasons) for row in seen]}
        answer = self._answer(rows, which, body)
        return Answer(answer.body, tuple(row["agent_id"] for row in seen), f"team {team_id}", answer.model)

    def page(self, who: Principal, which: Which, after: str | None, limit: int) -> Answer:
        """Scores of everyone, a page at a time; under pseudonyms for a data scientist."""
        self.policy.refuse_outcome(who, which.outcome)
        about = self.policy.of(who).about
        if about not in ("everyone", "pseudonyms"):
            raise refuse_person(self.policy, who, "everyone")
        day = self._day(which)
        if about == "pseudonyms":
            return self._pseudonym_page(which, day, after, limit)
        query = of_date(which, day).order_by(Score.agent_id).limit(limit + 1)
        rows = self._rows(query if after is None else query.where(Score.agent_id > after))
        page, more = rows[:limit], len(rows) > limit
        body = {
            "scores": [shown(row, which.top_reasons) for row in page],
            "next": page[-1]["agent_id"] if more else None,
        }
        return self._answer(page or self._rows(of_date(which, day).limit(1)), which, body, page)

    def refuse_other(self, who: Principal, agent_id: str) -> None:
        """Go on only where an agent asks about themselves.

        Raises
        ------
        NotYoursError
            It is somebody else.
        """
        if agent_id != who.agent_id:
            raise refuse_person(self.policy, who, "agent_id")

    def _pseudonym_page(self, which: Which, day: date, after: str | None, limit: int) -> Answer:
        """Under pseudonyms of the month, with neither sentences nor posts: who is meant cannot be read off."""
        names, more = self.pages.page(day, which.outcome, after, limit)
        known = which.model_copy(update={"as_of": day})
        rows = {row["agent_id"]: row for row in self._rows(*of_agents(known, list(names.values()), self._sqlite))}
        page = [{**rows[agent], "agent_id": name} for name, agent in names.items() if agent in rows]
        scores = [shown(row, 0) for row in page]
        body = {"scores": scores, "next": next(reversed(names)) if more and names else None}
        about = list(rows.values()) or self._rows(of_date(which, day).limit(1))
        return self._answer(about, which, body, list(rows.values()))

    def _people(self, who: Principal, agents: Sequence[str], which: Which, place: str) -> list[Record]:
        """The rows of some agents, in their order, where this principal may read about all of them."""
        self.policy.refuse_outcome(who, which.outcome)
        about = self.policy.of(who).about
        if about == "self" and set(agents) != {who.agent_id}:
            raise refuse_person(self.policy, who, place)
        rows = {row["agent_id"]: row for row in self._named(which, agents)}
        if about not in ("everyone", "self"):  # an unknown agent is refused like one who does not share
            shares = self._shares(who, agents)
            if not all(agent in rows and self._may(who, rows[agent], shares) for agent in agents):
                raise refuse_person(self.policy, who, place)
        unknown = [agent for agent in agents if agent not in rows]
        if unknown:
            day = self._day(which)
            raise UnknownAgentError(
                f"{place}: {', '.join(map(repr, unknown[:5]))} had no post on {day}; ids are those of the table agents."
            )
        return [self._for(who, rows[agent]) for agent in agents]

    def _day(self, which: Which) -> date:
        """The date that is meant.

        Raises
        ------
        NotReadyError
            Nothing was scored yet, or not on that date, or not within that horizon.
        """
        day = which.as_of or self.store.latest(which.outcome)
        said = f"There are no {which.outcome} scores"
        if day is None:
            raise NotReadyError(f"{said} yet.")
        if not self._rows(of_date(which, day).limit(1)):
            horizons = select(Score.horizon_days).where(Score.as_of == day, Score.outcome == which.outcome).distinct()
            with self.store.reading() as connection:
                known = sorted(connection.scalars(horizons))
            if not known:
                raise NotReadyError(f"{said} as of {day}.")
            raise InputError(f"horizon_days: {which.horizon_days}; {which.outcome} has {', '.join(map(str, known))}.")
        return day

    def _rows(self, query: Select[Any], bound: dict[str, Any] | None = None) -> Sequence[Record]:
        with self.store.reading() as connection:
            return cast("Sequence[Record]", connection.execute(query, bound or {}).mappings().all())

    def _named(self, which: Which, agents: Sequence[str]) -> Sequence[Record]:
        """The rows of some agents: with the usual answer where it is asked for and kept, else with what makes it."""
        if which.top_reasons != USUAL:
            return self._rows(*of_agents(which, agents, self._sqlite))
        found = self._rows(*of_agents(which, agents, self._sqlite, usual=True))
        kept = [row for row in found if row["answer"] is not None and row["probability"] is not None]
        if len(kept) == len(found):
            return kept
        known = {row["agent_id"] for row in kept}
        others = [row["agent_id"] for row in found if row["agent_id"] not in known]
        return [*kept, *self._rows(*of_agents(which, others, self._sqlite))]

    def _shares(self, who: Principal, agents: Sequence[str]) -> dict[str, bool]:
        if self.policy.of(who).about != "shared":
            return {}
        return agreed(self.store, "share_with_manager", agents)

    def _may(self, who: Principal, row: Record, shares: dict[str, bool]) -> bool:
        return may_read(self.policy, who, row["agent_id"], row["team_id"], shares)

    def _for(self, who: Principal, row: Record) -> Record:
        """A row as the role may read it: to a manager an opt-out is nobody's business."""
        return for_manager(row) if who.role == "manager" else row

    def _answer(
        self, rows: Sequence[Record], which: Which, body: dict[str, Any], about: Sequence[Record] | None = None,
        kept: tuple[str, str] | None = None,
    ) -> Answer:  # fmt: skip
        first = rows[0]
        common = {
            "outcome": which.outcome,
            "horizon_days": first["horizon_days"],
            "model_version": first["model_version"],
            "contract_version": first["contract_version"],
            "use": USE,
            "freshness": self._freshness(first),
        }
        agents = tuple(row["agent_id"] for row in (rows if about is None else about))
        return Answer(common | body, agents, model=f"{which.outcome} {first['model_version']}", kept=kept)

    def _freshness(self, row: Record) -> dict[str, Any]:
        age = (datetime.now(UTC).date() - row["as_of"]).days
        at = row["scored_at"]
        return {
            "as_of": row["as_of"].isoformat(),
            "scored_at": at and f"{at.isoformat(timespec='seconds')}Z",
            "age_days": age,
            "fresh": age <= self.fresh_days,
        }


def _as_json(row: Record, top: int) -> str:
    """A score as it is sent: as it is kept, or made of its parts."""
    kept: str | None = row.get("answer")
    return to_json(shown(row, top), inf_nan_mode="null").decode() if kept is None else kept
