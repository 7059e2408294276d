"""How an installation is set: one YAML file, each setting of which the environment can override.

The file is `RESPITE_CONFIG`, else `respite.yaml` in the home where there is one. `RESPITE__SERVICE__WORKERS=4`
overrides `service: {workers: 4}`; values are read as YAML.
"""

import os
from pathlib import Path
from typing import Any, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from features.banned import refuse_banned_words
from features.errors import ConfigError
from features.home import Home
from serving.access.policy import SHIPPED, AccessPolicy, load_policy
from serving.access.principal import Role
from serving.outreach.actions import catalog
from serving.outreach.sites import Overrides, checked
from serving.privacy.policy import PrivacyPolicy

__all__ = [
    "CONFIG_VARIABLE",
    "OidcSettings",
    "PortalSettings",
    "ProgramSettings",
    "ServiceSettings",
    "Settings",
    "SignInSettings",
    "load_settings",
]

CONFIG_VARIABLE = "RESPITE_CONFIG"
_PREFIX = "RESPITE__"
_STRICT = ConfigDict(frozen=True, extra="forbid")
_ADDRESS = r"^(https://|http://127\.0\.0\.1[:/]).+"


class SignInSettings(BaseModel):
    """Signing in to the portal with the provider: its addresses for that, and ours that it leads back to.

    `client_id` is what Respite is called there; the secret, where there is one, is `RESPITE_OIDC_SECRET`.
    """

    model_config = _STRICT

    authorize: str = Field(pattern=_ADDRESS)
    token: str = Field(pattern=_ADDRESS)
    client_id: str = Field(min_length=1)
    back: str = Field(pattern=_ADDRESS + "/portal/sign-in/back$")
    scope: str = Field("openid", pattern=r"(^| )openid( |$)")


class OidcSettings(BaseModel):
    """An OpenID Connect provider whose tokens are taken.

    `jwks` is where its keys are: an https address, or a file. Roles come from the claim `roles_claim`, translated by
    `roles`; whoever has several gets the first of `roles` that they have. `name_claim`, `teams_claim`, `manager_claim`,
    `agent_claim` hold the name in the log, a manager's teams and their own id, and an agent's own id.
    """

    model_config = _STRICT

    issuer: str
    audience: str
    jwks: str = Field(pattern=r"^(https://|http://127\.0\.0\.1|/|\./).+")
    roles: dict[str, Role] = Field(min_length=1)
    roles_claim: str = "roles"
    name_claim: str = "sub"
    teams_claim: str = "teams"
    manager_claim: str = "manager_id"
    agent_claim: str = "agent_id"
    leeway_s: int = Field(30, ge=0, le=300)
    sign_in: SignInSettings | None = None


class AccessSettings(BaseModel):
    """The policy file, and the identity provider where there is one."""

    model_config = _STRICT

    policy: Path = SHIPPED
    oidc: OidcSettings | None = None


class ServiceSettings(BaseModel):
    """`fresh_days`: scores older than this make the service not ready. `max_body_bytes` refuses larger requests."""

    model_config = _STRICT

    host: str = "127.0.0.1"
    port: int = Field(3000, ge=1, le=65_535)
    workers: int = Field(1, ge=1, le=64)
    timeout_s: int = Field(30, ge=1, le=600)
    fresh_days: int = Field(8, ge=1)
    max_body_bytes: int = Field(1_000_000, ge=1_000)


class PortalSettings(BaseModel):
    """A session of the portal ends after `session_hours`, or after `idle_minutes` without a request.

    `sign_ins` is how many wrong tokens an address may send in a minute before it has to wait.
    """

    model_config = _STRICT

    session_hours: int = Field(8, ge=1, le=24)
    idle_minutes: int = Field(30, ge=1, le=480)
    sign_ins: int = Field(5, ge=1, le=1_000)
    max_body_bytes: int = Field(10_000, ge=1_000, le=1_000_000)


class ProgramSettings(BaseModel):
    """The program of offers that the API and the portal plan: whose scores give the order, and what a week keeps to.

    Share and seed of the lot stand here and in no request: whoever could plan one week with two shares would read off
    who is held out.
    """

    model_config = _STRICT

    name: str = Field("care", pattern=r"^[A-Za-z0-9][A-Za-z0-9 ._-]{0,59}$")
    outcome: Literal["burnout", "turnover"] = "burnout"
    least_band: Literal["usual", "elevated", "high"] = "elevated"
    rank: Literal["risk", "benefit", "auto"] = "auto"
    capacity: int = Field(2, ge=0, le=1000)
    cool_down_days: int = Field(42, ge=7, le=730)
    holdout: float = Field(0.1, ge=0, le=0.5)
    seed: int = 0


class Settings(BaseModel):
    """Everything that an installation may set."""

    model_config = _STRICT

    service: ServiceSettings = ServiceSettings()
    access: AccessSettings = AccessSettings()
    privacy: PrivacyPolicy = PrivacyPolicy()
    portal: PortalSettings = PortalSettings()
    program: ProgramSettings = ProgramSettings()
    outreach: dict[str, Any] = Field(default={}, description="Checked by `serving.outreach.sites`.")

    def policy(self) -> AccessPolicy:
        """The access policy, read and checked."""
        return load_policy(self.access.policy)

    def overrides(self) -> Overrides:
        """What sites do otherwise in outreach, checked."""
        return checked(self.outreach, "configuration", catalog())


def load_settings(home: Home, file: Path | None = None) -> Settings:
    """The settings of a home: defaults, then the file, then the environment.

    Raises
    ------
    ConfigError
        The file cannot be read, or a setting is unknown or not valid.
    BannedInputError
        A setting names a signal that must never be used.
    """
    named = file or (Path(os.environ[CONFIG_VARIABLE]) if os.environ.get(CONFIG_VARIABLE) else None)
    place = named or home.root / "respite.yaml"
    found = _read(place) if named or place.exists() else {}
    for name, value in sorted(os.environ.items()):
        if name.startswith(_PREFIX):
            _put(found, name.removeprefix(_PREFIX).lower().split("__"), value, name)
    # what sites say to people is no input of anything, and may speak of a works council
    inputs = {name: section for name, section in found.items() if name != "outreach"}
    refuse_banned_words(inputs, f"configuration {place}")
    try:
        return Settings.model_validate(found)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(map(str, first["loc"])) or "the file"
        raise ConfigError(f"configuration {place}: {where}: {first['msg']}; got {first['input']!r}.") from error


def _read(file: Path) -> dict[str, Any]:
    try:
        found = yaml.safe_load(file.read_text(encoding="utf-8")) or {}
    except OSError as error:
        raise ConfigError(f"configuration {file}: {error.strerror}.") from error
    except yaml.YAMLError as error:
        raise ConfigError(f"configuration {file}: not a YAML file: {str(error).splitlines()[0]}.") from error
    if not isinstance(found, dict):
        raise ConfigError(f"configuration {file}: names with values are wanted, such as 'service: {{workers: 4}}'.")
    return found


def _put(found: dict[str, Any], names: list[str], value: str, variable: str) -> None:
    """Set one value of nested sections."""
    for name in names[:-1]:
        found = found.setdefault(name, {})
        if not isinstance(found, dict):
            raise ConfigError(f"{variable}: {name} is no section.")
    found[names[-1]] = yaml.safe_load(value)
