"""What the API takes and gives about suggestions that carry no name."""

from datetime import date

from pydantic import BaseModel, Field

from serving.schemas.kinds import AgentId, with_example
from serving.schemas.offers import Said

__all__ = ["OfSuggestions", "SuggestionOut", "SuggestionRequest", "SuggestionResponse", "SuggestionsResponse"]

_SAID = "Two breaks after the morning peak would help more than one long one."
_SHOWN = {"week": "2026-09-21", "team_id": "T01", "site_id": None, "said": _SAID}


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
