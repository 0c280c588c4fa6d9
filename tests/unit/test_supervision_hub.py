"""What subscribers are told: everything first, then each change; a slow or dead one delays nobody."""

import asyncio
import json
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ivr.supervision.hub import DROPPED, Hub, Subscription
from ivr.supervision.models import Call, Change, Ended, Notice, NoticeKind, Stage
from tests.fakes.live_models import AT, call, ended, health, today

CHANGES, SUBSCRIBERS = 4000, 500


def hub(kept: int = 2048, *calls: Call) -> Hub:
    made = Hub(lambda: AT, kept)
    made.tell_of(lambda: calls)
    return made


async def some(subscription: Subscription, count: int) -> list[Change]:
    return [await anext(subscription) for _ in range(count)]


def named(changes: list[Change]) -> list[str]:
    return [f"{one.kind} {(one.call or one.ended).call}" if one.call or one.ended else one.kind for one in changes]  # type: ignore[union-attr]


async def test_everything_comes_first_and_then_each_change_in_order() -> None:
    made = hub(9, call("a"))
    made.publish("health", health())
    made.publish("destinations", ())
    with made.subscribe() as one:
        first = await some(one, 3)
        assert [change.kind for change in first] == ["calls", "health", "destinations"]
        assert first[0].calls is not None
        assert [found.call for found in first[0].calls.calls] == ["a"]
        made.publish("call", call("b"))
        made.publish("ended", ended("a"))
        made.publish("today", today())
        assert named(await some(one, 3)) == ["call b", "ended a", "today"]
        assert (made.sequence, made.size) == (5, 1)
    assert made.size == 0


async def test_the_numbers_of_messages_never_fall() -> None:
    made = hub()
    made.publish("health", health())
    made.publish("call", call("a"))
    with made.subscribe() as one:
        made.publish("call", call("b"))
        found = await some(one, 2)
        made.publish("call", call("c"))
        found += await some(one, 1)
    numbers = [change.sequence for change in found]
    assert (numbers, numbers[0]) == (sorted(numbers), 3)


async def test_several_changes_of_one_call_that_wait_become_one() -> None:
    made = hub()
    with made.subscribe() as slow:
        await some(slow, 1)
        for stage in Stage:
            made.publish("call", call("a", stage))
            made.publish("health", health())
        made.publish("call", call("b"))
        made.publish("notice", Notice(kind=NoticeKind.RULES, at=AT, text="one"))
        made.publish("notice", Notice(kind=NoticeKind.RULES, at=AT, text="two"))
        made.publish("ended", ended("a"))
        assert named(await some(slow, 5)) == ["health", "call b", "notice", "notice", "ended a"]


async def test_who_reads_too_slowly_is_told_so_and_gets_everything_anew() -> None:
    made = hub(8, call("z"))
    with made.subscribe() as slow, made.subscribe() as fast:
        await some(slow, 1)
        await some(fast, 1)
        for number in range(9):
            made.publish("call", call(f"c{number}"))
            assert named(await some(fast, 1)) == [f"call c{number}"]
        notice, calls = await some(slow, 2)
        assert notice.notice is not None
        assert (notice.notice.kind, notice.notice.text, calls.kind) == (NoticeKind.DROPPED, DROPPED, "calls")
        made.publish("call", call("x"))
        assert named(await some(slow, 1)) == named(await some(fast, 1)) == ["call x"]
    assert made.dropped == 1


async def test_a_closed_subscription_ends_for_whoever_waits() -> None:
    made = hub()
    one = made.subscribe()
    await some(one, 1)
    waiting = asyncio.ensure_future(anext(one))
    await asyncio.sleep(0)
    one.close()
    one.close()
    with pytest.raises(StopAsyncIteration):
        await waiting
    assert [change async for change in one] == []


async def test_the_text_is_made_once_and_reads_as_the_same_change() -> None:
    made = hub(9, call("a"))
    made.publish("health", health())
    with made.subscribe() as one, made.subscribe() as other:
        first, second = await one.message(), await other.message()
        assert first.text is second.text
        assert Change.model_validate_json(first.text) == first.change
        message = await one.message()
        assert set(json.loads(message.text)) == {"sequence", "kind", "health"}
        assert Change.model_validate_json(message.text).health == health()


