"""The policy has limits that no configuration may undercut."""

from typing import Any

import pytest
import yaml
from pydantic import ValidationError

from features import Home
from features.errors import ConfigError
from serving.privacy.policy import PrivacyPolicy, RetentionPolicy
from serving.settings import load_settings

REFUSED = [
    ({"minimum_group": 4}, "privacy.minimum_group: "),
    ({"minimum_group": 0}, "privacy.minimum_group: "),
    ({"minimum_grup": 12}, "privacy.minimum_grup: "),
    ({"memory_days": 7}, "privacy.memory_days: "),
    ({"retention": {"audit_days": 90}}, "privacy.retention.audit_days: "),
    ({"retention": {"audit_days": 2000}}, "privacy.retention.audit_days: "),
    ({"retention": {"raw_contact_days": 0}}, "privacy.retention.raw_contact_days: "),
]


def policy(home: Home, section: dict[str, Any]) -> PrivacyPolicy:
    home.root.mkdir(parents=True, exist_ok=True)
    file = home.root / "respite.yaml"
    file.write_text(yaml.safe_dump({"privacy": section}), encoding="utf-8")
    return load_settings(home).privacy


@pytest.mark.parametrize(("section", "place"), REFUSED)
def test_what_undercuts_a_limit_is_refused_with_its_place(section: dict[str, Any], place: str, home: Home) -> None:
    with pytest.raises(ConfigError, match=place):
        policy(home, section)


def test_defaults_are_those_of_the_domain_reference() -> None:
    policy = PrivacyPolicy()
    assert (policy.minimum_group, policy.retention.raw_contact_days) == (10, 90)
    assert (policy.retention.feature_days, policy.retention.score_days) == (365, 365)
    assert policy.retention.audit_days >= 6 * 30.5


def test_a_section_sets_what_it_names_and_leaves_the_rest(home: Home) -> None:
    found = policy(home, {"minimum_group": 5, "retention": {"audit_days": 4 * 365}})
    assert found == PrivacyPolicy(minimum_group=5, retention=RetentionPolicy(audit_days=4 * 365))


def test_the_policy_is_frozen() -> None:
    with pytest.raises(ValidationError):
        PrivacyPolicy().minimum_group = 5  # type: ignore[misc]
