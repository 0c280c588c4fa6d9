"""The app, built from its parts, behind its gate."""

from fastapi import APIRouter, FastAPI

from ivr.supervision.api import calls, events, openapi, problems, rules, state
from ivr.supervision.api.gate import Gate, Trust
from ivr.supervision.api.parts import Parts
from ivr.supervision.api.shapes import MOST_BODY_BYTES

TITLE = "Supervision of a municipal telephone service"


def bare_app(parts: Parts, wallboard: APIRouter | None = None) -> FastAPI:
    """Build the app without its gate: for what reads its routes. Nothing may serve it so."""
    app = FastAPI(
        title=TITLE,
        version="1",
        summary=openapi.SUMMARY,
        description=openapi.DESCRIPTION,
        docs_url=None,  # the pages for it would load scripts of others
        redoc_url=None,
        openapi_url=None,
        redirect_slashes=False,
        max_body_size=MOST_BODY_BYTES,
        telemetry={"tracing": False, "metrics": False, "logs": False},
    )
    app.state.parts = parts
    problems.install(app)
    for router in (calls.router, events.router, state.router, rules.router):
        app.include_router(router)
    if wallboard is not None:
        app.include_router(wallboard)
    openapi.install(app)
    return app


def app(parts: Parts, trust: Trust, wallboard: APIRouter | None = None) -> Gate:
    """Build what is served."""
    return Gate(bare_app(parts, wallboard), trust)
