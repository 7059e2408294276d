"""What the API takes and gives about offers."""

from datetime import date, datetime
from typing import Annotated, Any, Literal

from pydantic import BaseModel, Field, StringConstraints

from serving.schemas.kinds import AGENT, USE, AgentId, Said, with_example

__all__ = [
    "OfNothing",
    "OfNumber",
    "OfOffers",
    "OfOffersPage",
    "OfTeamPage",
    "OfferOut",
    "OfferResponse",
    "OffersPageResponse",
    "OffersResponse",
    "PlanRequest",
    "PlanResponse",
    "RecordRequest",
]

OfferPlace = Annotated[str, StringConstraints(pattern=r"^([0-9]{4}-[0-9]{2}-[0-9]{2}|closed)\.[0-9]{1,15}$")]
OFFER: dict[str, Any] = {
    "number": 12, "week": "2026-09-21", "program": "care", "team_id": "T01", "agent_id": AGENT, "action": "check-in",
    "also": ["stable-shifts"], "offered_by": "wellbeing partner", "state": "offered", "due_on": "2026-09-27",
    "offered_at": "2026-09-21T00:00:00Z", "responded_at": None, "response": None, "done_at": None, "outcome": None,
    "overdue": False,
}  # fmt: skip


class OfNothing(BaseModel):
    """No parameter beside the purpose."""

    model_config = with_example()


class OfTeamPage(BaseModel):
    """A team."""

    model_config = with_example()

    team_id: AgentId = Field(description="A team.", examples=["T01"])


class OfNumber(BaseModel):
    """A number from a list."""

    model_config = with_example()

    number: int = Field(ge=1, le=2**53, description="As the list has it.", examples=[12])


class OfOffers(BaseModel):
    """Which offers."""

    model_config = with_example()

    team_id: AgentId | None = Field(None, description="Only this team.")
    agent_id: AgentId | None = Field(None, description="Only this agent.")
    open: bool = Field(False, description="Only where a next step is to be taken.")
    overdue: bool = Field(False, description="Only where the next step should have been taken.")


class OfOffersPage(OfOffers):
    """A page of them."""

    after: OfferPlace | None = Field(None, description="The `next` of the page before.")
    before: OfferPlace | None = Field(None, description="The `previous` of the page after; not together with `after`.")
    limit: int = Field(100, ge=1, le=1000, description="How many.")


class RecordRequest(BaseModel):
    """What became of an offer."""

    model_config = with_example({"state": "accepted"})

    state: Literal["accepted", "declined", "done", "outcome"] = Field(description="Its next state.")
    said: Literal["helped", "helped a little", "no change", "not said"] | None = Field(
        None, description="With outcome: what came of it, in the agent's judgment."
    )
    note: Annotated[Said, StringConstraints(max_length=280)] | None = Field(
        None, description="With outcome: kept apart, in no list."
    )
    no_more: bool = Field(False, description="With declined: the agent wants no more offers.")


class PlanRequest(BaseModel):
    """A week of the program; cool-down, share and seed of the lot are configured."""

    model_config = with_example({"week": "2026-09-21", "capacity": 2, "dry_run": True})

    week: date = Field(description="Any day of it.")
    capacity: int | None = Field(None, ge=0, le=1000, description="Offers per manager; as configured where left out.")
    dry_run: bool = Field(True, description="Show it, and keep nothing.")


class OfferOut(BaseModel):
    """One offer; no score, and no reason."""

    model_config = with_example(OFFER)

    number: int | None = Field(description="None in a plan that was not kept.")
    week: date
    program: str
    team_id: str
    agent_id: str
    action: str
    also: list[str]
    offered_by: str
    state: Literal["offered", "accepted", "declined", "done", "outcome"]
    due_on: date | None
    offered_at: datetime
    responded_at: datetime | None
    response: str | None
    done_at: datetime | None
    outcome: str | None
    overdue: bool


class OffersResponse(BaseModel):
    """Offers."""

    model_config = with_example({"offers": [OFFER], "use": USE})

    offers: list[OfferOut]
    use: str = USE


class OffersPageResponse(OffersResponse):
    """A page of offers, what is due soonest first, and where others begin."""

    model_config = with_example(
        {"offers": [OFFER], "total": 1, "overdue": 0, "earlier": 0, "previous": None, "next": None, "use": USE}
    )

    total: int = Field(description="How many there are on all pages.")
    overdue: int = Field(description="Of all of them.")
    earlier: int = Field(description="How many come before this page.")
    previous: str | None = Field(description="Give it as `before` for the page before.")
    next: str | None = Field(description="Give it as `after` for the next page.")


class OfferResponse(BaseModel):
    """One offer with its conversation guide."""

    model_config = with_example({"offer": OFFER, "follows": ["accepted", "declined"], "guide": {}, "use": USE})

    offer: OfferOut
    follows: list[str] = Field(description="What whoever asks may write down next.")
    guide: dict[str, Any]
    use: str = USE


class PlanResponse(BaseModel):
    """What is new in a week; who is held out is not told."""

    model_config = with_example(
        {
            "week": "2026-09-21", "program": "care", "capacity": 2, "dry_run": True, "ranked_by": "risk",
            "why": "By risk, as set.", "offers": [OFFER], "use": USE,
        }
    )  # fmt: skip

    week: date
    program: str
    capacity: int
    dry_run: bool
    ranked_by: Literal["risk", "benefit"] = Field(description="Whose turn comes first.")
    why: str = Field(description="Why by that.")
    offers: list[OfferOut]
    use: str = USE
