"""Tokens of an OpenID Connect provider: signed JWTs, checked against its published keys, roles from a claim.

Nothing is taken on trust: the algorithm is an asymmetric one of a fixed list, issuer and audience are compared, the
expiry is required. Source: RFC 7519, RFC 8725 (best current practices).
"""

import hmac
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import jwt
from jwt import PyJWKClient, PyJWKClientConnectionError, PyJWKSet

from features.errors import AccessError, ConfigError, InputError
from serving.access.principal import Principal
from serving.access.tokens import REFUSED

if TYPE_CHECKING:
    from serving.settings import OidcSettings

__all__ = ["IdentityProvider", "is_jwt"]

_ALGORITHMS = ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "EdDSA"]
_KEYS_FOR_S = 300


def is_jwt(authorization: str) -> bool:
    """Whether a header carries a JWT rather than a token of Respite's own."""
    return authorization[:7].lower() == "bearer " and authorization.count(".") == 2


class IdentityProvider:
    """A provider whose keys are read from a file at start, or from its address and kept for five minutes.

    Raises
    ------
    ConfigError
        The file of keys cannot be read.
    """

    def __init__(self, settings: "OidcSettings") -> None:
        self.settings = settings
        if settings.jwks.startswith("http"):
            self._remote: PyJWKClient | None = PyJWKClient(settings.jwks, lifespan=_KEYS_FOR_S, timeout=5)
            return
        self._remote = None
        try:
            self._keys = PyJWKSet.from_dict(json.loads(Path(settings.jwks).read_text(encoding="utf-8")))
        except (OSError, ValueError, jwt.PyJWTError) as error:
            raise ConfigError(f"access.oidc.jwks {settings.jwks}: no set of keys: {error}.") from error

    @property
    def leads_there(self) -> bool:
        """Whether a browser can be sent to it to sign in."""
        return self.settings.sign_in is not None

    def check(self, authorization: str) -> Principal:
        """Whose token this is, as 'Bearer <JWT>'.

        Raises
        ------
        AccessError
            It is not the provider's, not for us, expired, or carries no role that is known here.
        ConnectionError
            The provider's keys cannot be read now.
        """
        token = authorization.partition(" ")[2].strip()
        return self._checked(token, self.settings.audience, None)[0]

    def check_id_token(self, token: str, client_id: str, nonce: str) -> tuple[Principal, float]:
        """Whose id token this is, given to us and to this browser; and when it ends, in seconds of the epoch.

        Raises
        ------
        AccessError, ConnectionError
            As `check`; or it was given to another sign-in.
        """
        return self._checked(token, client_id, nonce)

    def _checked(self, token: str, audience: str, nonce: str | None) -> tuple[Principal, float]:
        try:
            claims = jwt.decode(
                token,
                self._key(token),
                algorithms=_ALGORITHMS,
                audience=audience,
                issuer=self.settings.issuer,
                leeway=self.settings.leeway_s,
                options={"require": ["exp", "iss", "aud", self.settings.name_claim]},
            )
            if nonce is not None and not hmac.compare_digest(str(claims["nonce"]).encode(), nonce.encode()):
                raise KeyError("nonce")
            return self._principal(claims), float(claims["exp"])
        except PyJWKClientConnectionError:
            raise ConnectionError("The identity provider does not answer; ask again.") from None
        except (jwt.PyJWTError, InputError, KeyError, TypeError, ValueError):
            raise AccessError(REFUSED) from None

    def _key(self, token: str) -> Any:
        if self._remote is not None:
            return self._remote.get_signing_key_from_jwt(token).key
        return self._keys[jwt.get_unverified_header(token)["kid"]].key

    def _principal(self, claims: dict[str, Any]) -> Principal:
        s = self.settings
        held = claims.get(s.roles_claim, [])
        held = {held} if isinstance(held, str) else set(held)
        role = next((role for name, role in s.roles.items() if name in held), None)
        if role is None:
            raise KeyError(s.roles_claim)
        teams = claims.get(s.teams_claim, []) if role == "manager" else []
        agent = claims.get(s.agent_claim) if role == "agent" else None
        manager = claims.get(s.manager_claim) if role == "manager" else None
        manager = manager if manager is None else str(manager)
        name = str(claims[s.name_claim])
        return Principal(name, role, frozenset(map(str, teams)), agent and str(agent), manager_id=manager)
