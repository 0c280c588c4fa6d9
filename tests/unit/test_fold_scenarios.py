"""Calls as text tables: what the journal tells, and the record that follows from it."""

from dataclasses import dataclass
from datetime import timedelta

import pytest

from cdr.fold.fold import fold
from cdr.record.record import CallRecord, Disposition, LedBy, StepKind
from tests.fakes.call_pieces import (
    ARRIVES,
    CLOSED_MENU,
    DECIDES,
    EXIT,
    IN,
    MENU,
    RINGS,
    TALKS,
    TOLD,
    dial_fails,
    ends,
)
from tests.fakes.call_table import events_of


@dataclass(frozen=True)
class Case:
    name: str
    table: str
    disposition: Disposition
    hung_up_by: str = "caller"


D = Disposition
CASES = [
    Case("nothing heard", ARRIVES + ends(0.05), D.ABANDONED_WELCOME),
    Case(
        "in the welcome", IN.split("2.2 ")[0] + "\n1.0 caller STREAM_END app=Read\n" + ends(1.002), D.ABANDONED_WELCOME
    ),
    Case(
        "in the welcome, the menu's sound begun by the hang-up",
        IN.split("2.21 ")[0] + "2.21 caller STREAM_BEGIN app=Read sound=ivr/kekava/main" + ends(2.214),
        D.ABANDONED_WELCOME,
    ),
    Case("in the menu", IN.split("6.0 ")[0] + ends(3), D.ABANDONED_MENU),
    Case(
        "menu without welcome",
        ARRIVES + MENU.replace("welcome=kekava/welcome", "") + ends(7),
        D.ABANDONED_MENU,
    ),
    Case(
        "key during the welcome", IN.split("2.2 ")[0] + DECIDES.split("6.2 ", maxsplit=1)[0] + ends(7), D.ABANDONED_MENU
    ),
    Case(
        "invalid key",
        IN + "6.1 caller IVR_KEY menu=kekava-main key=7 result=invalid" + ends(7),
        D.ABANDONED_MENU,
    ),
    Case(
        "sound before any menu",
        ARRIVES + "0.1 caller STREAM_BEGIN app=Playback sound=ivr/news" + ends(1),
        D.ABANDONED_MENU,
    ),
    Case("soon after an announcement", TOLD + ends(7), D.ABANDONED_ANNOUNCEMENT),
    Case(
        "closed by an override, heard in its menu",
        IN + CLOSED_MENU.replace("closed", "override") + "9.0 caller STREAM_END app=Read" + ends(9.2),
        D.CLOSED,
    ),
    Case(
        "full, the PBX ends it",
        IN + RINGS.split("6.4 ")[0] + "6.31 caller IVR_DIALSTATUS dialstatus=FULL hangupcause=0" + ends(7, ""),
        D.FULL,
        "pbx",
    ),
    Case(
        "full, then its exit operator is a message",
        IN
        + RINGS.split("6.4 ")[0]
        + "6.31 caller IVR_DIALSTATUS dialstatus=FULL hangupcause=0"
        + EXIT.format(reason="operator")
        + ends(9.001, "dialplan/builtin"),
        D.FULL,
        "ivr",
    ),
    Case("while ringing", IN + RINGS + ends(9), D.ABANDONED_RINGING),
    Case("between two phones", IN + RINGS + dial_fails(9, "info-1", "BUSY") + ends(9.1), D.ABANDONED_RINGING),
    Case("talking, caller ends", IN + TALKS + ends(20), D.ANSWERED),
    Case("talking, phone ends", IN + TALKS + ends(20, "info-1"), D.ANSWERED, "info-1"),
    Case("closed menu heard", IN + CLOSED_MENU + "9.0 caller STREAM_END app=Read" + ends(9.2), D.CLOSED),
    Case(
        "closed menu cut off",
        IN + CLOSED_MENU + "8.0 caller STREAM_END app=Read" + ends(8.002),
        D.ABANDONED_MESSAGE,
    ),
    Case(
        "closed menu heard, then again",
        IN
        + CLOSED_MENU
        + "9.0 caller STREAM_END app=Read\n14.0 caller IVR_KEY menu=kekava-closed key= result=no_input\n"
        + "14.1 caller IVR_MENU menu=kekava-closed language=lv\n"
        + "14.2 caller STREAM_BEGIN app=Read sound=ivr/kekava/closed"
        + ends(14.3),
        D.CLOSED,
    ),
    Case(
        "closed menu, then another line's phone",
        IN + CLOSED_MENU + "7.0 caller IVR_KEY menu=kekava-closed key=2 result=valid" + ends(7.1),
        D.ABANDONED_MENU,
    ),
    Case("closed menu, PBX ends", IN + CLOSED_MENU + ends(8, "", 38), D.FAILED, "pbx"),
    Case("exit, no source", IN + EXIT.format(reason="closed") + ends(9.001, ""), D.CLOSED, "ivr"),
    Case("exit heard, caller ends later", IN + EXIT.format(reason="no_input") + ends(9.5), D.NO_INPUT),
    Case("exit cut off", IN + EXIT.format(reason="no_input") + ends(9.002), D.ABANDONED_MESSAGE),
    Case("exit not begun", IN + "7.0 caller IVR_EXIT reason=busy prompt=x" + ends(7.05), D.ABANDONED_MESSAGE),
    Case(
        "exit operator after busy",
        IN
        + RINGS.replace("6.", "5.")
        + dial_fails(6.5, "info-1", "BUSY")
        + EXIT.format(reason="operator")
        + ends(9.001, "dialplan/builtin"),
        D.BUSY,
        "ivr",
    ),
    Case(
        "exit of a reason not known", IN + EXIT.format(reason="moon") + ends(9.001, "dialplan/builtin"), D.FAILED, "ivr"
    ),
    Case(
        "dial failed, nothing said",
        IN + RINGS + dial_fails(9, "info-1", "CHANUNAVAIL") + ends(9.1, ""),
        D.UNREACHABLE,
        "pbx",
    ),
    Case(
        "a status not known",
        IN + RINGS + dial_fails(9, "info-1", "TORTURE") + ends(9.1, ""),
        D.UNREACHABLE,
        "pbx",
    ),
    Case(
        "dial cancelled by the PBX",
        IN + RINGS + dial_fails(9, "info-1", "CANCEL") + ends(9.1, ""),
        D.FAILED,
        "pbx",
    ),
    Case("dialplan ends it in the menu", IN + ends(9.1, "dialplan/agi"), D.FAILED, "ivr"),
    Case("no hang-up line", IN + "9.0 caller LINKEDID_END", D.FAILED, "pbx"),
    Case("open", IN, D.OPEN, ""),
    Case(
        "caller gone, phone left",
        IN + TALKS + "20.0 caller HANGUP hangupcause=16 hangupsource=caller",
        D.OPEN,
    ),
]
EXITS = [
    ("closed", D.CLOSED),
    ("busy", D.BUSY),
    ("no_answer", D.NO_ANSWER),
    ("unreachable", D.UNREACHABLE),
    ("no_input", D.NO_INPUT),
    ("invalid", D.INVALID_INPUT),
    ("key", D.INFORMED),
    ("full", D.FULL),
    ("rejected", D.REJECTED),
    ("override", D.CLOSED),
    ("too_long", D.NO_INPUT),
    ("too_many_menus", D.NO_INPUT),
    ("caller", D.INFORMED),
]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_disposition(case: Case) -> None:
    record = fold(events_of(case.table))
    assert (record.disposition, record.hung_up_by) == (case.disposition, case.hung_up_by)
    assert record.menu + record.waiting + record.talking == record.total
    assert record.complete is (case.disposition is not D.OPEN)


