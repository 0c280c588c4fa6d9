"""Server-sent events on the client's side, and what is told while nobody answers. PURE."""

import random
from collections.abc import Callable
from datetime import datetime

from ivr.supervision.models import Change, Notice, NoticeKind

FIRST_WAIT, MOST_WAIT = 0.3, 10.0  # seconds before it is tried again


class Reader:
    """Reads the lines of a stream; a change comes with the empty line after it."""

    def __init__(self) -> None:
        self._data: list[str] = []

    def line(self, line: str) -> Change | None:
        """Take a line without its end; give the change that it completes. Raises ValueError if it is none of ours."""
        if line.startswith("data:"):
            self._data.append(line[5:].removeprefix(" "))
        elif not line and self._data:
            text, self._data = "\n".join(self._data), []
            return Change.model_validate_json(text)
        return None


class Waits:
    """How long to wait before each further try: longer and longer, with jitter; from the beginning once it worked."""

    def __init__(self, chance: Callable[[], float] = random.random) -> None:
        self._chance = chance
        self._tries = 0

    def worked(self) -> bool:
        """Note that it worked; tell whether it had not, before."""
        failed, self._tries = self._tries > 0, 0
        return failed

    def next(self) -> float:
        """Give the seconds to wait before the next try."""
        whole = min(MOST_WAIT, FIRST_WAIT * 2.0**self._tries)
        self._tries += 1
        return whole * (0.5 + self._chance() / 2)

    @property
    def is_first(self) -> bool:
        """Whether the try that failed last was the first one that did."""
        return self._tries == 1


def lost(at: datetime, why: str) -> Change:
    """Tell that nobody answers; made here, so it has no sequence."""
    text = f"supervision does not answer; what is shown is old. It is tried again ({why})"
    return Change(sequence=0, kind="notice", notice=Notice(kind=NoticeKind.ENGINES, at=at, text=text))


def back(at: datetime) -> Change:
    """Tell that it answers again."""
    notice = Notice(kind=NoticeKind.ENGINES, at=at, text="supervision answers again", trouble=False)
    return Change(sequence=0, kind="notice", notice=notice)
