"""Start the service as a process of its own, ask it, stop it by its process id."""

import json
import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from features.errors import NotReadyError
from features.home import HOME_VARIABLE, Home

__all__ = ["ask", "command", "environment", "free_port", "running"]

SERVICE = "serving.service:RespiteScores"
READY_TRIES, READY_EVERY_S = 240, 0.25


def command(port: int, service: str = SERVICE) -> list[str]:
    """The command line that serves on this machine alone."""
    return [sys.executable, "-m", "bentoml", "serve", service, "--host", "127.0.0.1", "--port", str(port)]


def environment(home: Home) -> dict[str, str]:
    """BentoML keeps its own files in the home too, and reports to nobody."""
    return {
        **os.environ,
        HOME_VARIABLE: str(home.root),
        "BENTOML_HOME": str(home.root / "bentoml"),
        "BENTOML_DO_NOT_TRACK": "True",
    }


def free_port() -> int:
    """A port on the loopback address that nobody listens on."""
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


@contextmanager
def running(home: Home, port: int | None = None, service: str = SERVICE, folder: Path | None = None) -> Iterator[str]:
    """The service's address while it runs; it is stopped at the end.

    Raises
    ------
    NotReadyError
        It did not become ready; the end of its log says why.
    """
    port = port or free_port()
    log = home.root / "service.log"
    with log.open("w", encoding="utf-8") as out:
        server = subprocess.Popen(  # noqa: S603 - our own command
            command(port, service), stdout=out, stderr=subprocess.STDOUT, env=environment(home), cwd=folder
        )
        try:
            address = f"http://127.0.0.1:{port}"
            _wait(address, server, log)
            yield address
        finally:
            server.terminate()
            try:
                server.wait(timeout=20)
            except subprocess.TimeoutExpired:
                server.kill()
                server.wait()


def ask(address: str, path: str, body: dict[str, Any], token: str | None) -> tuple[int, Any]:
    """POST a JSON body; the status and the JSON answer."""
    headers = {"Content-Type": "application/json"} | ({"Authorization": f"Bearer {token}"} if token else {})
    request = urllib.request.Request(address + path, json.dumps(body).encode(), headers)  # noqa: S310 - http on loopback
    try:
        with urllib.request.urlopen(request, timeout=30) as answer:  # noqa: S310 - same
            return answer.status, json.load(answer)
    except urllib.error.HTTPError as refused:
        with refused:
            return refused.code, json.load(refused)


def _wait(address: str, server: "subprocess.Popen[bytes]", log: Path) -> None:
    for _ in range(READY_TRIES):
        if server.poll() is not None:
            break
        try:
            with urllib.request.urlopen(f"{address}/readyz", timeout=2):  # noqa: S310 - http on loopback
                return
        except OSError:
            time.sleep(READY_EVERY_S)
    end = log.read_text(encoding="utf-8").strip().splitlines()[-3:]
    raise NotReadyError(f"The service did not start; {log} ends with: {' / '.join(end)}")
