"""All calls under way by the journal's lines: which are shown, which are gone, and what floods and lost calls cost."""

import random
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import cdr.live.lines
from cdr.journal.line import JournalEvent, changed
from cdr.live.call import LiveCall
from cdr.live.calls import RARELY, Change, Gone, LiveCalls, Shown
from cdr.live.lines import LONGEST
from tests.fakes.call_pieces import ARRIVES, IN, RINGS, TALKS, ends
from tests.fakes.call_table import events_of, lines_of, linkedid_of
from tests.fakes.journal_load import busy_journal
from tests.fakes.journal_marks import around
from tests.fakes.live_lines import by_the_fold, placed, told
from tests.fakes.restless_journal import restless_journal

JOURNALS = Path(__file__).parents[1] / "traces" / "journals"
CALL = linkedid_of()
TOKEN = "~0123456789abcdef"


def after(*pieces: list[JournalEvent]) -> tuple[LiveCalls, list[Change]]:
    live, found = LiveCalls(), list[Change]()
    for events in pieces:
        live.take(events)
        found += live.changes()
    return live, found


def by_name(live: LiveCalls) -> dict[str, LiveCall]:
    return {call.call: call for call in live.calls()}


def test_a_killed_asterisk_leaves_no_ghost() -> None:
    events = placed((JOURNALS / "asterisk_killed.csv").read_bytes())
    boot = next(n for n, event in enumerate(events) if event.uniqueid.endswith(".0"))
    live, _ = after(events[:boot])
    assert len(live.calls()) == 4
    live.take(events[boot:])
    assert [one.disposition for one in live.changes() if isinstance(one, Gone)] == ["pbx_lost"] * 4
    assert (live.calls(), live.names()) == ([], frozenset())


def test_a_call_whose_end_was_lost_is_gone_once_asterisk_says_what_it_has() -> None:
    lines = lines_of(IN + RINGS) + around("IVR_OLDEST", "700", linkedid="")
    events = placed(b"".join(lines))
    live, found = after(events[:-5], events[-5:])
    assert isinstance(found[-1], Gone)
    assert (found[-1].disposition, live.names()) == ("journal_gap", frozenset())


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 10_000), st.integers(1, 40), st.booleans())
def test_a_journal_in_any_pieces_gives_what_the_fold_says(seed: int, size: int, restless: bool) -> None:
    data = b"".join(restless_journal(seed)) if restless else busy_journal(12, seed)
    events = placed(data)
    live = LiveCalls()
    shown: dict[str, LiveCall] = {}
    for start in range(0, len(events), size):
        live.take(events[start : start + size])
        for change in live.changes():
            match change:
                case Shown():
                    shown[change.call.call] = change.call
                case Gone():
                    del shown[change.call.call]
        assert shown == by_name(live)
    assert shown == by_the_fold(events)


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 10_000), st.data())
def test_late_start_gives_the_same_view(seed: int, data: st.DataObject) -> None:
    """Whatever was stored before and is read after: no call is missing and none counts twice."""
    events = placed(b"".join(restless_journal(seed)))
    cut = data.draw(st.integers(1, len(events)))
    again = data.draw(st.integers(0, cut))
    early, _ = after(events[:cut])
    late = LiveCalls()
    for name in early.names():
        call = early._open[name]
        late.restore(name, call.node, call.lines)
    late.restore_marks(mark for some in early._marks.values() for mark in some)
    late.read_to((events[cut - 1].file, events[cut - 1].offset))
    late.changes()
    assert by_name(late) == by_name(early)
    late.take(events[again:])  # a file that is replaced is read again
    early.take(events[cut:])
    late.changes()
    early.changes()
    assert by_name(late) == by_name(early) == by_the_fold(events)


def test_a_journal_that_is_read_again_changes_nothing() -> None:
    events = placed(busy_journal(20))
    live, first = after(events)
    live.take(events)
    assert first
    assert (live.changes(), live.pending) == ([], False)


