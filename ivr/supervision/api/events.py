"""The live view as a stream: server-sent events, and the same messages over a WebSocket.

Rule 1: the first message is everything; so it is again for whoever comes back (Last-Event-ID is not a place to go on from).
Rule 2: a stream ends with the right to it.
Rule 3: who does not read delays nobody: the hub bounds what waits for him, the server ends his connection.
"""

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import suppress
from typing import Annotated

from fastapi import APIRouter, Header, WebSocket
from fastapi.responses import StreamingResponse

from ivr.supervision.api.asked import ThisRequest
from ivr.supervision.api.parts import Hub, Subscription

HEARTBEAT = 15.0  # seconds without a message after which a comment is sent
RIGHT_LOOKED_AT = 5.0  # seconds between looks whether who reads still may
RETRY = 2000  # milliseconds after which a browser comes back
MEDIA_TYPE = "text/event-stream"

router = APIRouter(prefix="/api/events", tags=["events"])


class EventStream(StreamingResponse):
    """An answer that is a stream of server-sent events."""

    media_type = MEDIA_TYPE


@router.get("", summary="All changes as server-sent events", response_class=EventStream)
async def events(
    request: ThisRequest,
    last_event_id: Annotated[
        str, Header(max_length=40, description="looked at by nobody; a fresh `calls` comes first")
    ] = "",
) -> StreamingResponse:
    """Give each change as it comes: `data:` is a Change as JSON, `id:` its sequence. A comment comes every 15 seconds.

    The first change is of the kind `calls` and has every call under way; `destinations`, `today` and `health` come when they
    change.
    """
    del last_event_id
    return EventStream(texts(request.hub, HEARTBEAT, request.holds))


@router.websocket("/ws")
async def socket(websocket: WebSocket, request: ThisRequest) -> None:
    """Send the same messages, one Change as JSON each. What is sent to us is not looked at."""
    if request.parts.hub is None:
        await websocket.close(1013, "the live view is not there; try again later")
        return
    await websocket.accept()
    subscription = request.hub.subscribe()
    try:
        await _first(_sent(websocket, subscription), _heard(websocket), _ended_with(request.holds, subscription))
    finally:
        subscription.close()
    with suppress(RuntimeError):  # the other end may have closed it
        await websocket.close(1008, "it was ended, or the token does not hold any more")


async def texts(hub: Hub, heartbeat: float, holds: Callable[[], bool]) -> AsyncIterator[str | bytes]:
    """Give a stream's text while the right to it `holds`: a comment when nothing came for `heartbeat` seconds.

    Subscribes when it is begun.
    """
    subscription = hub.subscribe()
    watching = asyncio.ensure_future(_ended_with(holds, subscription))
    try:
        yield f"retry: {RETRY}\n\n"
        while True:
            try:
                async with asyncio.timeout(heartbeat):
                    some = await subscription.batch()
            except TimeoutError:
                yield ": alive\n\n"
                continue
            yield some.events
    except StopAsyncIteration:
        return
    finally:
        watching.cancel()
        subscription.close()


async def _ended_with(holds: Callable[[], bool], subscription: Subscription) -> None:
    """End a subscription when the right to it is over: a token was removed, its time is over, a session ended."""
    while holds():  # noqa: ASYNC110 - another process removes tokens
        await asyncio.sleep(RIGHT_LOOKED_AT)
    subscription.close()


async def _sent(websocket: WebSocket, subscription: Subscription) -> None:
    with suppress(StopAsyncIteration):
        while True:
            for message in await subscription.batch():
                await websocket.send_text(message.text)


async def _heard(websocket: WebSocket) -> None:
    """Read what is sent to us and forget it, until the other end goes."""
    while (await websocket.receive())["type"] != "websocket.disconnect":
        pass


async def _first(*works: Coroutine[None, None, None]) -> None:
    """Let all go on until one of them ends."""
    tasks = [asyncio.ensure_future(work) for work in works]
    try:
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
