"""Whose turn comes first: by benefit only where that is shown to do more, and said why."""

from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from features import Home
from features.catalog import contract_version
from features.errors import ContractError, InputError, NotReadyError
from serving.outreach.order import BY_RISK, Order, order_of
from serving.store import Score
from training.columns import Columns
from training.uplift import BenefitModel, Uplift
from training.uplift.learner import Trial, benefit_trees
from training.uplift.ranking import Interval, qini_curve
from training.uplift.result import keep

NUMBERS = np.arange(20.0)
CURVES = pd.concat(
    [qini_curve(NUMBERS, by * NUMBERS, 0).assign(order=name) for name, by in (("benefit", 1), ("risk", -1))]
)


@pytest.fixture(scope="module")
def model() -> BenefitModel:
    """Who is less busy gains more."""
    rng = np.random.default_rng(0)
    frame = pd.DataFrame({"occupancy": rng.random(300)})
    columns, offered = Columns.of(frame), (rng.random(300) < 0.5).astype(float)
    gain = 10 * offered * (frame["occupancy"] < 0.5) + rng.normal(0, 1, 300)
    trees = benefit_trees(Trial(columns.native(frame), gain.to_numpy(), offered), 0)
    return BenefitModel(trees, columns, "burnout_score", "points", contract_version())


def studied(home: Home, model: BenefitModel, low: float) -> None:
    one = Interval(1.0, low, 2.0)
    found = Uplift(None, "burnout_score", "points", date(2026, 1, 1), 180, 300, 300, "", one, one, one, one, one)
    keep(home, found, model, CURVES, 0)


def scores_of(risk: dict[str, float]) -> list[Score]:
    return [Score(agent_id=agent, probability=value) for agent, value in risk.items()]


def test_without_a_study_risk_is_the_order_and_the_reason_says_what_to_run(home: Home) -> None:
    found = order_of(home, "turnover", "auto")
    assert (found.by, found.model) == ("risk", None)
    assert "run `respite uplift --outcome voluntary_exits`" in found.why
    with pytest.raises(NotReadyError, match="Nobody studied who benefits"):
        order_of(home, "turnover", "benefit")


def test_a_gain_that_is_shown_makes_benefit_the_order(home: Home, model: BenefitModel) -> None:
    studied(home, model, 0.2)
    for rank in ("auto", "benefit"):
        found = order_of(home, "burnout", rank)
        assert found.by == "benefit"
        assert found.why.startswith("By expected benefit.")
    assert order_of(home, "burnout", "risk") == BY_RISK
    assert order_of(home, "turnover", "auto").by == "risk"


def test_a_gain_that_is_not_shown_leaves_risk_the_order(home: Home, model: BenefitModel) -> None:
    studied(home, model, -0.2)
    found = order_of(home, "burnout", "auto")
    assert found.by == "risk"
    assert "no gain is shown" in found.why
    with pytest.raises(NotReadyError, match=r"--rank benefit: .*no gain is shown.*Take `--rank risk`"):
        order_of(home, "burnout", "benefit")


def test_a_model_of_other_features_is_not_used(home: Home, model: BenefitModel) -> None:
    studied(home, BenefitModel(model.trees, model.columns, "burnout_score", "points", "1900.1"), 0.2)
    found = order_of(home, "burnout", "auto")
    assert found.by == "risk"
    assert "run `respite uplift` again" in found.why
    with pytest.raises(ContractError):
        order_of(home, "burnout", "benefit")


@pytest.mark.parametrize(
    ("outcome", "rank", "said"),
    [("burnout", "luck", "--rank luck: name one of risk"), ("luck", "auto", "--outcome luck")],
)
def test_what_is_not_there_is_refused(outcome: str, rank: str, said: str, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=said):
        order_of(Home(tmp_path), outcome, rank)


def test_by_benefit_who_gains_more_comes_first_and_of_equals_who_is_at_more_risk(model: BenefitModel) -> None:
    frame = pd.DataFrame({"occupancy": {"busy": 0.9, "calm": 0.1, "calm too": 0.1}})
    risk = scores_of({"busy": 0.9, "calm": 0.2, "calm too": 0.3})
    ranks = Order("benefit", "", model).ranks(risk, frame)
    assert sorted(ranks, key=lambda agent: -ranks[agent]) == ["calm too", "calm", "busy"]
    assert BY_RISK.ranks(risk, frame) == {"busy": 0.9, "calm": 0.2, "calm too": 0.3}


@given(st.dictionaries(st.text(min_size=1, max_size=4), st.floats(0, 1), min_size=1, max_size=12))
def test_everyone_has_a_rank_of_their_own(model: BenefitModel, risk: dict[str, float]) -> None:
    frame = pd.DataFrame({"occupancy": dict.fromkeys(risk, 0.4)})
    ranks = Order("benefit", "", model).ranks(scores_of(risk), frame)
    assert sorted(ranks.values()) == pytest.approx([place / len(risk) for place in range(1, len(risk) + 1)])
    order = sorted(ranks, key=lambda agent: ranks[agent])
    assert [risk[agent] for agent in order] == sorted(risk.values())
