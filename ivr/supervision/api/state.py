"""Routes about the state now: destinations, figures of today, how the parts are, who listens, the audit."""

from typing import Annotated

from fastapi import APIRouter, Path, Query
from fastapi.responses import PlainTextResponse, Response

from ivr.supervision.api import problems
from ivr.supervision.api.asked import CALL, AskedBy, AskedParts, audited, there
from ivr.supervision.audit import MOST_ENTRIES, Wanted
from ivr.supervision.models import AuditEntry, DestinationNow, Done, Health, Listening, Today
from ivr.supervision.orders import AnnounceOrder
from ivr.supervision.refusals import ActionRefused

STATE, ACTIONS, LISTENING = "what tells the state now", "what acts in Asterisk", "listening"
METRICS_TYPE = "text/plain; version=0.0.4; charset=utf-8"

router = APIRouter()


@router.get("/api/destinations", summary="All destinations now", tags=["state"])
async def destinations(parts: AskedParts) -> tuple[DestinationNow, ...]:
    """Give each destination: open or closed and why, until when, who waits and talks there, what is wrong."""
    return there(parts.state, STATE).destinations()


@router.get("/api/today", summary="The figures of today", tags=["state"])
async def today(parts: AskedParts) -> Today:
    """Give today's figures of each service, from the records, and when they were read."""
    found = there(parts.state, STATE).today()
    if found is None:
        raise ActionRefused(503, "today's figures have not been read yet; ask again in some seconds")
    return found


@router.get("/api/health", summary="How the parts are", tags=["state"])
async def health(parts: AskedParts) -> Health:
    """Give how PBX, engines, journal, records and rules are, in words; `ok` is false if somebody must see to it."""
    return there(parts.state, STATE).health()


@router.get("/api/listenings", summary="Who listens now", tags=["calls"])
async def listenings(parts: AskedParts) -> tuple[Listening, ...]:
    """Give who listens to which call by which phone."""
    return there(parts.listenings, LISTENING).all()


@router.post("/api/listenings/{listening}/end", summary="End a listening", tags=["calls"])
async def end_listening(
    listening: Annotated[str, Path(pattern=CALL, examples=["l1"])], parts: AskedParts, who: AskedBy
) -> Listening:
    """Hang up the phone that listens; the call goes on."""
    found = there(parts.listenings, LISTENING)
    return await audited(
        parts, who, "end_listening", lambda: found.end(listening, who), details={"listening": listening}
    )


@router.post("/api/announce", summary="Play a recording to callers who wait", tags=["calls"])
async def announce(order: AnnounceOrder, parts: AskedParts, who: AskedBy) -> Done:
    """Play a prompt to all callers who wait, or to those of one service or destination."""
    actions = there(parts.actions, ACTIONS)
    return await audited(parts, who, "announce", lambda: actions.announce(order, who), details=order.model_dump())


@router.get("/api/audit", summary="Who did what", tags=["audit"])
async def audit(
    parts: AskedParts,
    who: Annotated[str, Query(max_length=80, description="only of this person")] = "",
    what: Annotated[str, Query(max_length=40, description="only this action")] = "",
    call: Annotated[str, Query(max_length=80, description="only for this call")] = "",
    limit: Annotated[int, Query(ge=1, le=MOST_ENTRIES, description="at most so many")] = 100,
) -> tuple[AuditEntry, ...]:
    """Give the audit, the newest entries first."""
    return await parts.audit.read(Wanted(who, what, call, limit))


@router.get(
    "/metrics",
    summary="All figures for Prometheus",
    tags=["health"],
    response_class=PlainTextResponse,
)
async def metrics(parts: AskedParts) -> Response:
    """Give the figures of supervision and of every engine in Prometheus' text form."""
    return Response(await there(parts.state, STATE).metrics(), media_type=METRICS_TYPE)


@router.get("/healthz", summary="Whether the process lives", tags=["health"], response_class=PlainTextResponse)
async def healthz() -> Response:
    """Answer; nothing else is looked at."""
    return PlainTextResponse("ok\n")


@router.get("/readyz", summary="Whether the view can be believed", tags=["health"], response_class=PlainTextResponse)
async def readyz(parts: AskedParts) -> Response:
    """Answer ok if the view holds every call under way and the link to Asterisk is up, else 503 with what is missing."""
    missing = []
    if parts.view is None or not parts.view.filled:
        missing.append("the live view is not filled")
    if not parts.pbx_up():
        missing.append("there is no link to Asterisk")
    return problems.answer(503, "; ".join(missing)) if missing else PlainTextResponse("ok\n")
