"""What the monitor knows after changes, what it says of it at the top, and what it judges to be trouble."""

from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest

from ivr.monitor.board import ENDED_KEPT, Board, key_of
from ivr.monitor.cells import Tone, plain
from ivr.monitor.head import head, totals
from ivr.monitor.tables import CALLS as CALL_COLUMNS
from ivr.monitor.tables import LINES as LINE_COLUMNS
from ivr.monitor.tables import SeenCall, SeenLine, lines_in_order
from ivr.monitor.trouble import call_sign, line_sign, of_call, of_line
from ivr.supervision.models import Change, NoticeKind, Stage, Today
from tests.fakes.supervised_town import (
    AT,
    CALLS,
    LINES,
    TODAY,
    a_call,
    a_line,
    ago,
    all_calls,
    everything,
    noticed,
    one_call,
    over,
    some_health,
    some_service,
    talking,
    the_day,
    the_health,
    the_lines,
    waiting,
)

RIGA = ZoneInfo("Europe/Riga")


def board(*changes: Change) -> Board:
    made = Board()
    for change in changes:
        made.take(change)
    return made


def test_calls_come_change_and_end() -> None:
    call = waiting("c-1", 5)
    known = board(all_calls(()), one_call(call))
    assert known.calls == {("", "c-1"): call}
    moved = call.model_copy(update={"stage": Stage.TALKING})
    known.take(one_call(moved))
    assert list(known.calls.values()) == [moved]
    known.take(over(moved))
    assert not known.calls
    assert known.ended[key_of(call)].disposition == "answered"


def test_calls_of_two_nodes_with_one_name_are_two() -> None:
    assert len(board(one_call(a_call("c-1", node="a")), one_call(a_call("c-1", node="b"))).calls) == 2


def test_everything_replaces_what_was() -> None:
    known = board(all_calls(), all_calls((CALLS[0],)))
    assert list(known.calls.values()) == [CALLS[0]]


def test_only_the_last_ends_are_kept() -> None:
    known = board(*(over(a_call(f"c-{number}")) for number in range(ENDED_KEPT + 5)))
    assert len(known.ended) == ENDED_KEPT
    assert ("", "c-4") not in known.ended


def test_supervision_away_and_back() -> None:
    known = board(*everything(), noticed("supervision does not answer", sequence=0))
    assert known.lost is not None
    assert len(known.calls) == len(CALLS)
    known.take(noticed("supervision answers again", trouble=False, sequence=0))
    assert known.lost is not None  # until it has told the calls
    known.take(all_calls(()))
    assert known.lost is None
    assert not known.troubles


def test_troubles_last_until_they_are_over() -> None:
    known = board(noticed("no engine leads"), noticed("2 messages were dropped", NoticeKind.DROPPED))
    assert [notice.text for notice in known.troubles.values()] == ["no engine leads"]
    known.take(noticed("an engine leads", trouble=False))
    assert not known.troubles


def head_of(known: Board, width: int = 120, seconds: int = 0) -> tuple[str, str, str]:
    first, second, third = (plain(line).rstrip() for line in head(known, AT + timedelta(seconds=seconds), RIGA, width))
    return first, second, third


def test_the_head_tells_totals_today_and_health() -> None:
    first, second, third = head_of(board(*everything()))
    assert first.startswith("9 calls  3 wait  3 talk  3 in menus  longest wait 1:12 !! kekava-utility   ")
    assert first.endswith("10:00:00 EET")
    assert second == "today 1903 calls, 188 lost  in 20 s: kryvyi-rih 62% !, jelgava 86%, kekava 91%"
    assert third == "engine main-1 leads, PBX up, journal ok, records ok"


def test_services_with_limits_of_their_own_are_told_with_them() -> None:
    slow = some_service("a", 5, 0.5).model_copy(update={"within": 40})
    today = Today(at=AT, services=(some_service("b", 5, 0.9), slow))
    assert head_of(board(the_day(today)))[1] == "today 10 calls, 6 lost  a 50% in 40 s !, b 90% in 20 s"
    assert head_of(board(the_day(Today(at=AT, services=()))))[1] == "today 0 calls, 0 lost"


