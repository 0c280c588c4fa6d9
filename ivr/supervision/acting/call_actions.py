"""What a supervisor does to calls: pass on, send, hang up, announce, say a topic. EDGE.

Rule 1: an order is done when Asterisk says so, by an event that bears the order's id; then the dialplan has already written
its line into the journal. Without that word in time the answer is 504 and says what is known.
Rule 2: no engine is needed: the caller's own channel comes into the same dialplan as a colleague's transfer, and whoever leads
the call leads on.
Rule 3: what reaches Asterisk is a name of the rules, a call under way, or is cleaned to letters, digits and `. _ -`.
"""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Protocol

from ivr.asterisk.framing import Message
from ivr.asterisk.passing_on import pass_on
from ivr.asterisk.render_safe import SPECIAL
from ivr.asterisk.requests import End
from ivr.asterisk.topics import write_topic
from ivr.errors import LinkError, OperatorError, RequestRefused, UnknownCall
from ivr.live.topics import TopicOrders
from ivr.routing.extensions import dialled
from ivr.routing.rules import Ruleset
from ivr.rulebook.problems import nearest
from ivr.supervision.access.auth import Who
from ivr.supervision.acting.originate import says, word
from ivr.supervision.acting.pbx import Pbx
from ivr.supervision.models import Call, CallDetail, Calls, Done, Stage
from ivr.supervision.orders import AnnounceOrder, HangUpOrder, TopicOrder, TransferOrder
from ivr.supervision.refusals import ActionRefused
from ivr.vocabulary import LinkedId, PromptId, TopicId

SAID_AT_ONCE = 50
"""Callers to whom Asterisk is asked to speak in the same moment; the others' turn comes when it has said that it does."""
WAITING = (Stage.CONNECTING, Stage.RINGING)
"""Where a caller waits for a person and hears nothing that says something."""

PromptKnown = Callable[[PromptId, str], bool]


class View(Protocol):
    """The live view."""

    def calls(self) -> Calls:
        """Give all calls under way."""

    def call(self, name: str) -> CallDetail | None:
        """Give a call under way."""


