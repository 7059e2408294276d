"""The conversation guide of one offer, in the words of its site."""

from dataclasses import dataclass
from typing import Any

from serving.outreach.actions import Action, Catalog, catalog
from serving.outreach.help import Help
from serving.outreach.sites import Overrides, at_site
from serving.outreach.tables import Offer

__all__ = ["GuideSheet", "guide_of", "start_within"]

_DEFAULT_DAYS = 28
_OPEN_OFFER = "This is an open offer. A no has no consequence and needs no reason; who wants no more offers gets none."


@dataclass(frozen=True)
class GuideSheet:
    """What whoever makes an offer reads beforehand: the action, others that fit, and what is there for everyone."""

    action: Action
    also: tuple[Action, ...]
    for_everyone: tuple[Action, ...]
    help: tuple[Help, ...] = ()

    @property
    def text(self) -> str:
        """The guide in lines."""
        one = self.action
        lines = [
            f"{one.name} ({one.level})",
            f"Who: {one.who}. Cadence: {one.cadence}. Cost: {one.cost}.",
            f"Evidence {one.evidence.grade}: {one.evidence.source}.",
            "",
            f"In a sentence:  {one.words}",
            f"To open:        {one.guide.opening}",
            "To ask:",
            *(f"  - {question}" for question in one.guide.questions),
            "To avoid:",
            *(f"  - {what}" for what in one.guide.avoid),
            f"Next step:      {one.guide.next_step}",
            "",
            _OPEN_OFFER,
        ]
        lines += ["Also fits:", *(f"  - {other.name}: {other.words}" for other in self.also)] if self.also else []
        lines += ["For everyone, at any time:", *(f"  - {one.words}" for one in self.for_everyone)]
        lines += ["Where to find help here:", *(f"  - {one.line}" for one in self.help)] if self.help else []
        return "\n".join(lines)

    def as_dict(self) -> dict[str, Any]:
        """The guide for machines."""
        return {
            "action": self.action.model_dump(mode="json"),
            "also": [{"id": one.id, "name": one.name, "words": one.words} for one in self.also],
            "for_everyone": [one.words for one in self.for_everyone],
            "help": [one.model_dump() for one in self.help],
            "open_offer": _OPEN_OFFER,
        }


def guide_of(offer: Offer, overrides: Overrides) -> GuideSheet:
    """The guide; of an action that the site has no more, that of the conversation that always fits."""
    here = at_site(catalog(), overrides, offer.site_id)
    action = here.action(offer.action) or _always(here)
    also = tuple(one for one in map(here.action, offer.also) if one is not None)
    for_everyone = tuple(one for one in here.actions if one.initiated_by == "agent")
    return GuideSheet(action, also, for_everyone, overrides.help_at(offer.site_id))


def start_within(offer: Offer, overrides: Overrides) -> int:
    """Days from a yes to the first step of an offer's action."""
    action = at_site(catalog(), overrides, offer.site_id).action(offer.action)
    return action.start_within_days if action else _DEFAULT_DAYS


def _always(here: Catalog) -> Action:
    return next(one for one in here.actions if one.always)
