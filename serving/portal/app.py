"""The portal's routes: pages from the table, the form that signs in, and the style."""

from collections.abc import Awaitable, Callable
from functools import partial
from pathlib import Path as File

import anyio.to_thread
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import Route as Path

from serving.access.sessions import proves
from serving.api.asked import known
from serving.api.desk import Desk
from serving.api.problems import Refusal, refused
from serving.portal.browser import (
    LANGUAGE,
    REPORTS_STYLE,
    SESSION,
    cookie,
    cookies_of,
    form_of,
    headers_of,
    language_asked,
    words_for,
)
from serving.portal.limits import Tries
from serving.portal.pages import PAGES, Page, View
from serving.portal.provider import from_provider, to_provider
from serving.portal.sign_in import sign_in, sign_in_page, sign_out
from serving.portal.visit import Moved, Visit

__all__ = ["portal"]

_STYLES = {
    "/portal/style.css": REPORTS_STYLE,
    "/portal/portal.css": File(__file__).with_name("portal.css"),
}


def portal(desk: Callable[[], Desk]) -> list[Path]:
    """The routes of the portal, for one desk."""
    tries: list[Tries] = []

    def limits() -> Tries:
        if not tries:
            tries.append(Tries(desk().settings.portal.sign_ins))
        return tries[0]

    async def enter(request: Request) -> Response:
        form = await _form(request)
        return await _guarded(lambda: sign_in(desk(), limits(), request, form))

    async def leave(request: Request) -> Response:
        form = await _form(request)
        return await _guarded(lambda: sign_out(desk(), request, form))

    async def door(request: Request) -> Response:
        return await _guarded(lambda: sign_in_page(desk(), request))

    async def away(request: Request) -> Response:
        return await _guarded(lambda: to_provider(desk(), request))

    async def back(request: Request) -> Response:
        return await _guarded(lambda: from_provider(desk(), limits(), request))

    own: dict[str, Callable[[Request], Awaitable[Response]]] = {
        "/portal/sign-in": enter, "/portal/sign-in/back": back, "/portal/sign-out": leave,
    }  # fmt: skip
    found = [Path(p.path, _endpoint(p, p.view, desk) if p.view else own[p.path], methods=[p.method]) for p in PAGES]
    styles = [Path(path, partial(_style, file), methods=["GET"]) for path, file in _STYLES.items()]
    doors = [Path("/portal/sign-in", door, methods=["GET"]), Path("/portal/sign-in/provider", away, methods=["GET"])]
    return [*found, *styles, *doors]


def _endpoint(page: Page, view: View, desk: Callable[[], Desk]) -> Callable[[Request], Awaitable[Response]]:
    async def endpoint(request: Request) -> Response:
        form = await _form(request) if page.method == "POST" else {}
        return await _guarded(lambda: _answer(page, view, desk(), request, form))

    return endpoint


def _answer(page: Page, view: View, desk: Desk, request: Request, form: dict[str, str]) -> Response:
    headers = dict(request.scope["headers"])
    session = cookies_of(headers).get(SESSION, "")
    if page.method == "POST" and not proves(session, form.pop("proof", "")):
        raise Refusal(403, "This form is not from a page of your session; open the page again and send it from there.")
    given = dict(request.query_params) | request.path_params
    words = words_for(request.scope, headers)
    found = view(Visit(desk, known(), words, request.url.path, session, given, form))
    if isinstance(found, Moved):
        response: Response = RedirectResponse(f"{found.to}?said={found.said}" if found.said else found.to, 303)
        response.headers.update(headers_of(""))
    elif isinstance(found, str):
        response = HTMLResponse(found, headers=headers_of(found))
    else:
        response = found
    if language_asked(request.scope):
        response.headers.append("set-cookie", cookie(headers, LANGUAGE, words.language))
    return response


async def _form(request: Request) -> dict[str, str]:
    try:
        return form_of(await request.body())
    except ValueError:
        return {}  # it has no proof either, and is refused for that


async def _guarded(answer: Callable[[], Response]) -> Response:
    """An answer, or the refusal that it ended in, which the gate makes a page of. A fault goes on."""
    try:
        return await anyio.to_thread.run_sync(answer)
    except Exception as error:  # noqa: BLE001 - a fault is raised again
        return refused(error)


async def _style(file: File, _: Request) -> Response:
    headers = headers_of("") | {"Cache-Control": "public, max-age=300"}
    return Response(file.read_text(encoding="utf-8"), media_type="text/css", headers=headers)
