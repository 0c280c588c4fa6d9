"""Routes about the state now: destinations, figures of today, how the parts are, who listens, the audit."""

from typing import Annotated

from fastapi import APIRouter, Path, Query
from fastapi.responses import PlainTextResponse, Response

from ivr.supervision.access.audit import MOST_ENTRIES, Wanted
from ivr.supervision.api import problems
from ivr.supervision.api.asked import CALL, ThisRequest
from ivr.supervision.models import AuditEntry, DestinationNow, Done, Health, Listening, Today
from ivr.supervision.orders import AnnounceOrder
from ivr.supervision.refusals import ActionRefused

METRICS_TYPE = "text/plain; version=0.0.4; charset=utf-8"

router = APIRouter()


@router.get("/api/destinations", summary="All destinations now", tags=["state"])
async def destinations(request: ThisRequest) -> tuple[DestinationNow, ...]:
    """Give each destination: open or closed and why, until when, who waits and talks there, what is wrong."""
    return request.state.destinations()


@router.get("/api/today", summary="The figures of today", tags=["state"])
async def today(request: ThisRequest) -> Today:
    """Give today's figures of each service, from the records, and when they were read."""
    found = request.state.today()
    if found is None:
        raise ActionRefused(503, "today's figures have not been read yet; ask again in some seconds")
    return found


@router.get("/api/health", summary="How the parts are", tags=["state"])
async def health(request: ThisRequest) -> Health:
    """Give how PBX, engines, journal, records and rules are, in words; `ok` is false if somebody must see to it."""
    return request.state.health()


@router.get("/api/listenings", summary="Who listens now", tags=["calls"])
async def listenings(request: ThisRequest) -> tuple[Listening, ...]:
    """Give who listens to which call by which phone."""
    return request.listenings.all()


@router.post("/api/listenings/{listening}/end", summary="End a listening", tags=["calls"])
async def end_listening(
    listening: Annotated[str, Path(pattern=CALL, examples=["l1"])], request: ThisRequest
) -> Listening:
    """Hang up the phone that listens; the call goes on."""
    found = request.listenings
    return await request.audited("end_listening", lambda: found.end(listening, request.who), {"listening": listening})


@router.post("/api/announce", summary="Play a recording to callers who wait", tags=["calls"])
async def announce(order: AnnounceOrder, request: ThisRequest) -> Done:
    """Play a prompt to all callers who wait, or to those of one service or destination."""
    return await request.ordered("announce", order, request.actions.announce)


@router.get("/api/audit", summary="Who did what", tags=["audit"])
async def audit(
    request: ThisRequest,
    who: Annotated[str, Query(max_length=80, description="only of this person")] = "",
    what: Annotated[str, Query(max_length=40, description="only this action")] = "",
    call: Annotated[str, Query(max_length=80, description="only for this call")] = "",
    limit: Annotated[int, Query(ge=1, le=MOST_ENTRIES, description="at most so many")] = 100,
) -> tuple[AuditEntry, ...]:
    """Give the audit, the newest entries first."""
    return await request.parts.audit.read(Wanted(who, what, call, limit))


@router.get(
    "/metrics",
    summary="All figures for Prometheus",
    tags=["health"],
    response_class=PlainTextResponse,
)
async def metrics(request: ThisRequest) -> Response:
    """Give the figures of supervision and of every engine in Prometheus' text form."""
    return Response(await request.state.metrics(), media_type=METRICS_TYPE)


@router.get("/healthz", summary="Whether the process lives", tags=["health"], response_class=PlainTextResponse)
async def healthz() -> Response:
    """Answer; nothing else is looked at."""
    return PlainTextResponse("ok\n")


@router.get("/readyz", summary="Whether the view can be believed", tags=["health"], response_class=PlainTextResponse)
async def readyz(request: ThisRequest) -> Response:
    """Answer ok if the view holds every call under way and the link to Asterisk is up, else 503 with what is missing."""
    missing = []
    if request.parts.view is None or not request.parts.view.filled:
        missing.append("the live view is not filled")
    if not request.parts.pbx_up():
        missing.append("there is no link to Asterisk")
    return problems.answer(503, "; ".join(missing)) if missing else PlainTextResponse("ok\n")
