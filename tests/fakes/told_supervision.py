"""A supervision that tests feed: it tells changes and notes orders."""

import asyncio
from collections.abc import AsyncIterator

from ivr.errors import OperatorError
from ivr.supervision.models import Call, CallDetail, Change, Done, Listening
from ivr.supervision.orders import HangUpOrder, ListenOrder, OverrideOrder, TransferOrder
from tests.fakes.supervised_town import AT, CALLS, a_journey

LONGEST = 60.0  # seconds until a change has been taken


class ToldSupervision:
    """A supervision that tells what it is fed, and notes what it was asked; `refuses` is what it answers instead."""

    def __init__(self) -> None:
        self.fed: asyncio.Queue[Change] = asyncio.Queue()
        self.asked: list[tuple[str, ...]] = []
        self.refuses = ""
        self.calls: dict[str, Call] = {call.call: call for call in CALLS}
        self.answers = asyncio.Event()
        self.answers.set()

    async def feed(self, *changes: Change) -> None:
        """Tell changes, and wait until all have been taken."""
        for change in changes:
            self.fed.put_nowait(change)
        async with asyncio.timeout(LONGEST):
            await self.fed.join()

    async def events(self) -> AsyncIterator[Change]:
        while True:
            yield await self.fed.get()
            self.fed.task_done()

    async def call(self, call: str) -> CallDetail:
        await self._asked("call", call)
        return a_journey(self.calls[call])

    async def transfer(self, call: str, order: TransferOrder) -> Done:
        await self._asked("transfer", call, order.to)
        return Done(text=f"Asterisk has passed the caller on to {order.to}", call=call)

    async def send(self, call: str, order: TransferOrder) -> Done:
        await self._asked("send", call, order.to)
        return Done(text=f"the call has come to {order.to}", call=call)

    async def hangup(self, call: str, order: HangUpOrder) -> Done:
        await self._asked("hangup", call, order.reason)
        return Done(text="Asterisk has ended the call", call=call)

    async def listen(self, call: str, order: ListenOrder) -> Listening:
        await self._asked("listen", call, order.mode, order.phone or "")
        phone = order.phone or "kekava-9"
        return Listening(id="l-1", call=call, phone=phone, mode=order.mode, by="anna", since=AT, state="ringing")

    async def override_add(self, order: OverrideOrder) -> Done:
        await self._asked("override", order.destination, order.order, order.until, order.reason)
        return Done(text=f"{order.destination} is {order.order} until 17:00")

    async def _asked(self, *words: str) -> None:
        self.asked.append(words)
        await self.answers.wait()
        if self.refuses:
            raise OperatorError(self.refuses)
