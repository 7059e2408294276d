"""Wrong tokens, slowed down: an address that sent several in a minute waits for its end."""

from collections.abc import Callable
from time import monotonic

from serving.api.problems import Refusal

__all__ = ["Tries"]

_WINDOW_S = 60.0
_ADDRESSES = 10_000


class Tries:
    """Wrong tries by address within this process; `most` of them in a minute."""

    def __init__(self, most: int, clock: Callable[[], float] = monotonic) -> None:
        self.most, self._clock = most, clock
        self._wrong: dict[str, tuple[int, float]] = {}

    def refuse(self, address: str) -> None:
        """Go on only where an address may try again.

        Raises
        ------
        Refusal
            It may not before the minute is over.
        """
        count, since = self._wrong.get(address, (0, 0.0))
        left = since + _WINDOW_S - self._clock()
        if count >= self.most and left > 0:
            raise Refusal(429, f"Too many wrong tokens from this address; try again in {int(left) + 1} seconds.")

    def wrong(self, address: str) -> None:
        """Count a wrong try."""
        now = self._clock()
        count, since = self._wrong.get(address, (0, now))
        if now - since >= _WINDOW_S:
            count, since = 0, now
        if len(self._wrong) >= _ADDRESSES:  # bounded, whoever asks from however many places
            self._wrong = {name: one for name, one in self._wrong.items() if now - one[1] < _WINDOW_S}
        if address in self._wrong or len(self._wrong) < _ADDRESSES:
            self._wrong[address] = (count + 1, since)
