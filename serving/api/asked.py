"""The request that is being answered: who asks, what for, and about whom; for the log that is written first."""

from collections.abc import Callable
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy.orm import Session

from serving.access import Principal
from serving.access.principal import NAMELESS
from serving.audit import Event, append_all
from serving.scoring import Answer
from serving.store import Store

__all__ = ["Asked", "asked", "current_request", "known", "with_entry"]

current_request: ContextVar["Asked"] = ContextVar("current_request")


@dataclass
class Asked:
    """One request. `what` is its method and path without anyone's id; `answer` is about whom it was."""

    what: str
    operation: str = ""
    who: Principal | None = None
    purpose: str = ""
    answer: Answer | None = None
    written: bool = False  # the entry is in the log already, together with what was done

    def answered(self, answer: Answer) -> Answer:
        """Keep for the log whom an answer is about."""
        self.answer = answer
        return answer

    @property
    def role(self) -> str:
        return self.who.role if self.who else "nobody"

    def event(self, status: int) -> Event:
        """The entry of the log."""
        about = self.answer or Answer({})
        if self.operation in NAMELESS and self.role == "agent":
            who, purpose = "somebody of role agent", self.purpose
            return Event(who, self.what, status, group=about.group, purpose=purpose, by_day=True)
        return Event(
            who=self.who.name if self.who else "nobody",
            who_agent=self.who.agent_id if self.who else None,
            what=self.what,
            status=status,
            agents=about.agents,
            group=about.group,
            purpose=self.purpose,
            model=about.model,
        )


def asked() -> Asked:
    """The request that is being answered here."""
    return current_request.get()


def known() -> Principal:
    """Who asks here; the gate let them in."""
    who = asked().who
    assert who is not None  # noqa: S101 - without the gate there is no request
    return who


def with_entry(store: Store, answer: Answer, write: Callable[[Session], None]) -> Answer:
    """Write into the store and into the log in one transaction: both are there, or neither."""
    request = asked()
    request.answer = answer
    append_all(store, [request.event(200)], datetime.now(UTC), also=write)
    request.written = True
    return answer
