"""Looks at a journal as supervision does, in a process of its own, and tells each change that a subscriber gets.

    python -m tests.fakes.live_teller JOURNAL

One line of JSON for each: when the subscriber had it (seconds since 1970), how long after the line was
written, and what. Ends with standard input, and then tells
its processor time.
"""

import asyncio
import json
import sys
import time
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path

from cdr.journal.reader import Batch, Journal, Position
from cdr.live import calls as live
from cdr.live.follow import Follower
from ivr.supervision.hub import Hub
from ivr.supervision.live.view import View
from ivr.supervision.models import Change


def clock() -> datetime:
    return datetime.now(UTC)  # noqa: TID251 - this is the edge


def told(change: Change) -> dict[str, object]:
    """Give what the judge wants to know."""
    if change.calls is not None:
        return {"kind": "calls", "calls": [one.call for one in change.calls.calls]}
    if change.call is not None:
        return {"kind": "call", "call": change.call.call, "stage": change.call.stage}
    if change.ended is not None:
        return {"kind": "ended", "call": change.ended.call, "disposition": change.ended.disposition}
    return {"kind": change.kind}


class Timed(Journal):
    """A journal that notes of what it read when the oldest line was written, and how old the newest was by then."""

    def __init__(self, path: Path) -> None:
        super().__init__(path)
        self.oldest = 0.0
        self.ages: list[float] = []

    def read_once(self, since: Position | None = None) -> Batch | None:
        batch = super().read_once(since)
        if batch is not None and batch.events:
            self.oldest = min(one.at for one in batch.events) / 1e6
            self.ages.append(clock().timestamp() - max(one.at for one in batch.events) / 1e6)
        return batch


class Noting(View):
    """A view that notes of each change when the oldest line was written that may have caused it."""

    def __init__(self, follower: Follower, source: Timed, hub: Hub) -> None:
        super().__init__(follower, hub, clock)
        self._journal = source
        self.written: dict[int, float] = {}

    def apply(self, changes: Iterable[live.Change]) -> None:
        before = self._hub.sequence
        super().apply(changes)
        self.written |= dict.fromkeys(range(before + 1, self._hub.sequence + 1), self._journal.oldest)


async def main(journal: Path) -> None:
    hub, source = Hub(clock), Timed(journal)
    follower = Follower(source)
    view = Noting(follower, source, hub)
    following = asyncio.ensure_future(follower.run(view))
    telling = asyncio.ensure_future(tell(hub, view))
    began = (time.monotonic(), time.process_time())
    await asyncio.to_thread(sys.stdin.read)
    spent = (time.process_time() - began[1]) / (time.monotonic() - began[0])
    for task in (following, telling):
        task.cancel()
    await asyncio.gather(following, telling, return_exceptions=True)
    print(json.dumps({"kind": "end", "cpu": spent, "ages": source.ages}), flush=True)  # noqa: T201 - it is read


async def tell(hub: Hub, view: Noting) -> None:
    with hub.subscribe() as subscription:
        async for change in subscription:
            at = clock().timestamp()
            late = at - view.written.pop(change.sequence, at)
            print(json.dumps({"at": at, "late": late, **told(change)}), flush=True)  # noqa: T201 - it is read


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1])))
