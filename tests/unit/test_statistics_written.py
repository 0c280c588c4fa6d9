"""Figures as plain values, tables, CSV and bars."""

import csv
import io
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from cdr.record.words import LedBy
from cdr.statistics.figures import ServiceLevel, Spread
from cdr.statistics.figures_content import Quality, Repeat, Repeats, TopicCount, Topics
from cdr.statistics.flat import FlatTable, percent, service_level_tables
from cdr.statistics.flat_content import quality_tables, repeats_tables, topics_tables
from cdr.statistics.plain import plain
from cdr.statistics.scope import Scope
from cdr.statistics.written import bars, csv_text

LEVEL = ServiceLevel(None, 20, offered=8, answered=4, in_time=3, abandoned_late=1)
NEVER = ServiceLevel("kekava", 20, 0, 0, 0, 0)


@dataclass(frozen=True)
class Both:
    one: Spread
    at: datetime
    words: tuple[tuple[LedBy, int], ...]


def test_plain_values() -> None:
    spread = Spread(2, timedelta(microseconds=1_500_001), timedelta(seconds=1), None, None)
    at = datetime(2026, 10, 1, 3, 4, 5, tzinfo=UTC)
    assert plain(Both(spread, at, ((LedBy.ENGINE, 3),))) == {
        "one": {"calls": 2, "mean": 1.500001, "p50": 1.0, "p90": None, "p95": None},
        "at": "2026-10-01T03:04:05+00:00",
        "words": [["engine", 3]],
    }
    scope = plain(Scope(("kekava",), at, at, ZoneInfo("Europe/Riga")))
    assert (scope["services"], scope["zone"]) == (["kekava"], "Europe/Riga")


def test_plain_values_tell_shares_too() -> None:
    found = plain((LEVEL, NEVER))
    assert [(one["of_offered"], one["of_served"]) for one in found] == [(0.375, 0.6), (None, None)]


def test_both_service_levels_in_per_cent() -> None:
    (table,) = service_level_tables([LEVEL, NEVER])
    assert table.rows[0] == ("all services", 20, 8, 4, 3, 1, 37.5, 60.0)
    assert table.rows[1][-2:] == (None, None)


def test_a_topic_that_is_not_given_is_named() -> None:
    counts = (TopicCount("kekava", "", 3, 1, 0, 0, 3, 0), TopicCount("kekava", "roads", 1, 1, 1, 0, 0, 1))
    (table,) = topics_tables(Topics(4, 2, counts))
    assert table.rows == (
        ("kekava", "not given", 3, 75.0, 1, 50.0, 0, 0, 3, 0),
        ("kekava", "roads", 1, 25.0, 1, 50.0, 1, 0, 0, 1),
    )


def test_windows_and_who_withheld() -> None:
    windows = tuple(Repeat(timedelta(hours=hours), 1) for hours in (1, 24, 168))
    repeat, caller = repeats_tables(Repeats(5, 4, windows))
    assert [row[0] for row in repeat.rows] == ["1 h", "24 h", "7 d"]
    assert repeat.rows[0][2] == 25.0
    assert caller.rows == ((5, 4, 1),)


def test_lost_days_are_named() -> None:
    days = (date(2026, 10, 3), date(2026, 10, 4))
    figure = Quality(9, 1, 1, days, 0, 0, 0, tuple((one, 0) for one in LedBy), 0, (), 0, 0)
    quality, led_by = quality_tables(figure)
    assert ("lost_days", 2, "2026-10-03, 2026-10-04") in quality.rows
    assert len(led_by.rows) == len(LedBy)


def test_percent() -> None:
    assert percent(1, 3) == 33.3
    assert percent(0, 3) == 0.0
    assert percent(0, 0) is None


def test_csv_is_one_table_with_the_columns_of_all() -> None:
    tables = [
        FlatTable("one", ("service", "calls"), (('Ķekava; "8488"', 3), ("=1+1", 2), ("a;=1+1", 1))),
        FlatTable("two", ("calls", "mean"), ((5, 1.25), (6, None)), bars=""),
    ]
    text = csv_text(tables)
    assert text.splitlines()[0] == "table,service,calls,mean"
    rows = list(csv.DictReader(io.StringIO(text)))
    assert [row["service"] for row in rows] == ['Ķekava; "8488"', "'=1+1", "a;'=1+1", "", ""]
    assert rows[3] == {"table": "two", "service": "", "calls": "5", "mean": "1.25"}
    assert rows[4]["mean"] == ""


def test_bars_are_as_long_as_the_numbers_say() -> None:
    table = FlatTable("one", ("a", "b", "calls"), (("x", "", 8), ("yy", "z", 4), ("", "", 0)))
    assert bars(table, 24) == [
        "x    " + "█" * 17 + " 8",
        "yy z " + "█" * 8 + "▌ 4",
        "-     0",
    ]
    assert max(map(len, bars(table, 24))) == 24


def test_bars_of_long_names_are_cut() -> None:
    lines = bars(FlatTable("one", ("a", "calls"), (("n" * 80, 12345), ("m", 1.5))), 40)
    assert lines[0].startswith("n" * 20 + " █")
    assert all(len(line) <= 40 for line in lines)
    assert lines[1].endswith(" 1.5")


def test_nothing_to_draw() -> None:
    assert bars(FlatTable("one", ("a", "calls"), ()), 40) == []
    assert bars(FlatTable("one", ("a", "b"), ((1, 2),), bars=""), 40) == []
    assert bars(FlatTable("one", ("a", "calls"), (("x", 0), ("y", None))), 40) == ["x  0", "y  0"]
