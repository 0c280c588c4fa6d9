"""Texts on the monitor: cut to their columns, harmless, and short."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from ivr.monitor.cells import Cell, cut, cut_left, folded, joined, moment, plain, printable, right, span
from ivr.monitor.columns import GAP, Column, Side, widths
from ivr.monitor.tables import CALLS, LINES

RIGA = ZoneInfo("Europe/Riga")
TUESDAY_10 = datetime(2026, 11, 24, 10, 0, tzinfo=RIGA)


@pytest.mark.parametrize(
    ("seconds", "shown"),
    [(-3, "0:00"), (0, "0:00"), (9.9, "0:09"), (60, "1:00"), (725, "12:05"), (3599, "59:59"), (3723, "1:02:03")],
)
def test_durations(seconds: float, shown: str) -> None:
    assert span(seconds) == shown


@pytest.mark.parametrize(
    ("hours", "shown"),
    [
        (7, "17:00"),
        (13.98, "23:58"),
        (22, "Wed 08:00"),
        (94, "Sat 08:00"),
        (6 * 24 + 1, "30 Nov 11:00"),
        (-24, "23 Nov 10:00"),
        (-2, "08:00"),
    ],
)
def test_instants_are_short_and_not_to_be_mistaken(hours: float, shown: str) -> None:
    assert moment(TUESDAY_10 + timedelta(hours=hours), TUESDAY_10.astimezone(UTC), RIGA) == shown


@pytest.mark.parametrize(
    ("cutter", "text", "width", "shown"),
    [
        (cut, "kekava", 8, "kekava  "),
        (cut, "kekava-utility", 8, "kekava-…"),
        (cut, "電話電話", 5, "電話…"),
        (cut, "電話電話", 4, "電 …"),
        (cut, "ab", 1, "…"),
        (cut, "ab", 0, ""),
        (cut_left, "hours.weekly.tuesday", 8, "…tuesday"),
        (cut_left, "tuesday", 8, "tuesday "),
        (right, "7", 3, "  7"),
        (right, "12345", 3, "12…"),
    ],
)
def test_texts_fill_their_columns(cutter: object, text: str, width: int, shown: str) -> None:
    assert callable(cutter)
    assert cutter(text, width) == shown


@given(st.text(st.characters(exclude_categories=["C", "M"]), max_size=30), st.integers(0, 20))
def test_every_text_is_exactly_as_wide_as_its_column(text: str, width: int) -> None:
    for cutter in (cut, cut_left):
        assert cell_len(cutter(text, width)) == width
    assert cell_len(right(text, width)) == width


@pytest.mark.parametrize(
    ("given_", "shown"),
    [("37129123456", "37129123456"), ("\x1b[2J\x07", r"\x1b[2J\x07"), ("a\r\nb", r"a\r\nb"), ("a\u202eb", r"a\u202eb")],
)
def test_nobody_steers_the_terminal(given_: str, shown: str) -> None:
    assert printable(given_) == shown


def test_what_does_not_fit_on_a_line_is_said_to_be_left_out() -> None:
    pieces = [Cell("nine calls"), Cell("  three wait"), Cell("  two talk")]
    assert plain(joined(pieces, 80)) == "nine calls  three wait  two talk"
    assert plain(joined(pieces, 18)) == "nine calls  thre…"
    assert plain(joined(pieces, 10)) == "nine calls"


@given(st.lists(st.text(st.characters(categories=["L", "N"]), max_size=12), max_size=6), st.integers(1, 40))
def test_no_line_is_wider_than_its_room(texts: list[str], width: int) -> None:
    assert cell_len(plain(joined(map(Cell, texts), width))) <= width


def test_a_long_text_goes_on_below_itself() -> None:
    lines = [plain(line) for line in folded(Cell("10:00  "), "comes to the line of the utility", 24)]
    assert lines == ["10:00  comes to the line", "       of the utility"]


@pytest.mark.parametrize("columns", [CALLS, LINES])
def test_every_width_of_a_terminal_is_used_and_none_is_exceeded(columns: tuple[Column[object], ...]) -> None:
    seen = 0
    for room in range(10, 400):
        found = widths(columns, room)
        shown = [width for width in found if width]
        assert sum(shown) + GAP * (len(shown) - 1) <= room
        assert len(shown) >= seen
        seen = len(shown)
    assert seen == len(columns)


def test_eighty_columns_have_what_is_needed_most() -> None:
    shown = [column.title for column, width in zip(CALLS, widths(CALLS, 80), strict=True) if width]
    assert shown == ["", "service", "caller", "lang", "stage", "there", "destination", "rule"]
    shown = [column.title for column, width in zip(LINES, widths(LINES, 80), strict=True) if width]
    assert shown == ["", "line", "is", "until", "ring", "talk", "lost", "why"]


@pytest.mark.parametrize(("side", "shown"), [(Side.LEFT, "abc… "), (Side.RIGHT, "abc… "), (Side.TAIL, "…def ")])
def test_a_cell_has_a_gap_behind_it(side: Side, shown: str) -> None:
    column: Column[str] = Column("x", Cell, 0, 4, 4, side)
    assert column.fitted("abcdef", 4) == shown