@pytest.mark.parametrize(
    ("health", "said"),
    [
        (some_health(engines=()), "! no engine leads, PBX up, journal ok, records ok"),
        (some_health(pbx="not reached"), "engine main-1 leads, ! PBX not reached, journal ok, records ok"),
        (some_health(journal_lag=3.4), "engine main-1 leads, PBX up, journal 3 s behind, records ok"),
        (some_health(journal_lag=34.0), "engine main-1 leads, PBX up, ! journal 34 s behind, records ok"),
        (some_health(journal_lag=None), "engine main-1 leads, PBX up, journal not known, records ok"),
        (some_health(records="disk full"), "engine main-1 leads, PBX up, journal ok, ! records disk full"),
        (
            some_health(problems=("rules are old",), alarms=("trunk down",)),
            "engine main-1 leads, PBX up, journal ok, records ok  ! rules are old  ! trunk down",
        ),
    ],
)
def test_health_in_words(health: object, said: str) -> None:
    assert head_of(board(the_health(health)))[2] == said  # type: ignore[arg-type]


def test_a_lasting_notice_is_at_the_top_once() -> None:
    known = board(the_health(some_health(problems=("no engine leads",))), noticed("no engine leads"))
    assert head_of(known)[2].count("no engine leads") == 1


def test_the_head_says_that_supervision_is_away() -> None:
    known = board(*everything(), noticed("no answer", sequence=0))
    said = head_of(known, seconds=12)[2]
    assert said == "!! not connected for 0:12, tried again all the time; shown is 10:00:00: no answer"


def test_the_head_before_anything_is_known() -> None:
    assert head_of(Board())[0].startswith("asking supervision for the calls")


@pytest.mark.parametrize("width", [20, 40, 80, 200])
def test_the_head_fits_every_terminal(width: int) -> None:
    known = board(*everything(), noticed("supervision does not answer, and says so at length " * 3, sequence=0))
    assert all(len(plain(line)) <= width for line in head(known, AT, RIGA, width))


def test_totals_without_calls() -> None:
    found = totals(())
    assert (found.calls, found.waiting, found.talking, found.longest) == (0, 0, 0, None)


@pytest.mark.parametrize(
    ("seconds", "within", "sign", "tone"),
    [
        (20, 20, "", Tone.PLAIN),
        (21, 20, "!", Tone.WARN),
        (60, 20, "!", Tone.WARN),
        (61, 20, "!!", Tone.BAD),
        (21, None, "!", Tone.WARN),
        (61, 40, "!", Tone.WARN),
    ],
)
def test_who_waits_too_long(seconds: int, within: int | None, sign: str, tone: Tone) -> None:
    found = call_sign(waiting("c-1", seconds), AT, within)
    assert (found.text, found.tone) == (sign, tone)


def test_who_talks_is_in_no_trouble() -> None:
    assert of_call(talking("c-1", 4000), AT, 20).level == 0


@pytest.mark.parametrize(
    ("values", "sign"),
    [
        ({"listened": ("p-1",), "private": True}, "L"),
        ({"private": True, "led_by": "fallback"}, "P"),
        ({"led_by": "fallback"}, "F"),
        ({"led_by": "engine_then_fallback"}, "F"),
        ({"led_by": "fallback_then_engine"}, ""),
    ],
)
def test_letters_of_calls(values: dict[str, object], sign: str) -> None:
    assert call_sign(a_call("c-1", **values), AT, 20).text == sign