@pytest.mark.parametrize(("reason", "disposition"), EXITS)
def test_exit_that_was_heard(reason: str, disposition: Disposition) -> None:
    record = fold(events_of(IN + EXIT.format(reason=reason) + ends(9.001, "dialplan/builtin")))
    assert (record.disposition, record.hung_up_by) == (disposition, "ivr")


def test_every_disposition_has_a_case() -> None:
    lost = {D.PBX_LOST, D.JOURNAL_GAP}  # test_fold_lost_calls.py
    assert {case.disposition for case in CASES} | {one for _, one in EXITS} | lost == set(Disposition)


def test_every_disposition_is_defined_in_its_docstring() -> None:
    for one in Disposition:
        assert f"`{one.value}`" in (Disposition.__doc__ or "")


LEADERS = [
    ("0.1 caller IVR_FALLBACK reason=no_engine", LedBy.FALLBACK, ""),
    ("0.1 caller IVR_ENGINE engine=e1 rules=v1", LedBy.ENGINE, "e1"),
    ("0.1 caller IVR_ENGINE engine=e1 rules=v1\n1.0 caller IVR_ENGINE engine=e2 rules=v1", LedBy.ENGINE, "e2"),
    (
        "0.1 caller IVR_ENGINE engine=e1 rules=v1\n9.0 caller IVR_FALLBACK reason=lease_over",
        LedBy.ENGINE_THEN_FALLBACK,
        "e1",
    ),
    (
        "0.1 caller IVR_FALLBACK reason=no_engine\n9.0 caller IVR_ENGINE engine=e1 rules=v1",
        LedBy.FALLBACK_THEN_ENGINE,
        "e1",
    ),
    ("", LedBy.NOBODY, ""),
]


