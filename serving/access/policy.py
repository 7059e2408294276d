"""The policy: which role may ask what, about whom, and what for; one file, checked when the service starts.

Some of it is not for any file to decide: an agent reads only about themselves, a data scientist never a name, an
auditor no score, and nobody asks in order to discipline, pay, promote or dismiss.
"""

from pathlib import Path
from typing import Annotated, Literal, Self

import yaml
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError, model_validator

from features.banned import refuse_banned_words
from features.errors import AccessError, ConfigError
from serving.access.principal import ROLES, Operation, Principal, Role

__all__ = ["ALWAYS_REFUSED", "SHIPPED", "AccessPolicy", "PurposeError", "RolePolicy", "load_policy"]

SHIPPED = Path(__file__).with_name("policy.yaml")
ALWAYS_REFUSED = frozenset({"discipline", "pay", "promotion", "termination"})
About = Literal["everyone", "own_teams", "shared", "self", "pseudonyms", "nobody"]
# what a file may choose for a role
_ABOUT: dict[Role, tuple[About, ...]] = {
    "hr": ("everyone", "nobody"),
    "manager": ("shared", "own_teams", "nobody"),
    "agent": ("self", "nobody"),
    "data_scientist": ("pseudonyms", "nobody"),
    "auditor": ("nobody",),
    "service": ("everyone", "nobody"),
}
_OFFERS = frozenset({"offers", "record_offer", "feedback", "answer_feedback"})
_ABOUT_PEOPLE = frozenset({"scores", "explanation", "history", "what_if"}) | _OFFERS
_OF_AGENTS = frozenset({"consent", "page", "suggest"})
_READ_SUGGESTIONS = ("hr", "manager")
_OF_EVERYONE = frozenset({"plan", "answer_feedback"})
_BY_NAME = frozenset({"explanation", "history", "what_if", "consent", "groups", "reports", "page"}) | _OFFERS


class PurposeError(AccessError):
    """A request names no purpose, or one that is not allowed."""


class RolePolicy(BaseModel):
    """What one role may ask (`may`), about whom (`about`), of which outcomes, and what for."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    about: About
    outcomes: tuple[Literal["burnout", "turnover"], ...]
    purposes: tuple[str, ...] = Field(min_length=1)
    may: tuple[Operation, ...] = Field(min_length=1)


def _all_refused(given: frozenset[str]) -> frozenset[str]:
    missing = sorted(ALWAYS_REFUSED - given)
    if missing:
        raise ValueError(f"must name {', '.join(missing)}")
    return given


class AccessPolicy(BaseModel):
    """The whole policy; `purposes` by name with what they mean."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    purposes: dict[str, str] = Field(min_length=1)
    refused: Annotated[frozenset[str], AfterValidator(_all_refused)]
    roles: dict[Role, RolePolicy]

    @model_validator(mode="after")
    def _holds_together(self) -> Self:
        if both := sorted(self.refused & set(self.purposes)):
            raise ValueError(f"purposes: {both[0]} is refused")
        if missing := sorted(set(ROLES) - set(self.roles)):
            raise ValueError(f"roles: {missing[0]} is missing")
        for name, role in self.roles.items():
            if unknown := sorted(set(role.purposes) - set(self.purposes)):
                raise ValueError(f"roles.{name}.purposes: {unknown[0]} is none of {', '.join(self.purposes)}")
            if role.about not in _ABOUT[name]:
                raise ValueError(f"roles.{name}.about: {role.about} where {' or '.join(_ABOUT[name])} is possible")
            if role.about == "nobody" and (open_ := sorted(_ABOUT_PEOPLE & set(role.may))):
                raise ValueError(f"roles.{name}.may: {open_[0]} is about people, and {name} reads about nobody")
            if role.about == "pseudonyms" and (open_ := sorted(_BY_NAME & set(role.may))):
                raise ValueError(f"roles.{name}.may: {open_[0]} takes a name, and {name} has only pseudonyms")
            if role.about != "everyone" and (open_ := sorted(_OF_EVERYONE & set(role.may))):
                raise ValueError(f"roles.{name}.may: {open_[0]} is about everyone, and {name} reads about {role.about}")
            if name != "agent" and (own := sorted(_OF_AGENTS & set(role.may))):
                raise ValueError(f"roles.{name}.may: {own[0]} is the agent's own")
            if name not in _READ_SUGGESTIONS and "suggestions" in role.may:
                raise ValueError(f"roles.{name}.may: suggestions is for {' and '.join(_READ_SUGGESTIONS)}")
        return self

    def of(self, principal: Principal) -> RolePolicy:
        return self.roles[principal.role]

    def known_purpose(self, purpose: str | None) -> str:
        """The purpose as the log names it: its name where it has one, never a stranger's words."""
        known = {*self.purposes, *self.refused}
        return "none" if not purpose else purpose.lower() if purpose.lower() in known else "unknown"

    def refuse_purpose(self, principal: Principal, purpose: str | None) -> None:
        """Go on only where this principal may ask for this purpose.

        Raises
        ------
        PurposeError
            None is named, one that is refused, or one that is not the role's.
        """
        valid = self.of(principal).purposes
        said = f"name one with the header Respite-Purpose: {', '.join(valid)}."
        if not purpose:
            raise PurposeError(f"A request states its purpose; {said}")
        if purpose.lower() in self.refused:
            raise PurposeError(f"Purpose '{purpose}': Respite does not answer for that. It is for offers of support.")
        if purpose not in valid:
            raise PurposeError(f"Purpose '{purpose[:40]}' is none of role {principal.role}; {said}")

    def refuse_operation(self, principal: Principal, operation: str) -> None:
        """Go on only where the role may ask this, and the token opens it.

        Raises
        ------
        AccessError
            It may not.
        """
        if operation not in self.of(principal).may:
            raise AccessError(f"Role {principal.role} may not ask for {operation}.")
        if not principal.within_scope(operation):
            raise AccessError(f"This token does not open {operation}; its scopes are {', '.join(principal.scopes)}.")

    def refuse_outcome(self, principal: Principal, outcome: str) -> None:
        """Go on only where the role may read this outcome of people.

        Raises
        ------
        AccessError
            It may not.
        """
        if outcome not in self.of(principal).outcomes:
            raise AccessError(f"Role {principal.role} may not read {outcome} of individuals.")


def load_policy(file: Path = SHIPPED) -> AccessPolicy:
    """Read and check a policy file.

    Raises
    ------
    ConfigError
        It cannot be read, or says what a policy may not say.
    BannedInputError
        It names a signal that must never be used.
    """
    try:
        found = yaml.safe_load(file.read_text(encoding="utf-8"))
    except (OSError, yaml.YAMLError) as error:
        raise ConfigError(f"policy {file}: cannot be read: {str(error).splitlines()[0]}.") from error
    refuse_banned_words(found, f"policy {file}")
    try:
        return AccessPolicy.model_validate(found)
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(map(str, first["loc"]))
        said = first["msg"].removeprefix("Value error, ")
        raise ConfigError(f"policy {file}: {f'{place}: ' if place else ''}{said}.") from error
