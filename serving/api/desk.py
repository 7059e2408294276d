"""What every door answers from: one store, one policy, the champions; made once a process."""

from dataclasses import dataclass
from datetime import UTC, datetime

from features.errors import NotReadyError, RespiteError
from features.home import Home
from serving.access.oidc import IdentityProvider
from serving.access.sessions import Sessions
from serving.groups import Groups
from serving.offering import Offering
from serving.online import Online
from serving.reports.build import Reports
from serving.scoring import Scoring
from serving.settings import Settings, load_settings
from serving.store import Store
from training.config import OUTCOMES

__all__ = ["Desk"]


@dataclass(frozen=True)
class Desk:
    """Everything that answers, for one home."""

    home: Home
    settings: Settings
    store: Store
    scoring: Scoring
    groups: Groups
    online: Online
    offering: Offering
    reports: Reports
    sessions: Sessions
    provider: IdentityProvider | None

    @classmethod
    def of(cls, home: Home) -> "Desk":
        """Open the store and check the settings.

        Raises
        ------
        ConfigError
            Configuration or policy are not valid.
        NotReadyError
            The store does not answer.
        """
        settings = load_settings(home)
        policy, store, oidc = settings.policy(), Store(home), settings.access.oidc
        offering = Offering(home, store, policy, settings)
        return cls(
            home,
            settings,
            store,
            Scoring(store, policy, settings.service.fresh_days),
            Groups(store, policy, settings.privacy),
            Online(home),
            offering,
            Reports(home, store, settings.privacy, offering.overrides),
            Sessions(store, settings.portal.session_hours, settings.portal.idle_minutes),
            IdentityProvider(oidc) if oidc else None,
        )

    def load(self) -> None:
        """Load the champions that there are, so that the first question does not wait for them."""
        for outcome in OUTCOMES:
            try:
                self.online.load(outcome)
            except NotReadyError:
                continue  # `unready` says so

    def unready(self) -> str | None:
        """Why the service is not ready, or None: store reachable, champions loaded, scores fresh."""
        for outcome in OUTCOMES:
            try:
                day = self.store.latest(outcome)
                self.online.load(outcome)
            except RespiteError as error:
                return str(error)
            except Exception as error:  # noqa: BLE001 - a probe tells, and does not fail
                return f"The store does not answer: {type(error).__name__}."
            if day is None:
                return f"There are no {outcome} scores yet; run `respite score`."
            age = (datetime.now(UTC).date() - day).days
            if age > self.settings.service.fresh_days:
                return f"The {outcome} scores are of {day}, {age} days old; run `respite score`."
        return None

    def close(self) -> None:
        self.store.close()
