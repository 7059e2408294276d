"""The guide of an offer: all that the conversation needs, in the words of the site, and no score."""

import json

import pytest

from serving.outreach.actions import catalog
from serving.outreach.guide import guide_of, start_within
from serving.outreach.sites import NOTHING, Overrides
from serving.outreach.tables import Offer
from serving.outreach.words import refuse_words


def an_offer(action: str = "debrief", also: tuple[str, ...] = ("peer-stories", "gone")) -> Offer:
    return Offer(number=1, site_id="S1", action=action, also=list(also))


@pytest.mark.parametrize("action", [one.id for one in catalog().actions])
def test_every_action_has_a_guide_with_words_questions_and_a_next_step(action: str) -> None:
    one = catalog().action(action)
    assert one is not None
    text = guide_of(an_offer(action), NOTHING).text
    for part in (one.name, one.words, one.guide.opening, *one.guide.questions, *one.guide.avoid, one.guide.next_step):
        assert part in text
    assert "A no has no consequence" in text
    refuse_words(text)


def test_what_else_fits_and_what_is_there_for_everyone_is_said() -> None:
    found = guide_of(an_offer(), NOTHING)
    assert [one.id for one in found.also] == ["peer-stories"]
    assert [one.id for one in found.for_everyone] == ["counseling"]
    assert json.loads(json.dumps(found.as_dict()))["also"][0]["id"] == "peer-stories"


def test_a_site_speaks_its_own_words() -> None:
    own = Overrides.model_validate({"sites": {"S1": {"change": {"debrief": {"words": "Reden wir drüber?",
                                                                            "start_within_days": 3}}}}})  # fmt: skip
    assert "Reden wir drüber?" in guide_of(an_offer(), own).text
    assert (start_within(an_offer(), own), start_within(an_offer(), NOTHING)) == (3, 14)


def test_an_action_that_the_site_has_no_more_leads_to_the_conversation_that_always_fits() -> None:
    without = Overrides.model_validate({"sites": {"S1": {"without": ["mindfulness"]}}})
    assert guide_of(an_offer("mindfulness"), without).action.id == "check-in"
    assert start_within(an_offer("mindfulness"), without) == 28
