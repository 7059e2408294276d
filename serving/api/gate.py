"""ASGI middleware: nobody unknown, nothing unnamed, and no answer before it is written down."""

import json
import logging
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from functools import cached_property
from http import HTTPStatus
from time import perf_counter
from typing import Any

import anyio.to_thread

from features.errors import AccessError, NotReadyError
from serving.access import AccessPolicy
from serving.api.asked import Asked, current_request
from serving.api.counters import REQUESTS, SECONDS
from serving.api.desk import Desk
from serving.api.doors import ApiDoor, Door
from serving.api.journal import Journal
from serving.api.logs import write_line
from serving.api.operations import BENTOML, OPEN, SIGN_IN, refused_when_stopped
from serving.api.problems import LogError, Refusal, TokenError, problem, refusal_of
from serving.consent import refuse_when_stopped

__all__ = ["Gate"]

log = logging.getLogger("respite")
_WITH_BODY = ("POST", "PUT")


class Gate:
    """Lets in who may ask, with a purpose, and sends an answer once its entry is in the log.

    A store that does not answer when the process starts is asked again with every request.
    """

    def __init__(
        self, app: Any, desk: Callable[[], Desk], mounted: Any = None,
        doors: Sequence[Callable[[Desk], Door]] = (ApiDoor,),
    ) -> None:  # fmt: skip
        # what is mounted is asked straight away: the way to it through BentoML takes longer than most answers
        self.app, self.mounted, self._desk, self._doors = app, mounted or app, desk, doors

    @cached_property
    def desk(self) -> Desk:
        return self._desk()

    @cached_property
    def policy(self) -> AccessPolicy:
        return self.desk.scoring.policy

    @cached_property
    def doors(self) -> list[Door]:
        return [door(self.desk) for door in self._doors]

    @cached_property
    def journal(self) -> Journal:
        return Journal(self.desk.store)

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        ready = scope["type"] == "http" and scope["path"] == "/readyz"
        if not ready and (scope["type"] == "lifespan" or (scope["type"] == "http" and scope["path"] in OPEN)):
            await self.app(scope, receive, send)
        elif scope["type"] == "http" and (why := await self._closed()):
            await _send(send, 503, *problem(503, why))
        elif ready:
            await self._ready(send)
        elif scope["type"] == "http":
            door = next(door for door in self.doors if door.takes(scope["path"]))
            if door.is_open(scope["method"], scope["path"]):
                await self.app(scope, receive, send)
            else:
                await self._guarded(door, scope, receive, send)
        # nothing here speaks WebSocket: a connection that is not accepted is closed by the server

    async def _closed(self) -> str | None:
        """Why nothing can be answered yet, or None."""
        if "desk" not in self.__dict__:
            try:
                await anyio.to_thread.run_sync(lambda: self.desk)
            except NotReadyError as error:
                return str(error)
        return None

    async def _ready(self, send: Any) -> None:
        """Ready, or why not."""
        why = await anyio.to_thread.run_sync(self.desk.unready)
        headers, body = problem(503, why) if why else ({"content-type": "text/plain"}, b"ready\n")
        await _send(send, 503 if why else 200, headers, body)

    async def _guarded(self, door: Door, scope: Any, receive: Any, send: Any) -> None:
        started, headers = perf_counter(), dict(scope["headers"])
        request = Asked(f"{scope['method']} (no such path)")
        answer = _Answer(self, door, scope, request, send)
        token = current_request.set(request)
        try:
            if self.desk.store.answers_at_once:
                self._admit(door, scope, headers, request)
            else:
                await anyio.to_thread.run_sync(self._admit, door, scope, headers, request)
            if scope["method"] in _WITH_BODY:
                receive = await _body(receive, headers, door)
            to_bentoml = (scope["method"], scope["path"]) in BENTOML
            await (self.app if to_bentoml else self.mounted)(scope, receive, answer)
        except Exception as error:
            refusal = refusal_of(error)
            if refusal is None:
                log.exception("fault", extra={"what": request.what})
                refusal = Refusal(500, "A fault of the service; its log says which.")
            await answer.refuse(refusal)
        finally:
            current_request.reset(token)
        self._count(request, answer.status, perf_counter() - started)

    def _admit(self, door: Door, scope: Any, headers: dict[bytes, bytes], request: Asked) -> None:
        """Who asks, whether the role may, and what for; the first that fails refuses."""
        question = door.question(scope["method"], scope["path"])
        if question:
            request.what = f"{scope['method']} {question.template}"
            if question.operation == SIGN_IN:
                request.operation = SIGN_IN
                return
        with self.desk.store.reading() as connection:
            try:
                request.who = door.who(connection, headers, datetime.now(UTC))
            except AccessError as error:
                raise TokenError(str(error)) from None
            if question is None:
                raise Refusal(404, door.no_such_path)
            if question.operation is None:
                raise Refusal(405, f"{question.template} takes {', '.join(question.methods)}.")
            request.operation = question.operation
            purpose = door.purpose(scope, headers, request.who)
            request.purpose = self.policy.known_purpose(purpose)  # what was refused is in the log, too
            self.policy.refuse_purpose(request.who, purpose)
            self.policy.refuse_operation(request.who, question.operation)
            if refused_when_stopped(question.operation):
                refuse_when_stopped(self.desk.store, connection)

    def _count(self, request: Asked, status: int, seconds: float) -> None:
        REQUESTS.labels(request.operation or "none", request.role, str(status)).inc()
        SECONDS.labels(request.operation or "none").observe(seconds)
        said = {"what": request.what, "role": request.role, "purpose": request.purpose, "status": status}
        write_line("answered", **said, ms=round(1000 * seconds, 1))


