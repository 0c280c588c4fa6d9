"""Faults of the manager's link: cut, reset, swallowed, stalled, flooded, and a peer that talks nonsense."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from random import Random

from tests.chaos.manager import manager
from tests.chaos.proxy import Proxy
from tests.chaos.stage import Fault, Stage

BACK = 10.0  # seconds
STALLED = 12.0  # seconds; Asterisk's writetimeout is 5
BURST = 10_000
FLOOD, FLOOD_SIZE = 60_000, 700
HUGE = 100 << 20  # bytes


def broken(how: Callable[[Proxy], None]) -> Callable[[Stage], Awaitable[None]]:
    """Give a fault that breaks the connection once."""

    async def work(stage: Stage) -> None:
        proxy = stage.wires()
        stage.strike()
        stage.ended()
        logins = len(proxy.logins)
        how(proxy)
        stage.check(await stage.until(lambda: len(proxy.logins) > logins, BACK), f"not attached again in {BACK:g} s")
        _nothing_twice(stage)

    return work


async def slow(stage: Stage) -> None:
    """The engine's side reads nothing for longer than Asterisk waits, while much is to be read."""
    proxy = stage.wires()
    stage.strike()
    logins = len(proxy.logins)
    proxy.stall()
    async with manager(stage.house) as other:
        flood = asyncio.ensure_future(other.events(FLOOD, FLOOD_SIZE))
        await asyncio.sleep(STALLED)
        stage.ended()
        proxy.go_on()
        await asyncio.wait([flood], timeout=BACK)
        flood.cancel()
    back = await stage.until(lambda: len(proxy.logins) > logins or bool(proxy.wires), BACK)
    stage.check(back, f"not attached again in {BACK:g} s")
    stage.notes.append(
        "Asterisk cut the slow reader off" if len(proxy.logins) > logins else "the link outlived the stall"
    )
    _nothing_twice(stage)


async def burst(stage: Stage) -> None:
    """Ten thousand events at once."""
    proxy = stage.wires()
    stage.strike()
    logins = len(proxy.logins)
    async with manager(stage.house) as other:
        await other.events(BURST)
        await asyncio.sleep(5)
    stage.ended()
    stage.check(len(proxy.logins) == logins, "the link was lost in the burst")
    _nothing_twice(stage)


async def nonsense(stage: Stage) -> None:
    """What Asterisk never says, put into what it does say; after each piece the engine must be attached."""
    proxy = stage.wires()
    stage.strike()
    before = {one.action for one in proxy.actions}
    for name, data in pieces(Random(stage.options.seed)):
        logins = len(proxy.logins)
        await proxy.inject(data)
        await asyncio.sleep(2)
        fine = await stage.until(lambda: bool(proxy.wires), BACK)
        stage.check(fine, f"after {name}: not attached again in {BACK:g} s")
        if len(proxy.logins) > logins:
            stage.notes.append(f"after {name} the engine attached anew")
    stage.ended()
    more = {one.action for one in proxy.actions} - before - {"Login", "Challenge"}
    stage.check(not more, f"the nonsense made the engine send {sorted(more)}")
    forged = [one.text for one in proxy.actions if b"forged" in one.text]
    stage.check(not forged, f"the engine acted on what was forged: {forged[:3]!r}")
    _nothing_twice(stage)


def pieces(random: Random) -> Iterator[tuple[str, bytes]]:
    """Give what is injected, with a name for each."""
    end = b"\r\n\r\n"
    yield "random bytes", random.randbytes(65_536) + end
    yield (
        "split and broken UTF-8",
        b"Event: UserEvent\r\nText: \xf0\x9f\xd0" + end + "Event: Жёлтый\r\n😀: ё".encode() + end,
    )
    yield "unknown events", b"".join(b"Event: Forged%d\r\nChannel: PJSIP/forged-1" % i + end for i in range(500))
    wrong = b"".join(b"Response: Success\r\nActionID: forged-%d\r\nMessage: none" % i + end for i in range(500))
    yield "answers to nothing", wrong
    lies = b"Event: AsyncAGIExec\r\nChannel: PJSIP/forged-1\r\nLinkedid: forged\r\nCommandId: forged:1\r\nResult: 200"
    yield "a step of no channel", lies + end
    yield "an action inside an event", b"Event: UserEvent\r\nAction: Originate\r\nChannel: Local/forged@ivr-call" + end
    yield "a header without an end", b"Event: " + b"A" * 2_000_000 + end
    yield "many headers", b"Event: Many\r\n" + b"".join(b"H%d: x\r\n" % i for i in range(20_000)) + b"\r\n"
    yield "a message of 100 MB", b"Event: Huge\r\nText: " + b"A" * HUGE + end


def _nothing_twice(stage: Stage) -> None:
    twice = stage.wires().twice()
    stage.check(not twice, f"actions were sent twice: {twice[:5]}")


FAULTS = (
    Fault("ami-cut", "manager link cut (FIN)", broken(Proxy.cut), "back in 10 s", proxied=True, back=BACK),
    Fault("ami-reset", "manager link reset (RST)", broken(Proxy.reset), "back in 10 s", proxied=True, back=BACK),
    Fault(
        "ami-half-open", "manager's packets swallowed", broken(Proxy.swallow), "back in 10 s", proxied=True, back=BACK
    ),
    Fault("ami-slow", f"reader stalled for {STALLED:g} s under a flood", slow, "back in 10 s", proxied=True, back=BACK),
    Fault("ami-burst", f"{BURST} events in a burst", burst, "watchdog quiet", proxied=True, back=5.0),
    Fault("ami-nonsense", "a manager that talks nonsense", nonsense, "nothing executed", proxied=True, back=BACK),
)
