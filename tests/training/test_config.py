"""Settings: frozen, refusing what they do not know, with the defaults that the documentation names."""

import pytest
from pydantic import ValidationError

from features.errors import InputError
from training.config import OUTCOMES, Gates, Growth, OutcomeConfig, outcome_config


@pytest.mark.parametrize("kind", [Growth, Gates, lambda **more: OutcomeConfig(name="burnout", **more)])
def test_an_unknown_setting_is_refused(kind: type) -> None:
    with pytest.raises(ValidationError, match="Extra inputs are not permitted"):
        kind(trees_=5)


@pytest.mark.parametrize("setting", [Growth(), Gates(), OUTCOMES["burnout"]])
def test_a_setting_cannot_be_changed(setting: Growth) -> None:
    with pytest.raises(ValidationError, match="frozen"):
        setting.seed = 8


def test_the_defaults_are_those_of_the_domain_reference() -> None:
    burnout, turnover = OUTCOMES["burnout"], OUTCOMES["turnover"]
    assert (burnout.horizon_days, burnout.gap_days) == (90, 0)
    assert (turnover.horizon_days, turnover.gap_days) == (90, 14)
    assert (burnout.instrument, burnout.scale, burnout.threshold) == ("cbi", "work", 50)
    assert Gates() == Gates(least_lift=2, least_slope=0.8, most_slope=1.2, least_skill=0)


@pytest.mark.parametrize("change", [{"horizon_days": 0}, {"train_share": 1.0}, {"outreach_share": 0}, {"name": "luck"}])
def test_a_setting_out_of_its_range_is_refused(change: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        OutcomeConfig(**{"name": "burnout"} | change)


def test_an_outcome_is_found_by_its_name() -> None:
    assert outcome_config("burnout") is OUTCOMES["burnout"]
    with pytest.raises(InputError, match="--outcome luck: the outcomes are burnout, turnover"):
        outcome_config("luck")
