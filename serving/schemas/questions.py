"""What the API takes. Unknown fields are refused, so that a typing error is never read as a default."""

from datetime import date
from typing import Literal

from pydantic import BaseModel, Field, FiniteFloat

from serving.schemas.kinds import AGENT, AgentId, Kind, Outcome, with_example

__all__ = [
    "ConsentRequest",
    "OfAgent",
    "OfEveryone",
    "OfGroup",
    "OfLog",
    "OfModel",
    "OfTeam",
    "Oneself",
    "RowsRequest",
    "ScoresRequest",
    "WhatIfRequest",
    "Which",
]


class Which(BaseModel):
    """Which scores of people."""

    model_config = with_example()

    outcome: Outcome = Field("burnout", description="What is predicted.")
    horizon_days: int | None = Field(None, ge=1, le=3650, description="Within how many days; the model's own first.")
    as_of: date | None = Field(None, description="A date that was scored; the newest where it is left out.")
    top_reasons: int = Field(5, ge=0, le=50, description="How many reasons per score.")


class OfAgent(Which):
    """Scores of one agent."""

    agent_id: AgentId = Field(description="Whom it is about.", examples=[AGENT])


class OfTeam(Which):
    """Scores of a team's members."""

    team_id: AgentId = Field(description="A team.", examples=["T01"])


class OfEveryone(Which):
    """A page of everyone."""

    after: AgentId | None = Field(None, description="The `next` of the page before.")
    limit: int = Field(100, ge=1, le=1000, description="How many.")


class OfGroup(BaseModel):
    """The figures of a group."""

    model_config = with_example()

    kind: Kind = Field(description="What kind of group.")
    name: AgentId = Field(description="Its name.", examples=["T01"])
    outcome: Outcome = Field("burnout", description="What is predicted.")
    as_of: date | None = Field(None, description="A date that was scored; the newest where it is left out.")


class OfModel(BaseModel):
    """The model in charge of an outcome."""

    model_config = with_example()

    outcome: Outcome = Field(description="What is predicted.")


class Oneself(BaseModel):
    """An agent."""

    model_config = with_example()

    agent_id: AgentId = Field(description="Whom it is about.", examples=[AGENT])


class OfLog(BaseModel):
    """A page of the log."""

    model_config = with_example()

    after: int = Field(0, ge=0, le=2**53, description="The `next` of the page before.")
    limit: int = Field(100, ge=1, le=1000, description="How many.")


class ScoresRequest(Which):
    """Scores of some agents from a batch."""

    model_config = with_example({"agent_ids": [AGENT, "A0012"], "outcome": "burnout", "top_reasons": 3})

    agent_ids: list[AgentId] = Field(min_length=1, max_length=1000, description="Whom to look up.")


class RowsRequest(BaseModel):
    """Rows of the feature frame, scored at once and not kept."""

    model_config = with_example({"outcome": "burnout", "rows": [{"quick_returns": 4, "contacts_per_hour": 3.1}]})

    rows: list[dict[str, FiniteFloat | None]] = Field(
        min_length=1, max_length=1000, description="Feature name to value; a feature that is left out is unknown."
    )
    outcome: Outcome = Field("burnout", description="What is predicted.")
    top_reasons: int = Field(5, ge=0, le=50, description="How many reasons per score.")


class WhatIfRequest(BaseModel):
    """Other values of signals that work can change, for one agent."""

    model_config = with_example({"outcome": "burnout", "changes": {"quick_returns": 0}})

    changes: dict[str, FiniteFloat] = Field(
        min_length=1, max_length=20, description="Signal to the value that it would have throughout."
    )
    outcome: Outcome = Field("burnout", description="What is predicted.")


class ConsentRequest(BaseModel):
    """What an agent decides about themselves."""

    model_config = with_example({"what": "share_with_manager", "granted": True})

    what: Literal["scoring", "share_with_manager", "outreach"] = Field(
        description="Being scored, sharing the score with one's manager, being offered support."
    )
    granted: bool = Field(description="Whether the agent wants it.")
