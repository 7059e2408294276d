"""How a team, a site or a queue stands, without anyone in it: every number goes through the memory of releases."""

from collections.abc import Sequence
from datetime import date, timedelta
from functools import lru_cache
from typing import Any, NamedTuple

from sqlalchemy import select
from sqlalchemy.orm import aliased

from features.errors import NotReadyError
from serving.access import AccessPolicy, Principal, refuse_person
from serving.privacy.cohorts import cohorts
from serving.privacy.memory import releases_of
from serving.privacy.policy import PrivacyPolicy
from serving.schemas import USE, Kind
from serving.scoring import Answer, UnknownGroupError
from serving.store import Store
from serving.tables import Score
from training.explain import FAMILIES

__all__ = ["Groups"]

WEEKS = 12
_COLUMN = {"team": "team_id", "site": "site_id", "queue": "queue"}
_READ = (
    Score.agent_id, Score.probability, Score.families, Score.team_id, Score.site_id, Score.queue,
    Score.horizon_days, Score.model_version,
)  # fmt: skip


class _Day(NamedTuple):
    """Scores of a date, and the last ones before it of whoever has none now."""

    now: Sequence[Any]
    carried: Sequence[Any]


class Groups:
    """Figures of groups from one store. A figure of a date is decided once; asking again gives the same."""

    def __init__(self, store: Store, policy: AccessPolicy, privacy: PrivacyPolicy) -> None:
        self.store, self.policy, self.privacy = store, policy, privacy
        self._day = lru_cache(maxsize=4)(self._read)
        self._figures = lru_cache(maxsize=4_096)(self._decide)

    def figures(self, who: Principal, kind: Kind, name: str, outcome: str, as_of: date | None) -> Answer:
        """The figures of a group, or why there are none.

        Raises
        ------
        NotYoursError
            A manager asks for another team's.
        NotReadyError
            Nothing was scored yet.
        UnknownGroupError
            There is no such group on that date.
        """
        if who.role == "manager" and (kind != "team" or name not in who.teams):
            raise refuse_person(self.policy, who, f"{kind} {name}")
        self.policy.refuse_outcome(who, outcome)
        day = as_of or self.store.latest(outcome)
        with self.store.session() as session:
            query = select(Score.scored_at).where(Score.outcome == outcome, Score.as_of == day).limit(1)
            made = session.execute(query).first()
        if day is None or made is None:
            raise NotReadyError(f"There are no {outcome} scores{f' as of {as_of}' if as_of else ' yet'}.")
        body = self._figures(kind, name, outcome, day, made.scored_at)
        return Answer(body, group=f"{kind} {name}", model=f"{outcome} {body['model_version']}")

    def _decide(self, kind: Kind, name: str, outcome: str, day: date, made: object) -> dict[str, Any]:
        rows, column = self._day(outcome, day, made), _COLUMN[kind]
        members = [row for row in rows.now if getattr(row, column) == name]
        if not members:
            raise UnknownGroupError(f"{kind}: there is no {kind} '{name}' on {day}.")
        site = members[0].site_id
        chain = [("site_id", site), (column, name)] if kind == "team" else [(column, name)]
        everyone = {row.agent_id for row in (*rows.now, *rows.carried)}
        with releases_of(self.store, everyone, self.privacy) as releases:
            found = cohorts(releases, outcome, day, rows.now, rows.carried, chain)
        about = {"kind": kind, "name": name, "as_of": day.isoformat(), "outcome": outcome, "use": USE}
        about |= {"horizon_days": members[0].horizon_days, "model_version": members[0].model_version}
        if found is None:
            return about | self._hidden(kind, site)
        mean, usual = (_mean([row.probability for row in people]) for people in (found.group, found.everyone))
        apart = {f: _mean_of(found.group, f) - _mean_of(found.everyone, f) for f in FAMILIES}
        return about | {
            "people": len(found.group),
            "mean_probability": round(mean, 3),
            "expected": round(mean * len(found.group)),
            "everyone": round(usual, 3),
            "families": {family: round(value, 2) for family, value in apart.items()},
            "hidden": None,
            "instead": None,
        }

    def _hidden(self, kind: Kind, site: str) -> dict[str, Any]:
        nothing: dict[str, Any] = dict.fromkeys(("people", "mean_probability", "expected", "everyone"))
        why = (
            f"Numbers of this {kind}, alone or beside others that were shown, could be traced to fewer than"
            f" {self.privacy.minimum_group} people."
        )
        return nothing | {"families": {}, "hidden": why, "instead": f"site {site}" if kind == "team" else None}

    def _read(self, outcome: str, day: date, _made: object) -> _Day:
        main = select(*_READ).where(Score.outcome == outcome, Score.main)
        later = aliased(Score)
        newest = select(later.agent_id).where(
            later.agent_id == Score.agent_id, later.outcome == outcome, later.main,
            later.as_of > Score.as_of, later.as_of <= day, later.probability.is_not(None),
        )  # fmt: skip
        before = main.where(
            Score.as_of < day, Score.as_of > day - timedelta(weeks=WEEKS), Score.probability.is_not(None),
            ~newest.exists(),
        )  # fmt: skip
        with self.store.reading() as connection:
            now: Sequence[Any] = connection.execute(main.where(Score.as_of == day)).all()
            carried: Sequence[Any] = connection.execute(before).all()
            return _Day(now, carried)


def _mean(values: Sequence[float]) -> float:
    return sum(values) / len(values)


def _mean_of(people: Sequence[Any], family: str) -> float:
    return _mean([row.families.get(family, 0.0) for row in people])
