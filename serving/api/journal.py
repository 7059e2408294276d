"""Entries of many requests at once into the log: each request waits for its own, the log is locked once for all."""

import asyncio
from datetime import UTC, datetime

import anyio.to_thread

from serving.api.problems import LogError
from serving.audit import Event, append_all
from serving.store import Store

__all__ = ["Journal"]


class Journal:
    """What is waiting to be written, in the order in which it came."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self._waiting: list[tuple[Event, asyncio.Future[None]]] = []
        self._writer: asyncio.Task[None] | None = None

    async def write(self, event: Event) -> None:
        """Return once the entry is in the log.

        Raises
        ------
        LogError
            It could not be written.
        """
        done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append((event, done))
        if self._writer is None or self._writer.done():
            self._writer = asyncio.create_task(self._write())
        await done

    async def _write(self) -> None:
        while self._waiting:
            batch, self._waiting = self._waiting, []
            events = [event for event, _ in batch]
            failed: Exception | None = None
            try:
                await anyio.to_thread.run_sync(append_all, self.store, events, datetime.now(UTC))
            except Exception as error:  # noqa: BLE001 - whatever the reason: no entry, no answer
                failed = error
            for _, done in batch:
                if done.cancelled():
                    continue
                if failed is None:
                    done.set_result(None)
                else:
                    done.set_exception(_refused(failed))


def _refused(error: Exception) -> LogError:
    found = LogError("The log of accesses takes no entry at present, and without it nothing is answered; ask again.")
    found.__cause__ = error
    return found
