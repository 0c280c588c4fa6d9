"""Calls whose end Asterisk never wrote: what closes them, with which end, and what does not."""

from datetime import timedelta

import pytest

from cdr.fold.fold import fold
from cdr.journal.line import JournalEvent
from cdr.journal.marks import BOOTING, MOMENT, Marks, identity_of, is_of_mark, mark_in, marks_by_node
from cdr.record.record import CallRecord, Disposition
from cdr.times import to_micros
from tests.fakes.call_pieces import IN, RINGS, TALKS, ends
from tests.fakes.call_table import START, events_of, lines_of, linkedid_of
from tests.fakes.journal_marks import around, folded, mark, mark_line, read

NOW = START // 1_000_000
NEW_LIFE = f"pbx-{NOW + 100}.0"


def only(lines: list[bytes]) -> CallRecord:
    (record,) = folded(lines).values()
    return record


def test_a_boot_ends_the_calls_that_were_open_at_their_own_last_lines() -> None:
    found = folded(
        [*lines_of(IN, 1), *lines_of(IN + TALKS, 2), *lines_of(IN + ends(7), 3), *around("IVR_BOOT", "100.0", NEW_LIFE)]
    )
    assert {name: (one.disposition, one.complete) for name, one in found.items()} == {
        linkedid_of(1): (Disposition.PBX_LOST, True),
        linkedid_of(2): (Disposition.PBX_LOST, True),
        linkedid_of(3): (Disposition.ABANDONED_MENU, True),
    }
    talked = found[linkedid_of(2)]
    assert talked.ended == talked.seen_until == talked.started + timedelta(seconds=8.2)
    assert (talked.hung_up_by, talked.hangup_cause, talked.connected is not None) == ("pbx", None, True)
    assert talked.menu + talked.waiting + talked.talking == talked.total


def test_lines_after_the_boot_show_that_a_call_is_not_lost() -> None:
    boot = around("IVR_BOOT", "6.5", f"pbx-{NOW + 6}.0")
    assert only([*lines_of(IN), *boot]).disposition is Disposition.PBX_LOST
    assert only([*lines_of(IN), *boot, *lines_of(IN + RINGS)[-3:]]).disposition is Disposition.OPEN
    assert only([*lines_of(IN), *boot, *lines_of(IN + ends(9))[-3:]]).disposition is Disposition.ABANDONED_MENU


@pytest.mark.parametrize(
    ("call", "boot", "lost"),
    [
        ("1000.5", "1002.9", False),  # came in while Asterisk was starting
        (f"{1002 - BOOTING}.5", "1002.9", False),
        (f"{1002 - BOOTING - 1}.5", "1002.9", True),  # one of the first calls of the life before
        ("1003.5", "1002.9", True),  # the clock went back over the restart
        ("1002.9", "1002.9", True),
        ("1002.11", "1002.9", False),  # began in the moment of the mark
        ("1003.11", "1002.9", False),
        ("1004.11", "1002.9", True),  # later than the mark itself: the clock went back
        ("1001.11", "1002.9", True),
        ("1002.1", "1002.0", False),
    ],
)
def test_a_call_of_the_new_life_is_told_from_one_of_the_old(call: str, boot: str, lost: bool) -> None:
    line = mark_line("IVR_BOOT", 1_003_900_000, f"pbx-{boot}")
    marks = marks_by_node([found for event in read(line) if (found := mark_in(event))])["pbx"]
    began = JournalEvent("CHAN_START", START, "", "", "", "", "", "", f"pbx-{call}", f"pbx-{call}")
    assert (fold([began], marks).disposition is Disposition.PBX_LOST) is lost


@pytest.mark.parametrize(("before", "lost"), [(600_000, True), (MOMENT + 1, True), (MOMENT, False), (0, False)])
def test_a_call_is_lost_though_asterisk_was_up_again_in_the_same_second(before: int, lost: bool) -> None:
    at = 1_002_914_000
    marks = marks_by_node(
        [found for event in read(mark_line("IVR_BOOT", at, "pbx-1002.0")) if (found := mark_in(event))]
    )
    last = JournalEvent("ANSWER", at - before, "", "", "", "", "", "", "pbx-1002.175", "pbx-1002.175")
    assert (fold([last], marks["pbx"]).disposition is Disposition.PBX_LOST) is lost


