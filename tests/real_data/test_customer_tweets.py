"""Sentiment scorers on real messages of customers to airlines, with labels that people gave."""

from datetime import date
from pathlib import Path

import pytest

import features
from features.text import load_scorer
from features.text.quality import Messages, evaluate, read_messages
from features.text.training import train_scorer

TWEETS = Path(features.__file__).parents[2] / "shared" / "data" / "customer_tweets.csv.gz"
pytestmark = [
    pytest.mark.real_data,
    pytest.mark.skipif(
        not TWEETS.exists(), reason=f"{TWEETS} is not there: the real data are no part of the repository"
    ),
]


@pytest.fixture(scope="module")
def tweets() -> Messages:
    return read_messages(TWEETS, "text", "airline_sentiment")


def test_every_message_with_words_is_read(tweets: Messages) -> None:
    assert len(tweets.texts) + tweets.without_words == 10_248


def test_the_default_scorer_beats_vader_by_far(tweets: Messages) -> None:
    quality = evaluate(load_scorer(), tweets).quality
    assert quality.macro_f1 >= 0.58  # VADER with its own thresholds: 0.51
    assert min(quality.f1.values()) >= 0.45


def test_a_trained_scorer_reaches_what_text_classifiers_reach_here(tweets: Messages) -> None:
    about = train_scorer(tweets.texts, tweets.labels, trained_on=date(2026, 3, 2)).about
    assert about.macro_f1 >= 0.75
    assert about.folds == 5
