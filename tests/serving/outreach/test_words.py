"""Words of outreach: what hurts is refused, and agents are not told of scores."""

import pytest

from serving.outreach.actions import catalog
from serving.outreach.words import refuse_words, texts_of

WRONG = [
    "Overtime caused it.", "Long hours cause strain.", "You were fl" + "agged.", "She is a fl" + "ight risk.",
    "an at-" + "risk colleague", "the diagnosis", "high-risk people",
]  # fmt: skip
NOT_SAID = ["Your score is high.", "Our model says so.", "You may be close to burnout.", "A risk of 0.4.",
            "The algorithm chose you.", "We predicted that."]  # fmt: skip


@pytest.mark.parametrize("text", WRONG)
def test_a_word_that_hurts_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="in "):
        refuse_words(text)


@pytest.mark.parametrize("text", NOT_SAID)
def test_a_word_about_scores_is_not_said_to_an_agent(text: str) -> None:
    assert refuse_words(text) == text
    with pytest.raises(ValueError, match="an agent is not told of scores"):
        refuse_words(text, spoken=True)


@pytest.mark.parametrize("text", ["Because of long hours", "It contributed to the score", "a flagship store"])
def test_words_that_only_look_alike_are_left_alone(text: str) -> None:
    assert refuse_words(text) == text


def test_every_text_of_the_shipped_catalog_is_looked_at() -> None:
    texts = texts_of(catalog().actions)
    for action in catalog().actions:
        assert {action.words, action.guide.opening, action.guide.next_step, *action.guide.avoid} <= set(texts)
