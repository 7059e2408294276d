"""Where everything that Respite writes lives: one folder, so that it can be found, kept and deleted."""

import os
from dataclasses import dataclass
from pathlib import Path

from features.errors import InputError

__all__ = ["HOME_VARIABLE", "Home"]

HOME_VARIABLE = "RESPITE_HOME"


@dataclass(frozen=True)
class Home:
    """The folder that holds tables, features, models, scores and reports. Nothing is created by naming it."""

    root: Path

    @classmethod
    def find(cls, given: Path | str | None = None) -> "Home":
        """Take the folder that was given, else `RESPITE_HOME`, else `./.respite`; as an absolute path.

        Raises
        ------
        InputError
            The path is an existing file.
        """
        root = Path(given or os.environ.get(HOME_VARIABLE) or ".respite").expanduser().resolve()
        if root.exists() and not root.is_dir():
            raise InputError(f"--home {root} is a file; name a folder, which is made where it is missing.")
        return cls(root)

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
        return f"sqlite:///{self.root / 'mlflow.db'}"

    @property
    def tuning_url(self) -> str:
        return f"sqlite:///{self.root / 'optuna.db'}"

    @property
    def artifacts(self) -> Path:
        return self.root / "artifacts"

    @property
    def store_url(self) -> str:
        return f"sqlite:///{self.root / 'respite.db'}"

    @property
    def reports(self) -> Path:
        return self.root / "reports"

    def table(self, name: str) -> Path:
        """The folder of a table of the contract: one Parquet file an ingest, which is never changed afterwards."""
        return self.raw / name

    def batches(self, name: str) -> list[Path]:
        """The files of a table, oldest first; none where it was never ingested."""
        return sorted(self.table(name).glob("*.parquet"))
