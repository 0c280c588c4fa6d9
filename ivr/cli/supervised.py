"""How commands ask supervision (`ivr.supervision.client`), and find a call by a part of its name.

Rule 1: the client, and what it needs, is loaded only if there is somebody to ask.
"""

import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from ivr.cli.exits import NotPossible, Unconfirmed
from ivr.cli.start import settings
from ivr.errors import OperatorError, Unanswered
from ivr.live.client import lives
from ivr.settings import Settings
from ivr.supervision.models import Call

if TYPE_CHECKING:
    from ivr.supervision.client import Client

MOST_NAMED = 10  # calls that a message names
_REFUSED: Mapping[int, type[OperatorError]] = {
    404: NotPossible,
    409: NotPossible,
    429: NotPossible,
    503: Unanswered,
    504: Unconfirmed,
}
"""What an answer of the API means for the exit code; any other is an order that cannot be carried out as it was given."""


def expected(found: Settings) -> bool:
    """Tell whether supervision may answer: an address is set, or somebody listens at its socket."""
    return bool(found.supervision_url) or lives(found.supervision_socket)


@contextmanager
def supervision(found: Settings | None = None, timeout: float | None = None) -> Iterator["Client"]:
    """Give the client of supervision. Raises Unanswered, NotPossible, Unconfirmed, or OperatorError for a wrong order."""
    found = found or settings()
    if not expected(found):
        raise _nobody(found.supervision_socket)
    from ivr.supervision.client import Client  # noqa: PLC0415 - see rule 1

    with answered(), Client(found) if timeout is None else Client(found, timeout=timeout) as client:
        yield client


@contextmanager
def answered() -> Iterator[None]:
    """Turn what the client of supervision raises into what decides the exit code, as `supervision` does."""
    from httpx import ReadTimeout  # noqa: PLC0415 - see rule 1

    from ivr.supervision.client import NoSupervision, NotDone  # noqa: PLC0415 - see rule 1

    try:
        yield
    except NoSupervision as error:
        late = isinstance(error.__cause__, ReadTimeout)
        raise (Unconfirmed if late else Unanswered)(str(error)) from error
    except NotDone as error:
        raise _REFUSED.get(error.problem.status, OperatorError)(str(error)) from error


def _nobody(place: Path) -> OperatorError:
    if place.exists() and not os.access(place, os.R_OK | os.W_OK):
        return OperatorError(f"{place} is not for you; run this as the user of supervision, or as one of its group")
    return Unanswered(
        f"no supervision answers at {place}; start it (`ivr supervision`), or name the right one with IVR_INSTANCE or "
        "IVR_SUPERVISION_URL"
    )


def call_of(client: "Client", part: str) -> tuple[Call, datetime]:
    """Give the call under way whose name is, begins or ends with `part`, and when supervision, by its clock, saw it so.

    Raises NotPossible if it is none, or several.
    """
    known = client.calls()
    calls = {one.call: one for one in known.calls}
    return calls[name_of(part, calls)], known.at


def name_of(part: str, names: Iterable[str]) -> str:
    """Give the one name that is, begins or ends with `part`; an exact one wins. Raises NotPossible."""
    known = list(names)
    found = [part] if part in known else [one for one in known if one.startswith(part) or one.endswith(part)]
    if len(found) == 1 and part:
        return found[0]
    raise NotPossible(_which(part, found if part else known))


def _which(part: str, found: Sequence[str]) -> str:
    if not found:
        return (
            f"no call under way begins or ends with {part!r}; `ivr calls list` shows those that are, "
            "`ivr records list` those that were"
        )
    more = "" if len(found) <= MOST_NAMED else f" and {len(found) - MOST_NAMED} more"
    return f"{len(found)} calls begin or end with {part!r}; give more of it: {', '.join(found[:MOST_NAMED])}{more}"
