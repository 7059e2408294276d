"""Whoever asks: a name, a role, and what the role is bound to."""

from dataclasses import dataclass
from typing import Literal, get_args

from features.errors import InputError

__all__ = ["NAMELESS", "OPERATIONS", "ROLES", "Operation", "Principal", "Role"]

Role = Literal["hr", "manager", "agent", "data_scientist", "auditor", "service"]
ROLES: tuple[Role, ...] = get_args(Role)
Operation = Literal[
    "scores", "explanation", "history", "what_if", "score_rows", "groups", "models", "consent", "log", "metrics",
    "offers", "record_offer", "plan", "feedback", "answer_feedback", "suggest", "suggestions", "reports",
    "organization", "page", "portal",
]  # fmt: skip
OPERATIONS: tuple[Operation, ...] = get_args(Operation)
# agents ask these without a name: the log has their role and the day
NAMELESS: frozenset[str] = frozenset({"suggest"})


@dataclass(frozen=True)
class Principal:
    """Who asks. `teams` are those of a manager, `agent_id` is the agent's own; `scopes` narrow what the role may ask.

    `manager_id` is a manager's own id in the roster, where it is known: teams change hands, and some have two managers,
    so it says which offers are theirs.

    Raises
    ------
    InputError
        A manager without teams, an agent without an id, either of them or a manager's id for another role, an empty id,
        or an unknown name.
    """

    name: str
    role: Role
    teams: frozenset[str] = frozenset()
    agent_id: str | None = None
    scopes: frozenset[str] = frozenset()
    manager_id: str | None = None

    def __post_init__(self) -> None:
        if self.role not in ROLES:
            raise InputError(f"role '{self.role}': the roles are {', '.join(ROLES)}.")
        if bool(self.teams) != (self.role == "manager"):
            raise InputError(f"role {self.role}: a manager has teams, and nobody else has; got {sorted(self.teams)}.")
        if bool(self.agent_id) != (self.role == "agent"):
            raise InputError(f"role {self.role}: an agent has their own agent id, and nobody else has one.")
        if self.manager_id is not None and (self.role != "manager" or not self.manager_id.strip()):
            raise InputError(
                f"role {self.role}: a manager may have a manager id that is not empty, and nobody else has one."
            )
        unknown = sorted(self.scopes - set(OPERATIONS))
        if unknown:
            raise InputError(f"scope '{unknown[0]}': the scopes are {', '.join(OPERATIONS)}.")

    def within_scope(self, operation: str) -> bool:
        """Whether the token opens this kind of question; a token without scopes opens all that its role may ask."""
        return not self.scopes or operation in self.scopes
