"""The wallboard: one page, its files, and the session that a browser has instead of a token.

Rule 1: a token comes only in the body of one request and goes nowhere else: not into an address, a page or a log.
Rule 2: the page may ask only this server, runs only its own files, and is shown in no other page.
"""

import json
from collections.abc import Callable, Mapping
from typing import Annotated
from urllib.parse import urlsplit

from fastapi import APIRouter, Query, Request, Response
from fastapi.responses import HTMLResponse, JSONResponse

from ivr.supervision.access.sessions import COOKIE, LIFE, Begun, Refused, Sessions
from ivr.supervision.models import Problem
from ivr.supervision.wallboard.page import LANGUAGES, THEMES, WallboardPage

MOST_BYTES = 4096
"""Of a request that begins a session."""
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; base-uri 'none'; "
    "form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types 'none'"
)
HEADERS = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-store",
}
Languages = Callable[[], Mapping[str, str]]
"""Gives the first language of every service of the rules, in their order."""


def router(sessions: Sessions, languages: Languages) -> APIRouter:
    """Build the routes; the page's files are read here, once."""
    page = WallboardPage()
    routes = APIRouter(include_in_schema=False)
    _add_pages(routes, page, sessions, languages)
    _add_session(routes, sessions)
    return routes


def _add_pages(routes: APIRouter, page: WallboardPage, sessions: Sessions, languages: Languages) -> None:
    @routes.get("/wallboard")
    async def wallboard(
        request: Request,
        language: str = "",
        theme: str = "",
        service: Annotated[list[str] | None, Query()] = None,
    ) -> HTMLResponse:
        """Give the wallboard to whoever has a session, to others the page that asks for a token."""
        spoken = _language(language, service or [], languages())
        look = theme if theme in THEMES else ""
        known = sessions.who(request.cookies.get(COOKIE)) is not None
        return HTMLResponse(page.board(spoken, look) if known else page.enter(spoken, look), headers=HEADERS)

    @routes.get("/wallboard/static/{name}")
    async def static(name: str) -> Response:
        """Give one of the page's files; there are no others."""
        found = page.static.get(name)
        if found is None:
            return _problem(Refused(404, "The wallboard has no such file."))
        return Response(found.body, media_type=found.type, headers=HEADERS)


def _add_session(routes: APIRouter, sessions: Sessions) -> None:
    @routes.post("/wallboard/session")
    async def begin(request: Request) -> Response:
        """Begin a session for the token in the body."""
        token = await _token(request)
        if isinstance(token, Refused):
            return _problem(token)
        begun = await sessions.begin(token, request.client.host if request.client else "")
        if isinstance(begun, Refused):
            return _problem(begun)
        return _with_cookie(begun, request)

    @routes.post("/wallboard/end")
    async def end(request: Request) -> Response:
        """End the browser's session."""
        if not _of_this_page(request):
            return _problem(_ELSEWHERE)
        await sessions.end(request.cookies.get(COOKIE))
        response = Response(status_code=204, headers=HEADERS)
        response.delete_cookie(COOKIE, path="/", httponly=True, samesite="strict", secure=_tls(request))
        return response


_ELSEWHERE = Refused(403, "This came from another site's page; open the wallboard by its own address.")


async def _token(request: Request) -> str | Refused:
    if not _of_this_page(request):
        return _ELSEWHERE
    if request.headers.get("content-type", "").partition(";")[0].strip().lower() != "application/json":
        return Refused(415, 'Send the token as application/json: {"token": "..."}.')
    body = b""
    async for part in request.stream():
        body += part
        if len(body) > MOST_BYTES:
            return Refused(413, f"The request is longer than {MOST_BYTES} bytes; send only the token.")
    try:
        sent = json.loads(body)
    except (ValueError, RecursionError):
        sent = None
    token = sent.get("token") if isinstance(sent, dict) else None
    if not isinstance(token, str) or not token:
        return Refused(400, 'Send the token as {"token": "..."}.')
    return token


def _with_cookie(begun: Begun, request: Request) -> Response:
    response = Response(status_code=204, headers=HEADERS)
    response.set_cookie(
        COOKIE,
        begun.cookie,
        max_age=int(LIFE.total_seconds()),
        path="/",
        httponly=True,
        samesite="strict",
        secure=_tls(request),
    )
    return response


def _of_this_page(request: Request) -> bool:
    """Tell whether a request comes from a page of this server, or from no page at all."""
    if request.headers.get("sec-fetch-site", "same-origin") not in ("same-origin", "none"):
        return False
    origin = request.headers.get("origin")
    if origin is None:
        return True
    try:
        told = urlsplit(origin)
    except ValueError:
        return False
    return told.netloc == request.headers.get("host", "")


def _tls(request: Request) -> bool:
    return request.url.scheme == "https"


def _language(wanted: str, services: list[str], first: Mapping[str, str]) -> str:
    """Choose: what the address says, else the first language of the (first) service, else English."""
    chosen = [one for name in services for one in name.split(",") if one in first]
    of_service = first[chosen[0]] if chosen else next(iter(first.values()), "")
    return next((one for one in (wanted, of_service) if one in LANGUAGES), "en")


def _problem(refused: Refused) -> JSONResponse:
    titles = {400: "Wrong request", 401: "No such token", 403: "Not from here", 404: "Not here"}
    problem = Problem(
        title=titles.get(refused.status, "Not possible now"), status=refused.status, detail=refused.detail
    )
    headers = dict(HEADERS)
    if refused.retry_after is not None:
        headers["Retry-After"] = str(refused.retry_after)
    return JSONResponse(
        problem.model_dump(), status_code=refused.status, headers=headers, media_type="application/problem+json"
    )
