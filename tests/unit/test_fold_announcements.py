"""Announcements: what was heard of them, and who hung up because of one."""

from dataclasses import dataclass
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cdr.fold.fold import fold
from cdr.record.record import Disposition, StepKind
from tests.fakes.call_pieces import ARRIVES, EXIT, MENU, RINGS, TALKS, TOLD, ends, until
from tests.fakes.call_table import events_of

D = Disposition
BOTH = ("whole", "whole")
CUT = "{at} caller STREAM_END app=Read"
KEY = "{at} caller DTMF digit={key}\n{at}1 caller STREAM_END app=Read\n"


@dataclass(frozen=True)
class Case:
    name: str
    table: str
    heard: tuple[str, ...]
    disposition: Disposition


CASES = [
    Case("in the welcome", until(1) + CUT.format(at="1.0") + ends(1.002), ("skipped", "skipped"), D.ABANDONED_WELCOME),
    Case("before the welcome", until(0.1) + ends(0.15), ("skipped", "skipped"), D.ABANDONED_WELCOME),
    Case(
        "during the first", until(3) + CUT.format(at="3.0") + ends(3.002), ("part", "skipped"), D.ABANDONED_ANNOUNCEMENT
    ),
    Case("the end of the sound is missing", until(3) + ends(3), ("part", "skipped"), D.ABANDONED_ANNOUNCEMENT),
    Case(
        "the second begun by the hang-up",
        until(4)
        + "4.0 caller STREAM_END app=Read\n4.01 caller STREAM_BEGIN app=Read sound=ivr/kekava/roads"
        + ends(4.02),
        ("part", "skipped"),
        D.ABANDONED_ANNOUNCEMENT,
    ),
    Case(
        "during the second",
        until(4.5) + CUT.format(at="4.5") + ends(4.502),
        ("whole", "part"),
        D.ABANDONED_ANNOUNCEMENT,
    ),
    Case("right after the second", until(5.05) + ends(5.15), BOTH, D.ABANDONED_ANNOUNCEMENT),
    Case("0.1 s after is the whole", until(5.05) + ends(5.1), BOTH, D.ABANDONED_ANNOUNCEMENT),
    Case("0.099 s after is a part", until(5.05) + ends(5.099), ("whole", "part"), D.ABANDONED_ANNOUNCEMENT),
    Case("in the menu, 5 s after", TOLD + ends(10), BOTH, D.ABANDONED_ANNOUNCEMENT),
    Case("in the menu, later", TOLD + ends(10.001), BOTH, D.ABANDONED_MENU),
    Case(
        "silence is no key",
        TOLD + "7.0 caller IVR_KEY menu=kekava-main key= result=no_input" + ends(8),
        BOTH,
        D.ABANDONED_ANNOUNCEMENT,
    ),
    Case("a key in the menu", TOLD + "7.0 caller DTMF digit=7" + ends(8), BOTH, D.ABANDONED_MENU),
    Case(
        "a key in the menu, without its own line",
        TOLD + "7.0 caller IVR_KEY menu=kekava-main key=7 result=invalid" + ends(8),
        BOTH,
        D.ABANDONED_MENU,
    ),
    Case(
        "a key of the entry menu in the first",
        until(3) + KEY.format(at="3.0", key=1) + "3.1 caller IVR_KEY menu=kekava-main key=1 result=valid" + ends(3.5),
        ("part", "skipped"),
        D.ABANDONED_MENU,
    ),
    Case(
        "the same without a line of the key",
        until(3) + CUT.format(at="3.0") + "\n3.02 caller IVR_KEY menu=kekava-main key=1 result=valid" + ends(3.5),
        ("part", "skipped"),
        D.ABANDONED_MENU,
    ),
    Case(
        "another key skips to the menu",
        until(4.5) + KEY.format(at="4.5", key=7) + "4.6 caller IVR_MENU menu=kekava-main" + ends(5.5),
        ("whole", "part"),
        D.ABANDONED_MENU,
    ),
    Case(
        "a key in the welcome skips all of it",
        until(1) + KEY.format(at="1.0", key=7) + "1.1 caller IVR_MENU menu=kekava-main" + ends(2),
        ("skipped", "skipped"),
        D.ABANDONED_MENU,
    ),
    Case(
        "a key in a welcome that goes on does not count",
        until(3) + "1.0 caller DTMF digit=7" + ends(3.5),
        ("part", "skipped"),
        D.ABANDONED_ANNOUNCEMENT,
    ),
    Case(
        "a key in an announcement that goes on",
        until(3) + "3.0 caller DTMF digit=7\n4.0 caller STREAM_END app=Playback" + ends(4.5),
        ("whole", "skipped"),
        D.ABANDONED_MENU,
    ),
    Case(
        "a key in the first, which goes on, counts also in the second",
        until(4.5) + "3.0 caller DTMF digit=7" + ends(4.5),
        ("whole", "part"),
        D.ABANDONED_MENU,
    ),
    Case(
        "the end of the last sound is missing, long ago",
        until(4.5) + "5.1 caller IVR_MENU menu=kekava-main" + ends(30),
        ("whole", "part"),
        D.ABANDONED_MENU,
    ),
    Case(
        "welcomed again after the menu",
        ARRIVES
        + MENU
        + "7.0 caller IVR_ANNOUNCEMENT announcements=water prompts=kekava/water welcome=kekava/welcome\n"
        + "7.1 caller STREAM_BEGIN app=Read sound=ivr/kekava/welcome"
        + ends(8),
        ("skipped",),
        D.ABANDONED_WELCOME,
    ),
    Case("the PBX ends it", until(3) + ends(3.5, ""), ("part", "skipped"), D.FAILED),
    Case("still playing", until(3), ("part", "skipped"), D.OPEN),
    Case("talked with somebody", TOLD + TALKS + ends(9), BOTH, D.ANSWERED),
    Case("led to a last message", TOLD + EXIT.format(reason="closed") + ends(9.2), BOTH, D.CLOSED),
    Case(
        "led to a phone without a key, soon after",
        TOLD + "6.1 caller IVR_RING destination=info phone=info-1" + ends(9),
        BOTH,
        D.ABANDONED_ANNOUNCEMENT,
    ),
    Case("chose a line", TOLD + RINGS + ends(9), BOTH, D.ABANDONED_RINGING),
    Case(
        "the same prompt later, as a message",
        until(1)
        + "1.0 caller IVR_KEY menu=m key=3 result=valid\n1.1 caller IVR_EXIT reason=key prompt=kekava/water\n"
        + "1.2 caller STREAM_BEGIN app=Playback sound=ivr/kekava/water\n3.0 caller STREAM_END app=Playback"
        + ends(3.2),
        ("skipped", "skipped"),
        D.INFORMED,
    ),
    Case(
        "the engine dies, the fallback tells them again",
        until(3)
        + "3.0 caller STREAM_END app=Read\n3.01 caller IVR_FALLBACK reason=lease_over\n"
        + "3.1 caller IVR_ANNOUNCEMENT announcements=water prompts=kekava/water\n"
        + "3.2 caller STREAM_BEGIN app=Read sound=ivr/kekava/water\n5.0 caller STREAM_END app=Read"
        + ends(6),
        ("part", "skipped", "whole"),
        D.ABANDONED_ANNOUNCEMENT,
    ),
    Case(
        "a key the first time does not count the second time",
        until(3)
        + KEY.format(at="3.0", key=7)
        + "3.1 caller IVR_ANNOUNCEMENT announcements=water prompts=kekava/water\n"
        + "3.2 caller STREAM_BEGIN app=Read sound=ivr/kekava/water\n5.0 caller STREAM_END app=Read"
        + ends(6),
        ("part", "skipped", "whole"),
        D.ABANDONED_ANNOUNCEMENT,
    ),
    Case(
        "an end that is missing between two sounds",
        until(4) + "4.01 caller STREAM_BEGIN app=Read sound=ivr/kekava/roads" + ends(4.5),
        ("whole", "part"),
        D.ABANDONED_ANNOUNCEMENT,
    ),
    Case(
        "more names than prompts, and a name left out",
        ARRIVES + "0.1 caller IVR_ANNOUNCEMENT announcements=a,,b prompts=x" + ends(1),
        ("skipped", "skipped"),
        D.ABANDONED_WELCOME,
    ),
]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_announcements(case: Case) -> None:
    record = fold(events_of(case.table))
    assert tuple(step.reason for step in record.announcements) == case.heard
    assert record.disposition is case.disposition
    assert record.menu + record.waiting + record.talking == record.total


