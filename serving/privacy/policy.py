"""How many people an aggregate hides, and how long anything is kept: one frozen section, with limits of its own."""

from pydantic import BaseModel, ConfigDict, Field

__all__ = ["DEFAULT", "HARD_MINIMUM", "PrivacyPolicy", "RetentionPolicy"]

HARD_MINIMUM = 5
AUDIT_DAYS = (183, 4 * 366)


class RetentionPolicy(BaseModel):
    """Days after which data is deleted (domain reference, section 5). Agent-day facts follow the features.

    Offers and holdouts stay for two years: retraining and the study of effects look back on them.
    The audit log stays for six months at least, and for four years at most.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    raw_contact_days: int = Field(90, ge=1)
    feature_days: int = Field(365, ge=1)
    score_days: int = Field(365, ge=1)
    report_days: int = Field(365, ge=1)
    offer_days: int = Field(730, ge=1)
    feedback_days: int = Field(365, ge=1)
    suggestion_days: int = Field(365, ge=28)
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