def test_the_first_channel_of_a_life_tells_of_a_restart_too() -> None:
    first = lines_of(IN + ends(9), 0)  # its channels are numbered from 0, and it began 200 s later
    later = [
        line.replace(b'"179500000', b'"179500020').replace(b"pbx-1795000000.", b"pbx-1795000200.") for line in first
    ]
    found = folded([*lines_of(IN, 3), *later, *lines_of(IN, 4)])
    assert {name: one.disposition for name, one in found.items()} == {
        linkedid_of(3): Disposition.PBX_LOST,
        "pbx-1795000200.0": Disposition.ABANDONED_MENU,
        linkedid_of(4): Disposition.OPEN,
    }


def test_marks_of_another_pbx_and_what_only_looks_like_marks_change_nothing() -> None:
    other = around("IVR_BOOT", "100.0", f"north-{NOW + 100}.0")
    forged = [
        line.replace(b"Local/boot@ivr-mark-00000000;2", b"PJSIP/boot@ivr-mark-00000001")
        for line in around("IVR_BOOT", "100.0", f"pbx-{NOW}.7")
    ]
    strange = mark("IVR_BOOT", "100.0", "strange")
    found = folded([*lines_of(IN), *other, *forged, strange])
    assert found[linkedid_of()].disposition is Disposition.OPEN
    assert set(found) == {linkedid_of(), f"pbx-{NOW}.7"}


def test_a_call_with_a_strange_linkedid_stays_open() -> None:
    event = JournalEvent("CHAN_START", 1, "", "", "", "", "", "", "strange", "strange")
    marks = marks_by_node([found for one in read(mark("IVR_BOOT", "1.0", "9.0")) if (found := mark_in(one))])
    assert fold([event], marks[""]).disposition is Disposition.OPEN
    assert identity_of("strange") is None


def test_other_marks_end_no_call() -> None:
    lines = [
        *lines_of(IN),
        *around("IVR_LEADER", "9.0", engine="a", fence="7"),
        *around("IVR_CLOCK", "9.1", seconds="no number"),
    ]
    assert only(lines) == fold(events_of(IN))


def oldest(linkedid: str, seconds: str = "9.0") -> list[bytes]:
    return around("IVR_OLDEST", seconds, linkedid=linkedid)


def test_a_call_older_than_the_oldest_that_is_there_ended_in_a_gap_of_the_journal() -> None:
    found = folded([*lines_of(IN + TALKS, 1), *lines_of(IN, 2), *lines_of(IN, 3), *oldest(linkedid_of(2))])
    gap = found[linkedid_of(1)]
    assert (gap.disposition, gap.complete, gap.hung_up_by) == (Disposition.JOURNAL_GAP, True, "")
    assert gap.ended == gap.seen_until
    assert [found[linkedid_of(number)].disposition for number in (2, 3)] == [Disposition.OPEN] * 2


def test_if_no_call_is_there_those_that_were_silent_for_a_minute_are_gone() -> None:
    assert only([*lines_of(IN), *oldest("", "65.9")]).disposition is Disposition.OPEN
    assert only([*lines_of(IN), *oldest("", "66.1")]).disposition is Disposition.JOURNAL_GAP


def test_the_first_mark_that_ends_a_call_tells_why() -> None:
    boot = around("IVR_BOOT", "100.0", NEW_LIFE)
    assert only([*lines_of(IN), *oldest("", "90.0"), *boot]).disposition is Disposition.JOURNAL_GAP
    assert only([*lines_of(IN), *boot, *oldest("", "190.0")]).disposition is Disposition.PBX_LOST


@pytest.mark.parametrize("closing", [around("IVR_BOOT", "100.0", NEW_LIFE), oldest("", "100.0")], ids=["boot", "gap"])
def test_a_caller_who_hung_up_before_has_the_end_that_is_written(closing: list[bytes]) -> None:
    whole = lines_of(IN + TALKS + ends(20, "info-1"))
    record = only([*whole[:-2], *closing])
    assert (record.disposition, record.hung_up_by, record.hangup_cause) == (Disposition.ANSWERED, "info-1", 16)
    assert record.complete
    assert only([*whole[:-2]]).disposition is Disposition.OPEN
    in_menu = only([*lines_of(IN + ends(9))[:-2], *closing])
    assert (in_menu.disposition, in_menu.ended) == (Disposition.ABANDONED_MENU, in_menu.started + timedelta(seconds=9))


def test_lines_of_marks_are_known_by_their_channel() -> None:
    event = read(mark("IVR_BOOT", "1.0"))[0]
    assert is_of_mark(event)
    assert not any(is_of_mark(one) for one in events_of(IN))
    assert mark_in(events_of(IN)[0]) is None
    assert to_micros(only([*lines_of(IN)]).started) == START
    assert Marks().marks == ()
