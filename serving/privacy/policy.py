"""How many people an aggregate hides, and how long anything is kept: one frozen section, with limits of its own."""

from pathlib import Path
from typing import Any

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from features.errors import ConfigError

__all__ = ["DEFAULT", "HARD_MINIMUM", "PrivacyPolicy", "RetentionPolicy", "policy_of", "privacy_policy"]

HARD_MINIMUM = 5
AUDIT_DAYS = (183, 4 * 366)


class RetentionPolicy(BaseModel):
    """Days after which data is deleted (domain reference, section 5). Agent-day facts follow the features.

    The audit log stays for six months at least, and for four years at most.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    raw_contact_days: int = Field(90, ge=1)
    feature_days: int = Field(365, ge=1)
    score_days: int = Field(365, ge=1)
    report_days: int = Field(365, ge=1)
    audit_days: int = Field(AUDIT_DAYS[0], ge=AUDIT_DAYS[0], le=AUDIT_DAYS[1])


class PrivacyPolicy(BaseModel):
    """`minimum_group`: people behind any figure and any combination of figures; no configuration goes below five.

    `memory_days`: releases this far apart may be combined by a reader. Signals look back 28 days and their usual values
    84 more, so that after 112 days no event is in both.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    minimum_group: int = Field(10, ge=HARD_MINIMUM)
    memory_days: int = Field(112, ge=28)
    retention: RetentionPolicy = RetentionPolicy()


DEFAULT = PrivacyPolicy()


def privacy_policy(given: dict[str, Any] | None = None) -> PrivacyPolicy:
    """The policy with what the section `privacy` of a configuration sets otherwise.

    Raises
    ------
    ConfigError
        The section sets what it may not.
    """
    try:
        return PrivacyPolicy.model_validate(given or {})
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(map(str, first["loc"])) or "the section"
        raise ConfigError(f"privacy, {place}: {first['msg']}; got {first['input']!r}.") from error


def policy_of(file: Path | None) -> PrivacyPolicy:
    """The policy of a YAML file's section `privacy`; the defaults where there is no file or no section.

    Raises
    ------
    ConfigError
        The file cannot be read, or sets what it may not.
    """
    if file is None:
        return DEFAULT
    try:
        found = yaml.safe_load(file.read_text(encoding="utf-8")) or {}
    except OSError as error:
        raise ConfigError(f"--config {file}: {error.strerror}.") from error
    except yaml.YAMLError as error:
        raise ConfigError(f"--config {file}: not a YAML file: {str(error).splitlines()[0]}.") from error
    section = found.get("privacy", {}) if isinstance(found, dict) else found
    if not isinstance(section, dict):
        raise ConfigError(f"--config {file}: 'privacy' is {section!r} where names with values are wanted.")
    return privacy_policy(section)
