"""What the API takes and gives about feedback, and about suggestions that carry no name."""

from datetime import date, datetime
from typing import Annotated, Any, Literal

from pydantic import BaseModel, Field, StringConstraints

from serving.schemas.kinds import AGENT, AgentId, Said, with_example

__all__ = [
    "AnswerRequest",
    "FeedbackListResponse",
    "FeedbackOut",
    "FeedbackRequest",
    "FeedbackResponse",
    "OfFeedback",
    "OfSuggestions",
    "SuggestionOut",
    "SuggestionRequest",
    "SuggestionResponse",
    "SuggestionsResponse",
]

FEEDBACK: dict[str, Any] = {
    "number": 3, "agent_id": AGENT, "kind": "correction", "about": "overtime", "said": "I was on a course that week.",
    "state": "open", "at": "2026-09-23T08:00:00Z", "answer": None, "answered_by": None, "answered_at": None,
}  # fmt: skip
_SAID = "Two breaks after the morning peak would help more than one long one."
_SHOWN = {"week": "2026-09-21", "team_id": "T01", "site_id": None, "said": _SAID}


class OfFeedback(BaseModel):
    """Which feedback."""

    model_config = with_example()

    state: Literal["open", "answered"] | None = Field(None, description="Only these.")
    limit: int = Field(100, ge=1, le=1000, description="How many, the oldest first.")


class FeedbackRequest(BaseModel):
    """What an agent says about what is held about them."""

    model_config = with_example({"kind": "correction", "about": "overtime", "said": "I was on a course that week."})

    kind: Literal["contest", "correction", "annotation"] = Field(
        description="To dispute a score, to name a record that is wrong, to add what the numbers do not show."
    )
    said: Said = Field(description="In one's own words.")
    about: Annotated[str, StringConstraints(pattern=r"^[^\x00-\x1f\x7f]{0,80}$")] = Field(
        "", description="What it speaks of, such as a signal."
    )


class AnswerRequest(BaseModel):
    """What an agent is answered; it is not changed afterwards."""

    model_config = with_example({"said": "You are right: the shift was recorded twice. It is corrected."})

    said: Said = Field(description="To the agent.")


class FeedbackOut(BaseModel):
    """One thing that an agent said, and its answer."""

    model_config = with_example(FEEDBACK)

    number: int
    agent_id: str
    kind: str
    about: str
    said: str
    state: Literal["open", "answered"]
    at: datetime
    answer: str | None
    answered_by: str | None
    answered_at: datetime | None


class FeedbackResponse(BaseModel):
    """One entry."""

    model_config = with_example({"feedback": FEEDBACK})

    feedback: FeedbackOut


class FeedbackListResponse(BaseModel):
    """Several entries."""

    model_config = with_example({"feedback": [FEEDBACK]})

    feedback: list[FeedbackOut]


class OfSuggestions(BaseModel):
    """Which suggestions."""

    model_config = with_example()

    team_id: AgentId | None = Field(None, description="Only of this team.")
    limit: int = Field(100, ge=1, le=1000, description="How many, the newest week first.")


class SuggestionRequest(BaseModel):
    """What could be better about the work; it carries no name, so that it cannot be found again, changed or erased."""

    model_config = with_example({"said": _SAID})

    said: Said = Field(description="In one's own words, without names.")


class SuggestionResponse(BaseModel):
    """When it can be read, and what it says of where it comes from."""

    model_config = with_example({"read_from": "2026-09-28", "team_id": "T01", "site_id": None})

    read_from: date = Field(description="Once its week is over.")
    team_id: str | None = Field(description="Where enough people are in the team.")
    site_id: str | None = Field(description="Else where enough are at the site.")


class SuggestionOut(BaseModel):
    """One suggestion."""

    model_config = with_example(_SHOWN)

    week: date | None = Field(description="The Monday of its week; nothing for managers.")
    team_id: str | None
    site_id: str | None
    said: str


class SuggestionsResponse(BaseModel):
    """Suggestions, in an order that says nothing."""

    model_config = with_example({"suggestions": [_SHOWN]})

    suggestions: list[SuggestionOut]