class CallOrders:
    """The orders about calls. `rules` are those in use; `recorded` gives the service of a call that is over, if it is known.

    `is_recorded` tells whether Asterisk has a prompt in a language. All raise ActionRefused.
    """

    def __init__(
        self,
        pbx: Pbx,
        view: View,
        rules: Callable[[], Ruleset],
        *,
        recorded: Callable[[LinkedId], Awaitable[str | None]],
        is_recorded: PromptKnown,
    ) -> None:
        self._pbx = pbx
        self._view = view
        self._rules = rules
        self._recorded = recorded
        self._is_recorded = is_recorded
        self._topics = TopicOrders(rules, self._service_of, self._write_topic)

    async def transfer(self, call: str, order: TransferOrder, who: Who) -> Done:
        """Pass the caller of a call that talks on, as a colleague would: the caller comes back if nobody takes the call."""
        known = self._call(call)
        if known.stage is not Stage.TALKING:
            raise ActionRefused(409, f"{call} talks to nobody now (it is at: {known.stage.value}); send it instead")
        return await self._passed_on(known, order.to, who)

    async def send(self, call: str, order: TransferOrder, who: Who) -> Done:
        """Send a call to a destination, whatever it is at: a menu, a phone that rings, a talk."""
        return await self._passed_on(self._call(call), order.to, who)

    async def hang_up(self, call: str, order: HangUpOrder, who: Who) -> Done:
        """End a call; its record says that a supervisor did."""
        self._call(call)
        async with self._pbx.order(call) as (_, gone):
            await self._do(self._pbx.tell(call, IVR_BY=word(who.name)), call)
            await self._do(self._pbx.lead(call, "ivr-ended", "start"), call)
            heard = await self._pbx.confirmed(gone, f"ending {call}")
        return Done(text=f"{call} has ended: {order.reason}", call=call, values={"cause": heard.get("Cause")})

    async def announce(self, order: AnnounceOrder, who: Who) -> Done:
        """Play a recording to every caller for whom a phone rings, or who is about to be put through."""
        waiting = [call for call in self._view.calls().calls if _waits(call, order)]
        prompt = PromptId(order.prompt)
        if ".." in order.prompt.split("/"):
            raise ActionRefused(400, f"{order.prompt} is no prompt; see `ivr prompts list`")
        missing = sorted({call.language for call in waiting if not self._is_recorded(prompt, call.language)})
        if missing:
            raise ActionRefused(400, f"{order.prompt} is not recorded in {', '.join(missing)}; see `ivr prompts list`")
        if not waiting:
            raise ActionRefused(409, "nobody waits there now")
        some = asyncio.Semaphore(SAID_AT_ONCE)

        async def told(call: Call) -> bool:
            async with some:
                return await self._said(call, order.prompt, who)

        said = await asyncio.gather(*map(told, waiting))
        heard = [call.call for call, reached in zip(waiting, said, strict=True) if reached]
        if not heard:
            raise ActionRefused(
                504, f"none of the {len(waiting)} callers who waited is known to have heard {order.prompt}"
            )
        counted = f"{len(heard)} of {len(waiting)} callers who wait"
        return Done(text=f"{order.prompt} is played to {counted}", values={"calls": " ".join(heard)})

    async def topic(self, call: str, order: TopicOrder, who: Who) -> Done:
        """Say what a call is about, or was."""
        given = {"call": call, "topic": order.topic, "result": order.result, "case": order.case}
        try:
            told = await self._topics.tell(given)
        except ActionRefused:
            raise
        except RequestRefused as error:
            raise ActionRefused(503, str(error)) from None
        except LinkError as error:
            raise ActionRefused(504, str(error)) from None
        except UnknownCall as error:
            raise ActionRefused(404, str(error)) from None
        except OperatorError as error:
            raise ActionRefused(400, str(error)) from None
        values = {name: str(told[name]) for name in ("topic", "title", "service", "result", "case")} | {"by": who.name}
        return Done(text=f"Asterisk has written that {call} is about {told['title']}", call=call, values=values)

    # --- how

    def _call(self, name: str) -> Call:
        found = self._view.call(name)
        if found is None:
            raise ActionRefused(404, f"there is no call {name} under way")
        return found.call

    async def _passed_on(self, call: Call, to: str, who: Who) -> Done:
        rules = self._rules()
        place = dialled(to, rules)
        if place is None or to in SPECIAL:
            known = nearest(to, rules.destinations) or "GET /api/destinations shows them"
            raise ActionRefused(400, f"the rules have no destination {to!r}; {known}")
        async with self._pbx.order() as (order, passed):
            await self._do(pass_on(self._pbx, call.call, to, IVR_SUPERVISED=order), call.call)
            heard: Message = await self._pbx.confirmed(passed, f"{call.call} to {to}")
        values = {"to": to, "destination": str(place.id), "kind": heard.get("Kind"), "by": who.name}
        return Done(text=f"Asterisk leads {call.call} to {place.id}", call=call.call, values=values)

    async def _do(self, work: Awaitable[None], call: str) -> None:
        """Do a part of an order; say what a refusal means for a call."""
        try:
            await work
        except RequestRefused as error:
            raise ActionRefused(409, f"{call} could not be reached, it has just ended: {error}") from None
        except LinkError as error:
            raise ActionRefused(504, f"{call}: {error}; look where the call is before you try again") from None

    async def _said(self, call: Call, prompt: str, who: Who) -> bool:
        """Whisper a recording into a caller's ear; tell whether it began. It ends by itself when a phone answers."""
        async with self._pbx.order() as (order, begins):
            try:
                answer = await self._pbx.ask(says(call, prompt, order, who.name), End.ORIGINATE)
                if answer[-1].get("Response") != "Success":
                    return False
                await self._pbx.confirmed(begins, f"announcing to {call.call}")
            except (LinkError, ActionRefused):
                return False
        return True

    async def _service_of(self, call: LinkedId) -> str | None:
        found = self._view.call(call)
        return await self._recorded(call) if found is None else found.call.service

    async def _write_topic(self, call: LinkedId, topic: TopicId, result: str, case: str, by: str) -> None:
        await write_topic(self._pbx, call, topic, result, case, by)


def _waits(call: Call, order: AnnounceOrder) -> bool:
    """Tell whether a caller waits where an announcement is for."""
    if call.stage not in WAITING or call.destination == "":
        return False
    return order.service in (None, call.service) and order.destination in (None, call.destination)