async def test_all_that_waits_comes_at_once_and_is_written_once_for_all() -> None:
    made = hub(8, call("a"))
    made.publish("health", health())
    with made.subscribe() as one, made.subscribe() as other:
        assert [message.change.kind for message in await one.batch()] == ["calls", "health"]
        await other.batch()
        for stage in Stage:
            made.publish("call", call("b", stage))
        made.publish("ended", ended("a"))
        found, again = await one.batch(), await other.batch()
        assert named([message.change for message in found]) == ["call b", "ended a"]
        assert [message.event for message in found] == [message.event for message in again]
        assert all(mine.event is theirs.event for mine, theirs in zip(found, again, strict=True))
        assert found[0].event == f"id: {found[0].change.sequence}\ndata: {found[0].text}\n\n"
        waiting = asyncio.ensure_future(one.batch())
        await asyncio.sleep(0)
        assert not waiting.done()
        for number in range(9):
            made.publish("call", call(f"c{number}"))
        assert [message.change.kind for message in await waiting][:2] == ["notice", "calls"]
        assert other.next() is not None
        assert [message.change.kind for message in other.pending()] == ["calls", "health"]
        one.close()
        with pytest.raises(StopAsyncIteration):
            await one.batch()


async def test_five_hundred_subscribers_of_which_some_never_read_delay_nobody() -> None:
    made = hub()
    every = [made.subscribe() for _ in range(SUBSCRIBERS)]
    reading, dead = every[: SUBSCRIBERS // 2], every[SUBSCRIBERS // 2 :]
    last: list[int] = []

    async def read(one: Subscription) -> None:
        async for change in one:
            if change.sequence == CHANGES:
                last.append(change.sequence)
                return

    tasks = [asyncio.ensure_future(read(one)) for one in reading]
    spent = 0.0
    for number in range(CHANGES):
        began = time.process_time()
        made.publish("call", call(f"c{number % 500}"))
        spent += time.process_time() - began
        if number % 50 == 0:
            await asyncio.sleep(0)
    await asyncio.wait_for(asyncio.gather(*tasks), 30)
    assert last == [CHANGES] * len(reading)
    assert spent < CHANGES * 0.001  # a millisecond for each would be far too much; it is some 0.03
    for one in dead:
        assert (await anext(one)).kind == "calls"
    for one in every:
        one.close()


STEPS = st.lists(
    st.tuples(
        st.sampled_from(("call", "ended", "read", "all", "health")), st.sampled_from("abc"), st.sampled_from(Stage)
    )
)


@settings(max_examples=100, deadline=None)
@given(STEPS, st.integers(1, 6))
def test_whoever_reads_to_the_end_knows_the_same_as_the_hub(steps: list[tuple[str, str, Stage]], kept: int) -> None:
    asyncio.run(_reads(steps, kept))


async def _reads(steps: list[tuple[str, str, Stage]], kept: int) -> None:
    calls: dict[str, Call] = {}
    made = Hub(lambda: AT, kept)
    made.tell_of(lambda: tuple(calls.values()))
    known: dict[str, Call] = {}
    with made.subscribe() as one:
        for what, name, stage in [*steps, ("call", "end", Stage.MENU)]:
            match what:
                case "call":
                    calls[name] = call(name, stage)
                    made.publish("call", calls[name])
                case "ended" if name in calls:
                    del calls[name]
                    made.publish("ended", ended(name))
                case "health":
                    made.publish("health", health())
                case "all":
                    for message in one.pending():
                        take(message.change, known)
                case _:
                    read(one, known)
        while read(one, known):
            pass
    assert known == calls


def read(one: Subscription, known: dict[str, Call]) -> bool:
    message = one.next()
    if message is not None:
        take(message.change, known)
    return message is not None


def take(change: Change, known: dict[str, Call]) -> None:
    match change.kind:
        case "calls":
            known.clear()
            known.update({found.call: found for found in change.calls.calls} if change.calls else {})
        case "call" if change.call:
            known[change.call.call] = change.call
        case "ended" if isinstance(change.ended, Ended):
            known.pop(change.ended.call, None)
        case _:
            pass
