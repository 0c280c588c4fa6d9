"""Routes about calls: the live view, and what supervisors do with a call."""

from fastapi import APIRouter

from ivr.supervision.access.auth import Who
from ivr.supervision.api.asked import CallName, ThisRequest
from ivr.supervision.models import CallDetail, CallerNumber, Calls, Done, Listening
from ivr.supervision.orders import CallerOrder, HangUpOrder, ListenOrder, TopicOrder, TransferOrder
from ivr.supervision.refusals import ActionRefused

router = APIRouter(prefix="/api/calls", tags=["calls"])


@router.get("", summary="All calls under way")
async def calls(request: ThisRequest) -> Calls:
    """Give every call of a citizen that is under way, as the journal tells it, with the number of the last change."""
    return request.view.calls()


@router.get("/{call}", summary="One call with its journey")
async def call(call: CallName, request: ThisRequest) -> CallDetail:
    """Give a call, every step that the caller met, and every channel. 404 if it is not under way."""
    found = request.view.call(call)
    if found is None:
        raise ActionRefused(
            404, f"the call {call} is not under way; `ivr records show {call}` tells of calls that are over"
        )
    return found


@router.post("/{call}/transfer", summary="Pass a caller on")
async def transfer(call: CallName, order: TransferOrder, request: ThisRequest) -> Done:
    """Pass on the caller of a call that talks, as a colleague's transfer would: he comes back if nobody takes him."""
    return await request.about(call, "transfer", order, request.actions.transfer)


@router.post("/{call}/send", summary="Send a call to a destination")
async def send(call: CallName, order: TransferOrder, request: ThisRequest) -> Done:
    """Send a call at any stage - in a menu, while it rings, while it talks - to a destination of the rules."""
    return await request.about(call, "send", order, request.actions.send)


@router.post("/{call}/hangup", summary="End a call")
async def hangup(call: CallName, order: HangUpOrder, request: ThisRequest) -> Done:
    """End a call. Its record says who did."""
    return await request.about(call, "hangup", order, request.actions.hang_up)


@router.post("/{call}/listen", summary="Listen to a call")
async def listen(call: CallName, order: ListenOrder, request: ThisRequest) -> Listening:
    """Call a supervisor's phone and let it hear a call (`listen`), speak to the operator (`whisper`) or to both (`barge`)."""
    return await request.about(call, order.mode, order, request.listenings.start)


@router.post("/{call}/topic", summary="Say what a call is about")
async def topic(call: CallName, order: TopicOrder, request: ThisRequest) -> Done:
    """Write the topic of a call into the journal, instead of what was said before. The call may be over."""
    return await request.about(call, "topic", order, request.actions.topic)


@router.post("/{call}/caller", summary="A caller's whole number")
async def caller(call: CallName, order: CallerOrder, request: ThisRequest) -> CallerNumber:
    """Give the whole number of a caller, for a reason. Who asked and why is in the audit before the number is told."""
    view = request.view

    async def told(call: str, _order: CallerOrder, _who: Who) -> CallerNumber:
        number = view.number_of(call)
        if number is None:
            raise ActionRefused(
                404, f"the call {call} is not under way; `ivr records list --full-numbers` looks into records"
            )
        return CallerNumber(call=call, caller=number)

    return await request.about(call, "caller", order, told)
