"""The pure pieces of the chaos suite: a suite that cannot find a fault would call every fault harmless."""

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime

import pytest

from cdr.journal.line import JournalEvent
from tests.chaos.ear import Ear, loud
from tests.chaos.faults import ALL
from tests.chaos.journal import Lines, led_by_two, state, states
from tests.chaos.judge import longest
from tests.chaos.media import FRAME, SPEECH, Voice
from tests.chaos.plans import Kind, Plan, index_of, kind_of, plans
from tests.chaos.proxy import Proxy
from tests.chaos.town import hours

QUIET = b"\xd5" * 160
HEARD = SPEECH["phone"]


def ear(pattern: Sequence[tuple[bytes | None, float]]) -> Ear:
    """Hear each sound for so many seconds; None: no packets."""
    made, at = Ear.opened(100.0, HEARD), 100.0
    for sound, seconds in pattern:
        for _ in range(round(seconds / FRAME)):
            if sound is not None:
                made.hear(at, sound)
            at += FRAME
    made.close(at)
    return made


def test_silence_is_found_whether_packets_come_or_not() -> None:
    heard = ear(
        [(SPEECH["citizen"], 1.0), (QUIET, 2.0), (SPEECH["citizen"], 1.0), (None, 3.0), (SPEECH["citizen"], 1.0)]
    )
    assert [round(one.seconds, 1) for one in heard.silences] == [2.0, 3.0]
    assert heard.gap == pytest.approx(3.0, abs=0.05)


def test_a_hole_is_a_time_without_the_partner_even_if_there_is_other_sound() -> None:
    heard = ear([(HEARD, 1.0), (SPEECH["citizen"], 0.8), (HEARD, 1.0)])
    assert heard.hole == pytest.approx(0.8, abs=0.05)
    assert not heard.silences


def test_what_is_loud() -> None:
    assert loud(HEARD)
    assert not loud(QUIET)


def voice(pattern: Sequence[tuple[bytes | None, float]], pressed: Sequence[tuple[float, str]] = ()) -> Voice:
    return Voice(("127.0.0.1", 1), ear(pattern), b"", pressed=list(pressed))


SOUND = SPEECH["citizen"]


@pytest.mark.parametrize(
    ("kind", "pattern", "pressed", "expected"),
    [
        (Kind.TALKS, [(SOUND, 5.0), (QUIET, 3.0), (SOUND, 2.0)], [], 3.0),
        (Kind.TALKS, [(SOUND, 5.0), (QUIET, 3.0), (SOUND, 2.0)], [(6.0, "2")], 2.0),
        (Kind.SILENT, [(SOUND, 5.0), (QUIET, 5.0), (SOUND, 1.0)], [], 0.0),
        (Kind.SILENT, [(SOUND, 3.0), (QUIET, 7.0), (SOUND, 1.0)], [], 2.0),
        (Kind.SILENT, [(SOUND, 2.0), (QUIET, 8.0)], [], 3.0),
        (Kind.SILENT, [(SOUND, 6.0), (QUIET, 4.0)], [], 0.0),
        (Kind.TALKS, [(SOUND, 2.0), (QUIET, 8.0)], [], 8.0),
        (Kind.TALKS, [(SOUND, 2.0), (None, 8.0)], [], 8.0),
    ],
)
def test_the_longest_silence(
    kind: Kind, pattern: list[tuple[bytes | None, float]], pressed: list[tuple[float, str]], expected: float
) -> None:
    plan = Plan(0, kind, 1.0, "2", 10.0)
    assert longest(plan, voice(pattern, pressed)) == pytest.approx(expected, abs=0.1)


