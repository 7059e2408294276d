"""Start the service as a process of its own, ask it, stop it by its process id."""

import json
import os
import signal
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

from features.errors import InputError, NotReadyError
from features.home import HOME_VARIABLE, STORE_VARIABLE, TRACKING_VARIABLE, Home

__all__ = ["ask", "command", "environment", "free_port", "running", "serve_until_stopped"]

SERVICE = "serving.service:RespiteScores"
WORKERS_VARIABLE = "RESPITE__SERVICE__WORKERS"
READY_TRIES, READY_EVERY_S = 240, 0.25


def command(port: int, service: str = SERVICE, host: str = "127.0.0.1") -> list[str]:
    """The command line that serves, on this machine alone where no other host is configured."""
    return [sys.executable, "-m", "bentoml", "serve", service, "--host", host, "--port", str(port)]


def serve_until_stopped(home: Home, port: int | None = None, workers: int | None = None) -> int:
    """Check configuration, policy and store, then serve until interrupted or asked to stop; the exit code.

    SIGTERM and Ctrl-C let requests end that have begun.

    Raises
    ------
    ConfigError
        Configuration or policy are not valid: nothing is started.
    NotReadyError
        The store does not answer.
    """
    from serving.settings import load_settings
    from serving.store import Store

    settings = load_settings(home)
    settings.policy()
    settings.overrides()
    Store(home).close()
    service = settings.service.model_copy(
        update={k: v for k, v in (("port", port), ("workers", workers)) if v is not None}
    )
    if not 1 <= service.port <= 65_535:
        raise InputError(f"--port {service.port}: a port is 1 to 65535.")
    server = subprocess.Popen(  # noqa: S603 - our own command
        command(service.port, host=service.host), env=environment(home, service.workers)
    )
    previous = signal.signal(signal.SIGTERM, lambda *_: server.terminate())
    try:
        return server.wait()
    except KeyboardInterrupt:
        return server.wait()  # the terminal interrupted the server, too
    finally:
        signal.signal(signal.SIGTERM, previous)


def environment(home: Home, workers: int = 1) -> dict[str, str]:
    """BentoML keeps its own files in the home too, and reports to nobody."""
    elsewhere = {TRACKING_VARIABLE: home.tracking, STORE_VARIABLE: home.store}
    return {
        **os.environ,
        **{name: value for name, value in elsewhere.items() if value},
        WORKERS_VARIABLE: str(workers),
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
def running(
    home: Home, port: int | None = None, service: str = SERVICE, folder: Path | None = None, workers: int = 1
) -> Iterator[str]:
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
            command(port, service), stdout=out, stderr=subprocess.STDOUT, env=environment(home, workers), cwd=folder
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


def ask(address: str, path: str, body: dict[str, Any], token: str | None, purpose: str = "support") -> tuple[int, Any]:
    """POST a JSON body; the status and the JSON answer."""
    headers = {"Content-Type": "application/json", "Respite-Purpose": purpose}
    headers |= {"Authorization": f"Bearer {token}"} if token else {}
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
            with urllib.request.urlopen(f"{address}/livez", timeout=2):  # noqa: S310 - http on loopback
                return
        except OSError:
            time.sleep(READY_EVERY_S)
    end = log.read_text(encoding="utf-8").strip().splitlines()[-3:]
    raise NotReadyError(f"The service did not start; {log} ends with: {' / '.join(end)}")
