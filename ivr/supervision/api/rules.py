"""Routes about rules and overrides."""

from typing import Annotated

from fastapi import APIRouter, Path, Query

from ivr.supervision.api.asked import CALL, ThisRequest
from ivr.supervision.models import Done, OverrideNow, RulesNow
from ivr.supervision.orders import ClearOrder, ExplainOrder, OverrideOrder, ReloadOrder

router = APIRouter(prefix="/api", tags=["rules"])


@router.get("/overrides", summary="What people ordered beside the rules")
async def overrides(
    request: ThisRequest,
    every: Annotated[bool, Query(alias="all", description="also those that are over")] = False,
) -> tuple[OverrideNow, ...]:
    """Give the overrides that hold now, or all that were ever ordered."""
    return await request.state.overrides(every)


@router.post("/overrides", summary="Close, open or redirect a destination")
async def add(order: OverrideOrder, request: ThisRequest) -> Done:
    """Order it until an instant of at most a year ahead. It holds within a second, also for callers in a menu."""
    return await request.ordered("override_add", order, request.actions.override_add)


@router.post("/overrides/{override}/clear", summary="End an override before its time")
async def clear(
    override: Annotated[str, Path(pattern=CALL, description="its id", examples=["1a2b3c4d"])],
    order: ClearOrder,
    request: ThisRequest,
) -> Done:
    """End it now; the history keeps it."""
    actions = request.actions
    details = {"override": override, **order.model_dump()}
    return await request.audited(
        "override_clear", lambda: actions.override_clear(override, order, request.who), details
    )


@router.get("/rules", summary="The rules in use")
async def rules(request: ThisRequest) -> RulesNow:
    """Give the version of the rules in use, older ones that calls are still on, and what came of the last reload."""
    return request.state.rules()


@router.post("/rules/explain", summary="Where a call would go, and why")
async def explain(order: ExplainOrder, request: ThisRequest) -> Done:
    """Ask the rules as the engine would; nothing is called and nothing changes."""
    return await request.actions.explain(order)


@router.post("/rules/check", summary="Check the file of the rules")
async def check(request: ThisRequest) -> Done:
    """Read, check and prove the file as it is now; nothing changes. The answer names each mistake."""
    return await request.actions.rules_check()


@router.post("/rules/reload", summary="Take the file of the rules")
async def reload(order: ReloadOrder, request: ThisRequest) -> Done:
    """Let the engines take the file; with any problem nothing changes. Answers when new calls get the new rules."""
    return await request.ordered("rules_reload", order, request.actions.rules_reload)