def line(kind: str, context: str = "", exten: str = "", **extra: str) -> JournalEvent:
    return JournalEvent(kind, 0, "37122000001", exten, context, "", "", "", "a", "a", extra=extra)


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        ([line("IVR_MENU"), line("STREAM_BEGIN", sound="ivr/kekava/welcome")], "welcome"),
        ([line("STREAM_BEGIN", sound="ivr/kekava/welcome"), line("STREAM_BEGIN", sound="ivr/kekava/menu")], "menu"),
        ([line("IVR_RING")], "ringing"),
        ([line("IVR_RING"), line("IVR_DIALSTATUS")], "failing over"),
        ([line("IVR_RING"), line("IVR_DIALSTATUS"), line("IVR_RING")], "failing over"),
        ([line("IVR_RING"), line("BRIDGE_ENTER")], "talking"),
        ([line("BRIDGE_ENTER"), line("IVR_TRANSFER"), line("IVR_RING")], "in transfer"),
        ([line("BRIDGE_ENTER"), line("IVR_TRANSFER"), line("BRIDGE_ENTER")], "talking"),
        ([line("BRIDGE_ENTER"), line("IVR_TRANSFER"), line("IVR_DIALSTATUS"), line("IVR_RETURN")], "going back"),
        ([line("IVR_TRANSFER"), line("IVR_RETURN"), line("BRIDGE_ENTER")], "talking"),
    ],
)
def test_where_a_call_stands(lines: list[JournalEvent], expected: str) -> None:
    assert state(Lines("37122000001", tuple(lines))) == expected


def test_a_caller_about_whom_a_colleague_is_asked_counts_as_such() -> None:
    talks = [Lines(caller, (line("BRIDGE_ENTER"),)) for caller in ("37129000001", "37129000002")]
    counted = states(talks, {"37129000002"})
    assert (counted["talking"], counted["asked for"]) == (1, 1)


def test_an_engine_after_the_fallback_is_found() -> None:
    first, fallback = line("IVR_ENGINE", engine="a"), line("IVR_FALLBACK")
    fine = Lines("1", (first, line("IVR_ENGINE", engine="b"), fallback, line("IVR_KEY", "ivr-x-m-main", "key")))
    assert led_by_two([fine]) == []
    assert led_by_two([Lines("1", (first, fallback, line("IVR_ENGINE", engine="a")))])
    assert led_by_two([Lines("1", (first, fallback, line("IVR_DECISION", "ivr-call", "engine")))])


def test_the_same_seed_gives_the_same_citizens() -> None:
    assert plans(7, 200) == plans(7, 200) != plans(8, 200)
    for plan in plans(7, 200):
        assert (index_of(plan.caller), kind_of(plan.caller)) == (plan.index, plan.kind)
        assert all(at < plan.seconds - 3 for at, _ in plan.keys), "a plan ends before its last key can be answered"


@pytest.mark.parametrize(
    ("start", "end", "expected"),
    [("09:10", "10:40", '"09:10-10:40"'), ("23:20", "00:50", '["00:00-00:50", "23:20-24:00"]')],
)
def test_office_hours_around_the_present(start: str, end: str, expected: str) -> None:
    def at(text: str) -> datetime:
        return datetime.strptime(text, "%H:%M").replace(tzinfo=UTC)

    assert expected in hours(at(start), at(end))


async def test_a_command_that_is_sent_twice_is_found() -> None:
    def agi(action_id: int, command: str) -> bytes:
        text = f"Action: AGI\r\nChannel: PJSIP/t-1\r\nCommand: {command}\r\nCommandID: a:1:-\r\nActionID: {action_id}\r\n\r\n"
        return text.encode()

    async def manager(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while await reader.read(1000):
            writer.write(b"Response: Success\r\n\r\n")
        writer.close()

    server = await asyncio.start_server(manager, "127.0.0.1", 0)
    proxy = Proxy(0, server.sockets[0].getsockname())
    await proxy.open()
    reader, writer = await asyncio.open_connection("127.0.0.1", proxy.port)
    writer.write(agi(1, "EXEC A") + agi(2, "EXEC B"))
    await reader.readuntil(b"\r\n\r\n")
    assert proxy.twice() == []
    writer.write(agi(3, "EXEC A"))
    await reader.readuntil(b"\r\n\r\n")
    assert len(proxy.twice()) == 1
    proxy.cut()
    assert await reader.read() == b""
    writer.close()
    await proxy.close()
    server.close()


def test_every_fault_has_a_name_of_its_own() -> None:
    assert len({fault.name for fault in ALL}) == len(ALL)
