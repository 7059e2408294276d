"""Who writes into a home: runs beside one another, an erasure alone.

A run holds rows of people in memory and writes them at its end; whoever was erased meanwhile would be back.
"""

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager

from features.errors import NotReadyError
from features.home import Home

__all__ = ["alone", "at_work", "in_turn"]

_LOCK, _TURN = ".lock", ".turn"


@contextmanager
def at_work(home: Home) -> Iterator[None]:
    """Write into a home beside others; waits for an erasure to end. Processes of one machine see one another."""
    with _locked(home, _LOCK, fcntl.LOCK_SH):
        yield


@contextmanager
def alone(home: Home) -> Iterator[None]:
    """Write into a home while nobody else does.

    Raises
    ------
    NotReadyError
        A run is writing.
    """
    try:
        with _locked(home, _LOCK, fcntl.LOCK_EX | fcntl.LOCK_NB):
            yield
    except BlockingIOError as error:
        raise NotReadyError(
            f"A run is writing into {home.root} and could bring back what is deleted now; run this again when it has"
            " ended."
        ) from error


@contextmanager
def in_turn(home: Home) -> Iterator[None]:
    """One after another, in the order in which they came: a database file that is taken makes its writers sleep."""
    with _locked(home, _TURN, fcntl.LOCK_EX):
        yield


@contextmanager
def _locked(home: Home, name: str, how: int) -> Iterator[None]:
    if not home.root.is_dir():  # nobody's rows are there yet
        yield
        return
    with (home.root / name).open("a", encoding="utf-8") as file:  # closing it, or dying, lets go
        fcntl.flock(file, how)
        yield
