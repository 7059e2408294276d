"""Keys of pseudonyms: one per period, in a folder apart from the data, readable by its owner alone.

Whoever has a copy of the database alone cannot tell who a pseudonym is; with the key of one period, nothing can be said
of another. A key that is destroyed closes its period for good.
"""

import os
import re
import secrets
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import Connection
from sqlalchemy.orm import Session

from features.errors import ConfigError, InputError

__all__ = ["HOME", "KEYS_VARIABLE", "Keys"]

KEYS_VARIABLE = "RESPITE_KEYS"
HOME = "respite_home"  # an option of the engines of a store
BYTES = 32
_PERIOD = re.compile(r"[A-Za-z0-9][A-Za-z0-9-]{0,31}")


@dataclass(frozen=True)
class Keys:
    """A folder with one key file a period; `RESPITE_KEYS` names it, else it is `keys` in the home."""

    folder: Path

    @classmethod
    def of(cls, open_: Session | Connection) -> "Keys":
        """The keys that belong to the database of a session or connection: in the home of its store."""
        given = os.environ.get(KEYS_VARIABLE)
        options = (open_ if isinstance(open_, Connection) else open_.get_bind()).get_execution_options()
        return cls(Path(given or Path(options[HOME]) / "keys"))

    def key(self, period: str) -> bytes:
        """The key of a period; made at its first use.

        Raises
        ------
        InputError
            The period is no name.
        ConfigError
            The key file is not whole.
        """
        path = self._path(period)
        if not path.exists():
            self._make(path)
        key = path.read_bytes()
        if len(key) != BYTES:
            raise ConfigError(
                f"{path} has {len(key)} bytes; a key has {BYTES}. Restore it, or delete it to begin anew."
            )
        return key

    def periods(self) -> list[str]:
        """Periods whose key is there."""
        return sorted(path.stem for path in self.folder.glob("*.key"))

    def destroy(self, period: str) -> None:
        """Delete the key of a period: its pseudonyms are nobody's from then on.

        Raises
        ------
        InputError
            There is no key of that period.
        """
        path = self._path(period)
        if not path.exists():
            known = ", ".join(self.periods()) or "none"
            raise InputError(f"period {period}: there is no key of that period; there are {known}.")
        path.unlink()

    def _path(self, period: str) -> Path:
        if not _PERIOD.fullmatch(period):
            raise InputError(f"period {period!r}: name one in letters, digits and dashes, such as 2026-03.")
        return self.folder / f"{period}.key"

    def _make(self, path: Path) -> None:
        """Write a new key whole; where another process was first, its key stays."""
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        part = path.with_name(f".{secrets.token_hex(8)}.part")
        with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as out:
            out.write(secrets.token_bytes(BYTES))
        try:
            os.link(part, path)
        except FileExistsError:
            return
        finally:
            part.unlink()
