"""The application that is mounted in the service: questions from paths and addresses, answers and refusals as JSON."""

from collections.abc import Awaitable, Callable, Sequence
from functools import partial

import anyio.to_thread
from prometheus_client import CONTENT_TYPE_LATEST
from pydantic import BaseModel
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.routing import Route as Path

from serving.api.asked import asked, known
from serving.api.counters import exposition
from serving.api.desk import Desk
from serving.api.operations import PURPOSE_QUERY
from serving.api.problems import refused
from serving.api.route import JSON, Route
from serving.api.routes import ROUTES
from serving.scoring import Answer

__all__ = ["PAGE", "application", "responded"]

# BentoML's own page asks a third party for a tracking frame; this one asks nobody
PAGE = """<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Respite API</title>
<link rel="stylesheet" href="./static_content/swagger-ui.css"></head><body><div id="swagger-ui"></div>
<script src="./static_content/swagger-ui-bundle.js"></script>
<script src="./static_content/swagger-ui-standalone-preset.js"></script>
<script src="./static_content/swagger-initializer.js"></script></body></html>"""

_SMALL = 4_096  # bytes of a body that asks for few: a thousand agents are looked up in a thread
# a page runs nothing and fetches nothing, wherever it is opened
_AS_FILES = {"Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; sandbox",
             "X-Content-Type-Options": "nosniff", "Cache-Control": "no-store"}  # fmt: skip
_NAMED = {
    "text/csv": {"Content-Disposition": 'attachment; filename="offers.csv"'},
    "text/calendar": {"Content-Disposition": 'attachment; filename="offers.ics"'},
}


def application(desk: Callable[[], Desk], document: Callable[[], object], more: Sequence[Path] = ()) -> Starlette:
    """The routes of a desk, the page that documents them, the document that it shows, and what else is served."""

    async def page(_: Request) -> Response:
        return HTMLResponse(PAGE)

    async def docs(_: Request) -> Response:
        return JSONResponse(await anyio.to_thread.run_sync(document))

    async def metrics(_: Request) -> Response:
        said = await anyio.to_thread.run_sync(exposition, desk().store)
        return Response(said, media_type=CONTENT_TYPE_LATEST)

    found = [Path(route.path, _endpoint(route, desk), methods=[route.method]) for route in ROUTES]
    return Starlette(routes=[*found, *more, Path("/metrics", metrics), Path("/", page), Path("/docs.json", docs)])


async def responded(answer: Callable[[], Answer], here: bool, media: str = JSON) -> Response:
    """An answer or the refusal that it ended in, made `here` or in a thread where others would have to wait."""
    return _responded(answer, media) if here else await anyio.to_thread.run_sync(_responded, answer, media)


def _responded(answer: Callable[[], Answer], media: str) -> Response:
    """An answer, once whom it is about is kept for the log; or the refusal that it ended in. A fault goes on."""
    try:
        found = asked().answered(answer())
    except Exception as error:  # noqa: BLE001 - a fault is raised again
        return refused(error)
    if media == JSON:
        return Response(found.json(), media_type=JSON)
    return Response(found.body["content"], media_type=media, headers=_AS_FILES | _NAMED.get(media, {}))


def _endpoint(route: Route, desk: Callable[[], Desk]) -> Callable[[Request], Awaitable[Response]]:
    async def endpoint(request: Request) -> Response:
        given = dict(request.query_params)
        given.pop(PURPOSE_QUERY, None)
        body = await request.body() if route.body else b""
        answer = partial(_answer, route, desk, given | request.path_params, body)
        here = not route.computes and len(body) <= _SMALL and desk().store.answers_at_once
        return await responded(answer, here, route.media)

    return endpoint


def _answer(route: Route, desk: Callable[[], Desk], given: dict[str, str], body: bytes) -> Answer:
    said: list[BaseModel] = [route.question.model_validate(given)]
    if route.body:
        said.append(route.body.model_validate_json(body or b"{}"))
    return route.answer(desk(), known(), *said)