def test_the_steps_stand_where_the_journal_tells_of_them() -> None:
    record = fold(events_of(TOLD + ends(20)))
    kinds = [(step.kind, step.name, step.value) for step in record.steps]
    assert kinds[:5] == [
        (StepKind.ENGINE, "e1", "abc"),
        (StepKind.ANNOUNCEMENT, "water", "kekava/water"),
        (StepKind.ANNOUNCEMENT, "roads", "kekava/roads"),
        (StepKind.SOUND, "kekava/welcome", "lv"),
        (StepKind.SOUND, "kekava/water", "lv"),
    ]
    assert record.menu == record.total


def test_the_language_is_known_before_the_first_menu() -> None:
    assert fold(events_of(until(3) + ends(3.5))).language == "lv"
    assert fold(events_of(ARRIVES + ends(3.5))).language == ""


LENGTHS = st.lists(st.integers(2, 30), min_size=1, max_size=4)  # tenths of a second


@settings(max_examples=150, deadline=None)
@given(LENGTHS, st.integers(4, 200), st.sampled_from(["none", "early", "late"]))
def test_what_was_heard_follows_from_the_instant_of_the_hang_up(lengths: list[int], end: int, key: str) -> None:
    """The record of a call with announcements of these lengths equals what is reckoned from the lengths alone."""
    edges = [3 + sum(lengths[:number]) for number in range(len(lengths) + 1)]
    spans = list(pairwise(edges))
    names = [f"a{number}" for number in range(len(lengths))]
    rows = [
        "0.0 caller CHAN_START",
        f"0.1 caller IVR_ANNOUNCEMENT announcements={','.join(names)} prompts={','.join(names)}",
    ]
    for name, (start, stop) in zip(names, spans, strict=True):
        if start < end - 1:
            rows.append(f"{start / 10}01 caller STREAM_BEGIN app=Read sound=ivr/{name}")
            rows.append(f"{min(stop, end) / 10} caller STREAM_END app=Read")
    pressed = {"none": 0, "early": 2, "late": edges[-1] + 2}[key]
    if 0 < pressed < end:
        rows.append(f"{pressed / 10} caller DTMF digit=1")
    record = fold(events_of("\n".join(rows) + ends(end / 10)))

    heard = ["whole" if stop < end else "part" if start < end - 1 else "skipped" for start, stop in spans]
    last_end = max((min(stop, end) for start, stop in spans if start < end - 1), default=None)
    late_key = key == "late" and pressed < end
    left = last_end is not None and end - last_end <= 50 and not late_key
    assert [step.reason for step in record.announcements] == heard
    assert (record.disposition is Disposition.ABANDONED_ANNOUNCEMENT) is left
    assert record.menu == record.total