def test_colleagues_among_each_other_are_not_shown() -> None:
    live, found = after(events_of("0.0 info-1 CHAN_START\n0.1 info-1 APP_START app=Dial data=PJSIP/info-2"))
    assert (found, live.calls(), live.shown(), len(live.names())) == ([], [], frozenset(), 1)
    assert (live.record(CALL), live.number_of(CALL)) == (None, None)


def test_a_call_is_shown_as_soon_as_its_service_is_known_and_until_its_caller_has_gone() -> None:
    events = events_of(IN + TALKS + ends(9))
    live, found = after(events[:2])
    assert (found, live.names()) == ([], {CALL})
    live.take(events[2:3])
    assert [told(one.call) for one in live.changes()] == ["welcome"]
    live.take(events[3:-2])
    (gone,) = [one for one in live.changes() if isinstance(one, Gone)]
    assert (gone.disposition, gone.call.call) == ("answered", CALL)
    live.take(events[-2:])
    assert (live.changes(), live.names()) == ([], frozenset())


def test_a_topic_told_after_the_call_makes_no_ghost() -> None:
    events = events_of(IN + TALKS + ends(9))
    topic = changed(
        events[0], type="IVR_TOPIC", uniqueid="pbx-1795000001.9", linkedid="pbx-1795000001.9",
        extra={"linkedid": CALL, "topic": "water"},
    )  # fmt: skip
    for known in (events, []):
        live, _ = after(known)
        live.take([topic])
        assert (live.changes(), live.names()) == ([], frozenset())


def test_what_was_stored_of_a_call_without_its_own_lines_is_forgotten() -> None:
    events = events_of(IN)
    topic = changed(
        events[0], type="IVR_TOPIC", uniqueid="pbx-1795000001.9", linkedid="pbx-1795000001.9", extra={"linkedid": CALL}
    )
    live = LiveCalls()
    live.restore(CALL, "pbx", [topic])
    assert (live.changes(), live.names()) == ([], frozenset())


@pytest.mark.parametrize(
    "flood", ["info-1 DTMF digit=1", "caller IVR_MENU menu=m language=lv", "caller STREAM_BEGIN app=Dial class=x"]
)
def test_a_call_of_a_hundred_thousand_lines_costs_little_and_its_stage_is_right(flood: str) -> None:
    talks = events_of(IN + TALKS + f"9.0 {flood}")
    at = talks[-1].at
    live, _ = after(talks[:-1])
    for start in range(0, 100_000, 5_000):
        some = range(start, start + 5_000)
        live.take([changed(talks[-1], at=at + n, line=b"%d" % n) for n in some])
        live.changes()
    assert len(live._open[CALL].lines) <= LONGEST * 1.2
    for _ in range(RARELY):
        live.changes()
    (call,) = live.calls()
    assert call.stage == ("menu" if "IVR_MENU" in flood else "talking")
    for number in range(3 * RARELY):
        live.take([changed(talks[0], type="ANSWER", at=at + 200_000 + number, line=b"x%d" % number)])
        live.changes()
    looked = [live.pending for _ in range(RARELY) if live.changes() is not None]
    assert looked.count(True) < RARELY


def test_what_happened_between_two_floods_is_not_forgotten() -> None:
    menu, talks = events_of(IN), events_of(IN + TALKS)[len(events_of(IN)) :]
    keys = [changed(menu[-1], type="DTMF", at=menu[-1].at + n, line=b"%d" % n) for n in range(3000)]
    live, _ = after(menu + keys[:600] + talks)
    live.take(events_of("\n".join(f"8.{number} caller IVR_LANGUAGE language=en" for number in range(30, 80))))
    live.take([changed(one, at=talks[-1].at + n) for n, one in enumerate(keys[600:])])
    live.take(events_of("9.0 caller IVR_LANGUAGE language=lv"))
    for _ in range(RARELY):
        live.changes()
    assert [told(call) for call in live.calls()] == ["talking info info-1"]


