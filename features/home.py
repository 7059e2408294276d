"""Where everything that Respite writes lives: one folder, so that it can be found, kept and deleted.

Two things may live elsewhere: runs and models on an MLflow server, scores in a PostgreSQL that an organization has.
"""

import os
import re
from dataclasses import dataclass
from pathlib import Path

from features.errors import ConfigError, InputError

__all__ = ["HOME_VARIABLE", "STORE_VARIABLE", "TRACKING_VARIABLE", "Home"]

HOME_VARIABLE = "RESPITE_HOME"
TRACKING_VARIABLE = "RESPITE_TRACKING_URI"
STORE_VARIABLE = "RESPITE_STORE_URL"
_TRACKING = re.compile(r"(https?|(sqlite|postgresql|mysql|mssql)(\+\w+)?)://.+")
_STORE = re.compile(r"(sqlite:///|postgresql\+psycopg://).+")


@dataclass(frozen=True)
class Home:
    """The folder that holds tables, features, models, scores and reports. Nothing is created by naming it.

    `tracking` is the URI of an MLflow server or database that keeps runs and models instead of this folder;
    `store` the URL of a database that keeps scores, consent and audit.
    """

    root: Path
    tracking: str | None = None
    store: str | None = None

    @classmethod
    def find(cls, given: Path | str | None = None) -> "Home":
        """Take the folder that was given, else `RESPITE_HOME`, else `./.respite`; as an absolute path.

        `RESPITE_TRACKING_URI` and `RESPITE_STORE_URL` are taken along where they are set.

        Raises
        ------
        InputError
            The path is an existing file.
        ConfigError
            The tracking URI is none of a server or a database, or the store is neither SQLite nor PostgreSQL.
        """
        root = Path(given or os.environ.get(HOME_VARIABLE) or ".respite").expanduser().resolve()
        if root.exists() and not root.is_dir():
            raise InputError(f"--home {root} is a file; name a folder, which is made where it is missing.")
        return cls(root, _tracking(os.environ.get(TRACKING_VARIABLE)), _store(os.environ.get(STORE_VARIABLE)))

    @property
    def raw(self) -> Path:
        """Tables of the contract, a folder of Parquet files each, and the rows that were rejected."""
        return self.root / "raw"

    @property
    def rejected(self) -> Path:
        return self.raw / "rejected"

    @property
    def facts(self) -> Path:
        """Agent-day facts, kept so that the next build reads only what is new."""
        return self.root / "facts"

    @property
    def features(self) -> Path:
        """The feature frame, partitioned by `as_of`."""
        return self.root / "features"

    @property
    def truth(self) -> Path:
        """What a simulation knows and no model may read."""
        return self.root / "simulation"

    @property
    def tracking_uri(self) -> str:
        """Where runs and models are kept: one SQLite file in this folder, if nothing else was said."""
        return self.tracking or f"sqlite:///{self.root / 'mlflow.db'}"

    @property
    def tracking_place(self) -> str:
        """The same without a password, to be shown."""
        return _shown(self.tracking_uri)

    @property
    def tuning_url(self) -> str:
        return f"sqlite:///{self.root / 'optuna.db'}"

    @property
    def artifacts(self) -> Path:
        return self.root / "artifacts"

    @property
    def store_url(self) -> str:
        """Scores, consent and audit: one SQLite file in this folder, if nothing else was said."""
        return self.store or f"sqlite:///{self.root / 'respite.db'}"

    @property
    def store_place(self) -> str:
        """The same without a password, to be shown."""
        return _shown(self.store_url)

    @property
    def reports(self) -> Path:
        return self.root / "reports"

    def table(self, name: str) -> Path:
        """The folder of a table of the contract: one Parquet file an ingest, which is never changed afterwards."""
        return self.raw / name

    def batches(self, name: str) -> list[Path]:
        """The files of a table, oldest first; none where it was never ingested."""
        return sorted(self.table(name).glob("*.parquet"))


def _tracking(given: str | None) -> str | None:
    if not given:
        return None
    if not _TRACKING.fullmatch(given):
        raise ConfigError(
            f"{TRACKING_VARIABLE} {given!r}: name a server (http://, https://) or a database (sqlite:///, postgresql://,"
            " mysql://, mssql://)."
        )
    return given


def _store(given: str | None) -> str | None:
    if not given:
        return None
    if not _STORE.fullmatch(given):
        raise ConfigError(
            f"{STORE_VARIABLE} {_shown(given)!r}: write sqlite:///FILE or postgresql+psycopg://HOST/NAME."
        )
    return given


def _shown(url: str) -> str:
    """A URL without user and password, wherever they stand and whatever signs a password has."""
    return re.sub(r"//.*@", "//", url).partition("?")[0]
