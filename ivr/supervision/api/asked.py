"""What routes need of a request: who asks, the parts, and the audit around what is done."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Annotated, TypeVar

from fastapi import Depends, Path
from pydantic import BaseModel
from starlette.requests import HTTPConnection

from ivr.errors import IvrError
from ivr.supervision.access.auth import Who
from ivr.supervision.api.gate import who_asks
from ivr.supervision.api.parts import Actions, Hub, Listenings, Parts, State, View
from ivr.supervision.models import AuditEntry, Done, Listening, Model
from ivr.supervision.refusals import UNKNOWN, ActionRefused, status_of

T = TypeVar("T", bound=BaseModel)
Order = TypeVar("Order", bound=Model)
P = TypeVar("P")
CALL = r"^[A-Za-z0-9][A-Za-z0-9_.-]{0,79}$"


@dataclass(frozen=True, slots=True)
class Request:
    """A request that the gate has let in. A part that is not there raises ActionRefused (503) when it is used."""

    parts: Parts
    connection: HTTPConnection

    @property
    def who(self) -> Who:
        """Give who asks. Raises NotKnown where the gate lets in anybody."""
        return who_asks(self.connection)

    @property
    def holds(self) -> Callable[[], bool]:
        """Give what tells whether who asks still may, for an answer that lasts."""
        found: Callable[[], bool] = self.connection.scope["state"]["holds"]
        return found

    @property
    def view(self) -> View:
        """Give the live view."""
        return _there(self.parts.view, "the live view")

    @property
    def hub(self) -> Hub:
        """Give what tells of changes."""
        return _there(self.parts.hub, "the live view")

    @property
    def state(self) -> State:
        """Give what tells the state now."""
        return _there(self.parts.state, "what tells the state now")

    @property
    def actions(self) -> Actions:
        """Give what carries out orders."""
        return _there(self.parts.actions, "what carries out orders")

    @property
    def listenings(self) -> Listenings:
        """Give who listens."""
        return _there(self.parts.listenings, "listening")

    async def about(self, call: str, what: str, order: Order, work: Callable[[str, Order, Who], Awaitable[T]]) -> T:
        """Carry out an order about a call, as `audited`."""
        details = order.model_dump()
        return await self.audited(what, lambda: work(call, order, self.who), details, call=call)

    async def ordered(self, what: str, order: Order, work: Callable[[Order, Who], Awaitable[T]]) -> T:
        """Carry out an order about no single call, as `audited`."""
        return await self.audited(what, lambda: work(order, self.who), order.model_dump())

    async def audited(
        self, what: str, work: Callable[[], Awaitable[T]], details: Mapping[str, object], *, call: str = ""
    ) -> T:
        """Do something with its entry in the audit before it and its result after it. Raises AuditUnwritable: not done."""
        told = {name: str(value) for name, value in details.items() if value not in (None, "", ())}
        at, who = self.parts.clock(), self.who
        entry = AuditEntry(at=at, who=who.name, role=who.role.value, what=what, call=call, details=told, result="")
        begun = await self.parts.audit.begin(entry)
        try:
            done = await work()
        except IvrError as error:
            result = "unknown" if status_of(error) == UNKNOWN else "refused"
            text = f"{result}: {error}"
            raise
        except asyncio.CancelledError:
            result, text = "unknown", "unknown: supervision ended, or nobody waited for the answer any more"
            raise
        except BaseException:
            result, text = "failed", "failed by a fault of supervision; its log has the reason"
            raise
        else:
            result, text = "done", _told(done)
            return done
        finally:
            self.parts.counted(what, result)
            await begun.end(text)


def _request(connection: HTTPConnection) -> Request:
    return Request(connection.app.state.parts, connection)


ThisRequest = Annotated[Request, Depends(_request)]
CallName = Annotated[
    str, Path(pattern=CALL, description="the call, as GET /api/calls names it", examples=["pbx-1795311670.0"])
]


def _there(part: P | None, what: str) -> P:
    if part is None:
        raise ActionRefused(503, f"{what} is not there in this supervision; its log says why. Try again later")
    return part


def _told(done: BaseModel) -> str:
    match done:
        case Done(text=text):
            return text
        case Listening(id=name, state=state, phone=phone):
            return f"listening {name} of {phone}: {state}"
        case _:
            return "told"  # a number is not written here again
