"""Routes about calls: the live view, and what supervisors do with a call."""

from fastapi import APIRouter

from ivr.supervision.api.asked import AskedBy, AskedParts, CallName, audited, there
from ivr.supervision.models import CallDetail, CallerNumber, Calls, Done, Listening
from ivr.supervision.orders import CallerOrder, HangUpOrder, ListenOrder, TopicOrder, TransferOrder
from ivr.supervision.refusals import ActionRefused

VIEW, ACTIONS, LISTENING = "the live view", "what acts in Asterisk", "listening"

router = APIRouter(prefix="/api/calls", tags=["calls"])


@router.get("", summary="All calls under way")
async def calls(parts: AskedParts) -> Calls:
    """Give every call of a citizen that is under way, as the journal tells it, with the number of the last change."""
    return there(parts.view, VIEW).calls()


@router.get("/{call}", summary="One call with its journey")
async def call(call: CallName, parts: AskedParts) -> CallDetail:
    """Give a call, every step that the caller met, and every channel. 404 if it is not under way."""
    found = there(parts.view, VIEW).call(call)
    if found is None:
        raise ActionRefused(
            404, f"the call {call} is not under way; `ivr records show {call}` tells of calls that are over"
        )
    return found


@router.post("/{call}/transfer", summary="Pass a caller on")
async def transfer(call: CallName, order: TransferOrder, parts: AskedParts, who: AskedBy) -> Done:
    """Pass on the caller of a call that talks, as a colleague's transfer would: he comes back if nobody takes him."""
    actions = there(parts.actions, ACTIONS)
    return await audited(
        parts, who, "transfer", lambda: actions.transfer(call, order, who), call=call, details=order.model_dump()
    )


@router.post("/{call}/send", summary="Send a call to a destination")
async def send(call: CallName, order: TransferOrder, parts: AskedParts, who: AskedBy) -> Done:
    """Send a call at any stage - in a menu, while it rings, while it talks - to a destination of the rules."""
    actions = there(parts.actions, ACTIONS)
    return await audited(
        parts, who, "send", lambda: actions.send(call, order, who), call=call, details=order.model_dump()
    )


@router.post("/{call}/hangup", summary="End a call")
async def hangup(call: CallName, order: HangUpOrder, parts: AskedParts, who: AskedBy) -> Done:
    """End a call. Its record says who did."""
    actions = there(parts.actions, ACTIONS)
    return await audited(
        parts, who, "hangup", lambda: actions.hang_up(call, order, who), call=call, details=order.model_dump()
    )


@router.post("/{call}/listen", summary="Listen to a call")
async def listen(call: CallName, order: ListenOrder, parts: AskedParts, who: AskedBy) -> Listening:
    """Call a supervisor's phone and let it hear a call (`listen`), speak to the operator (`whisper`) or to both (`barge`)."""
    listenings = there(parts.listenings, LISTENING)
    return await audited(
        parts, who, order.mode, lambda: listenings.start(call, order, who), call=call, details=order.model_dump()
    )


@router.post("/{call}/topic", summary="Say what a call is about")
async def topic(call: CallName, order: TopicOrder, parts: AskedParts, who: AskedBy) -> Done:
    """Write the topic of a call into the journal, instead of what was said before. The call may be over."""
    actions = there(parts.actions, ACTIONS)
    return await audited(
        parts, who, "topic", lambda: actions.topic(call, order, who), call=call, details=order.model_dump()
    )


@router.post("/{call}/caller", summary="A caller's whole number")
async def caller(call: CallName, order: CallerOrder, parts: AskedParts, who: AskedBy) -> CallerNumber:
    """Give the whole number of a caller, for a reason. Who asked and why is in the audit before the number is told."""
    view = there(parts.view, VIEW)

    async def told() -> CallerNumber:
        number = view.number_of(call)
        if number is None:
            raise ActionRefused(
                404, f"the call {call} is not under way; `ivr records list --full-numbers` looks into records"
            )
        return CallerNumber(call=call, caller=number)

    return await audited(parts, who, "caller", told, call=call, details=order.model_dump())
