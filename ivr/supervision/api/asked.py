"""What routes need of a request: the parts, who asks, and the audit around what is done."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Annotated, TypeVar

from fastapi import Depends, Path
from pydantic import BaseModel
from starlette.requests import HTTPConnection

from ivr.errors import IvrError
from ivr.supervision.api.gate import who_asks
from ivr.supervision.api.parts import Parts
from ivr.supervision.auth import Who
from ivr.supervision.models import AuditEntry, Done, Listening
from ivr.supervision.refusals import ActionRefused

T = TypeVar("T", bound=BaseModel)
P = TypeVar("P")
CALL = r"^[A-Za-z0-9][A-Za-z0-9_.-]{0,79}$"


def _parts(connection: HTTPConnection) -> Parts:
    found: Parts = connection.app.state.parts
    return found


def _right(connection: HTTPConnection) -> Callable[[], bool]:
    """Give what tells whether who asks still may, for an answer that lasts."""
    found: Callable[[], bool] = connection.scope["state"]["holds"]
    return found


AskedParts = Annotated[Parts, Depends(_parts)]
AskedBy = Annotated[Who, Depends(who_asks)]
AskedRight = Annotated[Callable[[], bool], Depends(_right)]
CallName = Annotated[
    str, Path(pattern=CALL, description="the call, as GET /api/calls names it", examples=["pbx-1795311670.0"])
]


def there(part: P | None, what: str) -> P:
    """Give a part that is there. Raises ActionRefused (503)."""
    if part is None:
        raise ActionRefused(503, f"{what} is not there in this supervision; its log says why. Try again later")
    return part


async def audited(
    parts: Parts,
    who: Who,
    what: str,
    work: Callable[[], Awaitable[T]],
    *,
    call: str = "",
    details: Mapping[str, object] | None = None,
) -> T:
    """Do something with its entry in the audit before it and its result after it. Raises AuditUnwritable: nothing is done."""
    told = {name: str(value) for name, value in (details or {}).items() if value not in (None, "", ())}
    entry = AuditEntry(
        at=parts.clock(), who=who.name, role=who.role.value, what=what, call=call, details=told, result=""
    )  # fmt: skip
    begun = await parts.audit.begin(entry)
    try:
        done = await work()
    except IvrError as error:
        parts.counted(what, "refused")
        await begun.end(f"refused: {error}")
        raise
    except BaseException:
        parts.counted(what, "failed")
        await begun.end("failed by a fault of supervision; its log has the reason")
        raise
    parts.counted(what, "done")
    await begun.end(_told(done))
    return done


def _told(done: BaseModel) -> str:
    match done:
        case Done(text=text):
            return text
        case Listening(id=name, state=state, phone=phone):
            return f"listening {name} of {phone}: {state}"
        case _:
            return "told"  # a number is not written here again
