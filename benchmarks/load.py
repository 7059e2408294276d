"""A load generator: some connections that stay open, each asking as soon as it was answered."""

import asyncio
import json
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

__all__ = ["Load", "load", "request"]


@dataclass(frozen=True)
class Load:
    """What came back: requests per second, milliseconds at the 50th and 99th percentile, answers by status."""

    per_second: float
    p50_ms: float
    p99_ms: float
    statuses: dict[int, int]


def request(method: str, path: str, headers: dict[str, str], body: object = None) -> bytes:
    """A request of HTTP/1.1 as it goes over the wire."""
    content = b"" if body is None else json.dumps(body).encode()
    lines = [f"{method} {path} HTTP/1.1", "Host: 127.0.0.1", *(f"{k}: {v}" for k, v in headers.items())]
    lines += ["Content-Type: application/json", f"Content-Length: {len(content)}", "", ""]
    return "\r\n".join(lines).encode() + content


def load(port: int, requests: Sequence[bytes], seconds: float, connections: int = 32) -> Load:
    """Ask for some seconds, cycling through the requests."""
    return asyncio.run(_load(port, requests, seconds, connections))


async def _load(port: int, requests: Sequence[bytes], seconds: float, connections: int) -> Load:
    took: list[float] = []
    statuses: dict[int, int] = {}
    ends = time.perf_counter() + seconds
    parts = [[*requests[i % len(requests) :], *requests[: i % len(requests)]] for i in range(connections)]
    begun = time.perf_counter()
    await asyncio.gather(*(_connection(port, part, ends, lambda s, t: _note(took, statuses, s, t)) for part in parts))
    spent = time.perf_counter() - begun
    p50, p99 = np.percentile(took, [50, 99]) * 1000
    return Load(len(took) / spent, float(p50), float(p99), statuses)


def _note(took: list[float], statuses: dict[int, int], status: int, seconds: float) -> None:
    took.append(seconds)
    statuses[status] = statuses.get(status, 0) + 1


async def _connection(port: int, requests: Sequence[bytes], ends: float, note: Callable[[int, float], None]) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", port, limit=2**24)
    turn = 0
    try:
        while (begun := time.perf_counter()) < ends:
            writer.write(requests[turn % len(requests)])
            turn += 1
            head = await reader.readuntil(b"\r\n\r\n")
            lower = head.lower()
            at = lower.find(b"content-length:")
            if at < 0:
                raise RuntimeError(f"an answer without a length: {head[:200]!r}")
            await reader.readexactly(int(lower[at + 15 : lower.index(b"\r", at)]))
            note(int(head[9:12]), time.perf_counter() - begun)
    finally:
        writer.close()
