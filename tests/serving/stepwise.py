"""A batch that says where it is and waits to be told to go on, so that a test can kill it at any of its steps."""

from multiprocessing.connection import Connection

from features import Home
from serving import score_all, store

AT_ONCE = 20
store._CHUNK = 50  # so that some rows are in the database before the last are taken


def score_step_by_step(home: Home, tester: Connection) -> None:
    """Score the newest date; after every step, say so and wait for an answer."""

    def say(text: str) -> None:
        tester.send(text)
        tester.recv()

    score_all(home, say=say, at_once=AT_ONCE)


def score(home: Home) -> None:
    """Score the newest date in one go."""
    score_all(home, at_once=AT_ONCE)