class _Answer:
    """Holds an answer back until its entry is in the log; refusals of any origin leave in one shape."""

    def __init__(self, gate: Gate, door: Door, scope: Any, request: Asked, send: Any) -> None:
        self.gate, self.door, self.scope, self.request, self.send = gate, door, scope, request, send
        self.status, self._refused, self._body, self._sent = 0, False, b"", False

    async def __call__(self, message: Any) -> None:
        if message["type"] == "http.response.start":
            await self._begin(message)
        elif not self._refused:
            await self.send(message)
        else:
            self._body += message.get("body", b"")
            if not message.get("more_body"):
                await self._send(self.status, _sentence(self._body))

    async def _begin(self, message: Any) -> None:
        self.status = message["status"]
        kind = dict(message["headers"]).get(b"content-type", b"").decode()
        self._refused = self.status >= HTTPStatus.BAD_REQUEST and kind != self.door.refusals
        if not self.request.written:
            await self.gate.journal.write(self.request.event(self.status))
        if not self._refused:
            self._sent = True
            await self.send(message)

    async def refuse(self, refusal: Refusal) -> None:
        """Send a refusal in place of an answer that has not begun."""
        if self._sent:
            return  # the connection breaks off: half an answer cannot be taken back
        self.status = refusal.status
        try:
            await self.gate.journal.write(self.request.event(refusal.status))
        except LogError as error:
            self.status, refusal = 503, Refusal(503, str(error))
        await self._send(refusal.status, refusal.detail)

    async def _send(self, status: int, detail: str) -> None:
        self._sent = True
        await _send(self.send, *self.door.refused(self.scope, self.request, status, detail))


async def _body(receive: Any, headers: dict[bytes, bytes], door: Door) -> Any:
    """Receive a body of the door's kind, up to its size; whoever is asked receives it from here."""
    kind, most = headers.get(b"content-type", door.bodies).partition(b";")[0].strip().lower(), door.largest
    if kind != door.bodies:
        raise Refusal(415, f"Content-Type: {door.bodies.decode()} is what a body has here.")
    length, body, more = headers.get(b"content-length", b"0"), b"", True
    told = int(length) if length.isdigit() else 0
    while more and max(told, len(body)) <= most:
        message = await receive()
        body += message.get("body", b"")
        more = message.get("more_body", False)
    if max(told, len(body)) > most:
        raise Refusal(413, f"A body has at most {most:,} bytes; ask in several requests.")
    given = iter([{"type": "http.request", "body": body, "more_body": False}])

    async def again() -> Any:
        return next(given, None) or await receive()

    return again


async def _send(send: Any, status: int, headers: dict[str, str], body: bytes) -> None:
    given = headers | {"content-length": str(len(body))}
    pairs = [(name.encode(), value.encode()) for name, value in given.items()]
    await send({"type": "http.response.start", "status": status, "headers": pairs})
    await send({"type": "http.response.body", "body": body})


def _sentence(body: bytes) -> str:
    """The sentence of a refusal that came in another shape."""
    try:
        said = json.loads(body)
    except ValueError:
        said = body.decode("utf-8", "replace") or "refused"
    first = said[0] if isinstance(said, list) and said else said
    return str(first.get("error", first.get("detail", first)) if isinstance(first, dict) else first)