@pytest.mark.parametrize(("table", "leader", "engine"), LEADERS)
def test_who_led(table: str, leader: LedBy, engine: str) -> None:
    record = fold(events_of("0.0 caller CHAN_START\n" + table + ends(10)))
    assert (record.led_by, record.engine) == (leader, engine)


RULES = [
    ("0.1 caller IVR_FALLBACK reason=no_engine", "dialplan"),
    ("0.1 caller IVR_ENGINE engine=e1 rules=first", "first"),
    ("0.1 caller IVR_ENGINE engine=e1 rules=first\n1.0 caller IVR_ENGINE engine=e2 rules=second", "second"),
    ("0.1 caller IVR_ENGINE engine=e1 rules=first\n9.0 caller IVR_FALLBACK reason=lease_over", "first"),
    ("", "dialplan"),
]


@pytest.mark.parametrize(("table", "rules"), RULES)
def test_the_rules_are_those_of_the_engine_else_of_the_dialplan(table: str, rules: str) -> None:
    arrives = "0.0 caller CHAN_START\n0.05 caller IVR_CALL service=kekava number=8488 rules=dialplan\n"
    assert fold(events_of(arrives + table + ends(10))).rules == rules


def seconds(record: CallRecord) -> tuple[float, float, float]:
    return tuple(span / timedelta(seconds=1) for span in (record.menu, record.waiting, record.talking))  # type: ignore[return-value]


def test_a_language_chosen_by_key() -> None:
    table = (
        IN
        + """
6.1 caller IVR_KEY      menu=kekava-main key=9 result=valid
6.2 caller IVR_LANGUAGE language=en
6.3 caller IVR_MENU     menu=kekava-main
"""
    )
    record = fold(events_of(table + ends(9)))
    assert (record.language, record.path) == ("en", "9")
    assert [step.name for step in record.steps if step.kind is StepKind.LANGUAGE] == ["en"]


def test_a_whole_call() -> None:
    record = fold(
        events_of(IN + TALKS + "19.9 caller BRIDGE_EXIT bridge_id=b1\n19.95 caller APP_END app=Dial" + ends(20))
    )
    assert (record.service, record.number, record.caller, record.language) == ("kekava", "8488", "29123456", "lv")
    assert (record.path, record.destinations, record.answered_by) == ("1", ("info",), "info-1")
    assert (record.engine, record.rules, record.led_by) == ("e1", "abc", LedBy.ENGINE)
    assert seconds(record) == (6.35, 1.95, 11.7)
    assert record.redirections == ()
    assert record.hangup_cause == 16
    told = record.as_dict()
    assert told["destinations"] == [
        {
            "at": "2026-11-18T11:06:46.200000+00:00",
            "destination": "info",
            "rule": "menus.kekava-main.keys.1",
            "reason": "open",
        }
    ]