@pytest.mark.parametrize(
    ("values", "sign", "why"),
    [
        ({}, "", ""),
        ({"safety": True}, "S", ""),
        ({"safety": True, "open": False}, "!!S", "a safety line is closed"),
        ({"safety": True, "trouble": "nobody answers"}, "!!S", "nobody answers"),
        ({"trouble": "nobody answers"}, "!", "nobody answers"),
        ({"full_at": 3, "waiting": 1, "talking": 2}, "!", "full"),
        ({"full_at": 3, "waiting": 1, "talking": 1}, "", ""),
        ({"override": "o-1", "open": False}, "O", ""),
        ({"private": True}, "P", ""),
    ],
)
def test_lines_in_trouble(values: dict[str, object], sign: str, why: str) -> None:
    line = a_line("kekava-utility", **values)
    assert line_sign(line).text == sign
    assert of_line(line).why == why


def test_lines_in_trouble_come_first_and_the_others_stay_as_in_the_rules() -> None:
    assert [line.destination for line in lines_in_order(LINES)] == [
        "kekava-utility",
        "kryvyi-rih-consultation",
        "kekava-information",
        "kekava-police",
        "jelgava-reception",
        "jelgava-police",
        "plovdiv-health",
    ]


def cells_of(values: dict[str, object], seconds: float = 0) -> dict[str, str]:
    seen = SeenCall(a_call("c-1", **values), AT + timedelta(seconds=seconds), 20)
    return {column.title: column.cell(seen).text for column in CALL_COLUMNS}


def test_a_call_in_words() -> None:
    found = cells_of(
        {
            "stage": Stage.RINGING,
            "since": ago(5),
            "waiting_since": ago(65),
            "destination": "kekava-utility",
            "rule": "destinations.kekava-utility.hours.office.weekly.tuesday",
            "phone": "kekava-utility-1",
            "caller": "",
            "redirections": 2,
        }
    )
    assert found | {"": "!!", "there": "0:05", "waits": "1:05", "caller": "withheld", "hops": "2"} == found
    assert found["stage"] == "ringing"
    assert found["rule"] == "hours.office.weekly.tuesday"
    assert found["led by"] == "main-1"


@pytest.mark.parametrize(
    ("rule", "shown"),
    [
        ("", ""),
        ("supervisor", "supervisor"),
        ("destinations.kekava-utility", "(line)"),
        ("destinations.kekava-information.exits.closed", "kekava-information.exits.closed"),
    ],
)
def test_a_rule_leaves_out_its_destination(rule: str, shown: str) -> None:
    assert cells_of({"destination": "kekava-utility", "rule": rule})["rule"] == shown


def test_time_moves_nothing_but_the_clocks() -> None:
    values = {"stage": Stage.RINGING, "since": ago(1), "waiting_since": ago(1)}
    before, after = cells_of(values), cells_of(values, seconds=5)
    assert {title for title in before if before[title] != after[title]} == {"there", "waits"}


def test_a_line_in_words() -> None:
    line = a_line("x", open=False, why="holiday", until=AT + timedelta(hours=1), talking=2, full_at=5, lost_today=4)
    found = {column.title: column.cell(SeenLine(line, AT, RIGA)).text for column in LINE_COLUMNS}
    assert (found["is"], found["until"], found["talk"], found["why"]) == ("closed", "11:00", "2/5", "holiday")
    assert (found["ring"], found["lost"]) == ("0", "4")


def test_hostile_names_are_shown_harmless() -> None:
    call = a_call("c-1", caller="\x1b[2J", topic="a\x07", destination="d", menu="m\r", phone="p\u202e")
    seen = SeenCall(call, AT, 20)
    assert all(column.cell(seen).text.isprintable() for column in CALL_COLUMNS)
    line = a_line("d", title="\x1b[2J", why="\x07", trouble="\x9b")
    assert all(column.cell(SeenLine(line, AT, RIGA)).text.isprintable() for column in LINE_COLUMNS)


def test_figures_and_lines_are_as_last_told() -> None:
    known = board(the_day(), the_lines(), the_lines(LINES[:1]))
    assert known.today == TODAY
    assert known.destinations == LINES[:1]
    assert known.destination("kekava-information") == LINES[0]
    assert known.destination("nobody") is None
    assert known.within("kekava") == 20
    assert known.within("nobody") is None