def test_lines_that_were_stored_with_tokens_count_once_though_they_are_read_again() -> None:
    events = placed(b"".join(lines_of(IN + RINGS)))
    live = LiveCalls()
    live.restore(CALL, "pbx", [changed(one, caller_number=TOKEN, line=one.line + b"sealed") for one in events])
    live.read_to((events[-1].file, events[-1].offset))
    live.changes()
    before = live.record(CALL)
    live.take(events)
    assert (live.changes(), live.record(CALL)) == ([], before)


def test_the_last_lines_of_an_unknown_call_make_none() -> None:
    live, _ = after(events_of("9.1 info-1 HANGUP\n9.1 info-1 CHAN_END"))
    assert live.names() == frozenset()


def test_one_look_folds_no_more_than_it_may_and_the_next_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("cdr.live.calls.PER_LOOK", 40)
    events = [event for number in range(1, 8) for event in events_of(IN + RINGS, number)]
    live, first = after(events)
    assert len(first) < 7
    assert live.pending
    while live.pending:
        first += live.changes()
    assert len({one.call.call for one in first}) == 7


def test_a_call_that_was_taken_out_comes_back_with_its_next_line() -> None:
    events = events_of(IN + TALKS + ends(9))
    live, _ = after(events[:-4])
    live.drop(CALL)
    live.drop("pbx-1.2")
    (gone,) = live.changes()
    assert isinstance(gone, Gone)
    assert (gone.disposition, live.names()) == ("journal_gap", frozenset())
    live.take(events[-4:-3])
    assert [told(one.call) for one in live.changes()] == ["talking info info-1"]
    live.drop(CALL)
    live.changes()
    live.take(events[-3:])
    assert (live.changes(), live.names()) == ([], frozenset())


def test_a_number_that_was_stored_as_a_token_is_known_once_a_line_tells_it() -> None:
    events = events_of(IN)
    live = LiveCalls()
    live.restore(CALL, "pbx", [changed(event, caller_number=TOKEN) for event in events[:-1]])
    live.changes()
    assert (live.calls()[0].caller, live.number_of(CALL)) == (TOKEN, "")
    live.take(events_of(ARRIVES + "7.0 caller IVR_LANGUAGE language=en")[-1:])
    live.changes()
    assert (live.calls()[0].caller, live.number_of(CALL)) == ("29123456", "29123456")


def test_one_strange_call_does_not_hide_the_others(monkeypatch: pytest.MonkeyPatch) -> None:
    real = cdr.live.lines.fold_written

    def stumbles(written: list[JournalEvent], *rest: object) -> object:
        if written[0].linkedid == CALL and len(written) > 5:
            raise ZeroDivisionError
        return real(written, *rest)  # type: ignore[arg-type]

    monkeypatch.setattr(cdr.live.lines, "fold_written", stumbles)
    strange, other = events_of(IN), events_of(IN, 2)
    live, _ = after(strange[:4] + other)
    assert len(live.calls()) == 2
    live.take(strange[4:])
    (gone,) = live.changes()
    assert isinstance(gone, Gone)
    assert ([name for name, _ in live.strange], len(live.calls())) == ([CALL], 1)


def test_marks_and_places_are_not_kept_for_ever() -> None:
    lines: list[bytes] = []
    for number in range(1, 300):
        lines += lines_of(ARRIVES + ends(1), number)
        lines.append(around("IVR_OLDEST", str(number), uniqueid=f"pbx-1795009999.{number}", linkedid="")[1])
    events = placed(b"".join(lines))
    live, _ = after(*(events[start : start + 50] for start in range(0, len(events), 50)))
    assert sum(map(len, live._marks.values())) < 70
    chance = random.Random(1)
    event = events_of(IN)[0]
    for number in range(500):
        live.take([changed(event, file=f"{number:06d}", offset=chance.randrange(9))])
    assert len(live._places) <= 64


def test_the_order_is_that_in_which_the_calls_came() -> None:
    live, _ = after([event for number in (3, 1, 2) for event in events_of(IN, number)])
    assert [call.call for call in live.calls()] == [linkedid_of(number) for number in (3, 1, 2)]
    assert all(before.call != later.call for before, later in pairwise(live.calls()))
