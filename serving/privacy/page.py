"""Everyone under pseudonyms of the month, in the order of the pseudonyms: an order that says nothing about anyone."""

from bisect import bisect_right
from datetime import date
from functools import lru_cache

from sqlalchemy import select

from serving.privacy.pseudonyms import pseudonyms
from serving.store import Store
from serving.tables import Score

__all__ = ["PseudonymPages"]


class PseudonymPages:
    """Pages of everyone who has a row on a date. Names are made once a date; a new batch of the date is read anew."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self._names = lru_cache(maxsize=4)(self._make)

    def page(self, as_of: date, outcome: str, after: str | None, limit: int) -> tuple[dict[str, str], bool]:
        """Agent ids by pseudonym, after a pseudonym; and whether there are more."""
        with self.store.session() as session:
            query = select(Score.scored_at).where(Score.as_of == as_of, Score.outcome == outcome).limit(1)
            made = session.scalar(query)
        names = self._names(as_of, outcome, made)
        start = bisect_right(names, (after, "\U0010ffff")) if after is not None else 0
        return dict(names[start : start + limit]), start + limit < len(names)

    def _make(self, as_of: date, outcome: str, _made: object) -> list[tuple[str, str]]:
        query = select(Score.agent_id).where(Score.as_of == as_of, Score.outcome == outcome).distinct()
        with self.store.writing() as session:
            agents = list(session.scalars(query))
            return sorted((name, agent) for agent, name in pseudonyms(session, agents, f"{as_of:%Y-%m}").items())
