"""Routes about rules and overrides."""

from typing import Annotated

from fastapi import APIRouter, Path, Query

from ivr.supervision.api.asked import CALL, AskedBy, AskedParts, audited, there
from ivr.supervision.models import Done, OverrideNow, RulesNow
from ivr.supervision.orders import ClearOrder, ExplainOrder, OverrideOrder, ReloadOrder

STATE, ACTIONS = "what tells the state now", "what changes rules"

router = APIRouter(prefix="/api", tags=["rules"])


@router.get("/overrides", summary="What people ordered beside the rules")
async def overrides(
    parts: AskedParts,
    every: Annotated[bool, Query(alias="all", description="also those that are over")] = False,
) -> tuple[OverrideNow, ...]:
    """Give the overrides that hold now, or all that were ever ordered."""
    return await there(parts.state, STATE).overrides(every)


@router.post("/overrides", summary="Close, open or redirect a destination")
async def add(order: OverrideOrder, parts: AskedParts, who: AskedBy) -> Done:
    """Order it until an instant of at most a year ahead. It holds within a second, also for callers in a menu."""
    actions = there(parts.actions, ACTIONS)
    return await audited(
        parts, who, "override_add", lambda: actions.override_add(order, who), details=order.model_dump()
    )


@router.post("/overrides/{override}/clear", summary="End an override before its time")
async def clear(
    override: Annotated[str, Path(pattern=CALL, description="its id", examples=["1a2b3c4d"])],
    order: ClearOrder,
    parts: AskedParts,
    who: AskedBy,
) -> Done:
    """End it now; the history keeps it."""
    actions = there(parts.actions, ACTIONS)
    details = {"override": override, **order.model_dump()}
    return await audited(
        parts, who, "override_clear", lambda: actions.override_clear(override, order, who), details=details
    )


@router.get("/rules", summary="The rules in use")
async def rules(parts: AskedParts) -> RulesNow:
    """Give the version of the rules in use, older ones that calls are still on, and what came of the last reload."""
    return there(parts.state, STATE).rules()


@router.post("/rules/explain", summary="Where a call would go, and why")
async def explain(order: ExplainOrder, parts: AskedParts) -> Done:
    """Ask the rules as the engine would; nothing is called and nothing changes."""
    return await there(parts.actions, ACTIONS).explain(order)


@router.post("/rules/check", summary="Check the file of the rules")
async def check(parts: AskedParts) -> Done:
    """Read, check and prove the file as it is now; nothing changes. 409 with the first problems if it has any."""
    return await there(parts.actions, ACTIONS).rules_check()


@router.post("/rules/reload", summary="Take the file of the rules")
async def reload(order: ReloadOrder, parts: AskedParts, who: AskedBy) -> Done:
    """Let the engines take the file; with any problem nothing changes. Answers when new calls get the new rules."""
    actions = there(parts.actions, ACTIONS)
    return await audited(
        parts, who, "rules_reload", lambda: actions.rules_reload(order, who), details=order.model_dump()
    )
