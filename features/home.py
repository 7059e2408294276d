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
        """Tables of the contract, one Parquet file each, and the rows that were rejected."""
        return self.root / "raw"

    @property
    def rejected(self) -> Path:
        return self.raw / "rejected"

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
    def artifacts(self) -> Path:
        return self.root / "artifacts"

    @property
    def store_url(self) -> str:
        return f"sqlite:///{self.root / 'respite.db'}"

    @property
    def reports(self) -> Path:
        return self.root / "reports"

    def table(self, name: str) -> Path:
        """The Parquet file of a table of the contract."""
        return self.raw / f"{name}.parquet"
