"""What streams of one hub say: text that is made once for all, and each its own where they read at different times."""

from datetime import UTC, datetime

from ivr.supervision.api.events import texts
from ivr.supervision.hub import Hub
from ivr.supervision.models import Notice, NoticeKind

NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)


def told(text: str) -> Notice:
    return Notice(kind=NoticeKind.RULES, at=NOON, text=text)


async def test_streams_that_read_at_different_times_get_each_its_own() -> None:
    hub = Hub(lambda: NOON)
    fast, slow = (texts(hub, 10, lambda: True) for _ in range(2))
    for stream in (fast, slow):
        await anext(stream)
        assert b'"kind":"calls"' in await anext(stream)
    hub.publish("notice", told("one"))
    first = await anext(fast)
    hub.publish("notice", told("two"))
    second, both = await anext(fast), await anext(slow)
    assert (b"one" in first, b"two" in first) == (True, False)
    assert (b"one" in second, b"two" in second) == (False, True)
    assert both == first + second
    for stream in (fast, slow):
        await stream.aclose()
    assert hub.size == 0


async def test_text_is_made_once_for_all_that_read_the_same() -> None:
    hub = Hub(lambda: NOON)
    streams = [texts(hub, 10, lambda: True) for _ in range(3)]
    for stream in streams:
        await anext(stream)
        await anext(stream)
    hub.publish("notice", told("one"))
    made = [await anext(stream) for stream in streams]
    assert made[0] is made[1] is made[2]
    for stream in streams:
        await stream.aclose()


async def test_a_stream_without_news_says_that_it_is_alive_and_loses_nothing() -> None:
    hub = Hub(lambda: NOON)
    stream = texts(hub, 0.01, lambda: True)
    await anext(stream)
    await anext(stream)
    assert await anext(stream) == ": alive\n\n"
    hub.publish("notice", told("one"))
    assert b"one" in await anext(stream)
    await stream.aclose()
