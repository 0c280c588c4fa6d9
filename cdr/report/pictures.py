"""Which pictures and headline figures a report has. PURE apart from drawing."""

from collections.abc import Callable, Iterator, Mapping
from datetime import date

from cdr.report import charts
from cdr.report.charts import Bar
from cdr.report.facts import Facts
from cdr.report.gathered import Gathered
from cdr.report.model import Big, Cell, Chart, Row, Table
from cdr.report.sentences import own
from cdr.report.words import Words, sentence

MOST = 13  # bars of one picture; the smallest of more are left to the table


def bigs(facts: Facts) -> tuple[Big, ...]:
    """Give the headline figures that show."""
    words = facts.words
    change = facts.cell("comparison", "calls", "before_change")
    note = words.say("{change} to the month before", change=change.text) if change else ""
    offered = (
        ("calls", facts.cell("outcomes", "total"), words.say("calls"), note),
        ("answered", facts.cell("outcomes", "answered", "share"), words.say("talked with a person"), ""),
        ("wait", facts.cell("durations", "answer", "p50"), words.say("half were answered within"), ""),
        ("requests", facts.cell("channels", "total"), words.say("requests registered"), ""),
        ("talk", facts.cell("durations", "talking", "p50"), words.say("half of the conversations took up to"), ""),
    )
    return tuple(Big(name, cell.text, label, more) for name, cell, label, more in offered if cell is not None)[:4]


def drawn(given: Gathered, words: Words, tables: Mapping[str, Table]) -> Iterator[Chart]:
    """Draw what the tables have."""
    for name, make in _MAKERS.items():
        table = tables.get(name)
        chart = make(table, words, given) if table is not None else None
        if chart is not None:
            yield chart


def _bars(table: Table, words: Words, _: Gathered) -> Chart | None:
    """One bar per row; shares stand beside the counts."""
    rows = [row for row in table.body() if row.cells[1].value != 0][:MOST]
    if table.is_quiet or not any(row.cells[1].value for row in rows):
        return None
    made = [
        Bar(sentence(own(row.cells[0].text)), row.cells[1], _with_share(row), not row.cells[0].value) for row in rows
    ]
    return charts.bars(table.id, table.caption, _alt(table, rows, words), made)


def _with_share(row: Row) -> str:
    share = row.cells[2].text if len(row.cells) > 2 and isinstance(row.cells[2].value, float) else ""
    return f"{row.cells[1].text} · {share}" if share else row.cells[1].text


def _safety(table: Table, words: Words, _: Gathered) -> Chart | None:
    """One bar per emergency line: its share answered within 20 s."""
    rows = [row for row in table.rows if isinstance(row.cells[4].value, float)]
    if not rows:
        return None
    shown = [Row(row.key, (row.cells[0], row.cells[4])) for row in rows]
    title = words.say("Answered within {seconds} seconds", seconds=20)
    made = [Bar(row.cells[0].text, row.cells[1]) for row in shown]
    return charts.bars(table.id, title, _alt(table, shown, words), made)


def _columns(table: Table, words: Words, given: Gathered) -> Chart | None:
    """One column per row; of thin ones not every name stands below."""
    rows = list(table.body())
    if table.id == "days" and not given.span.is_within_month:
        return None
    names = {
        "months": lambda key: words.short_month(date.fromisoformat(f"{key}-01")),
        "days": lambda key: str(int(key[-2:])),
        "weekdays": lambda key: words.weekday(int(key) - 1),
        "hours": lambda key: str(int(key)),
    }
    every = {"days": 5, "hours": 3}.get(table.id, 1)
    made = [Bar(names[table.id](row.key), row.cells[1], is_other=_is_cut(row, given, table)) for row in rows]
    return charts.columns(table.id, table.caption, _alt(table, rows, words), made, every=every)


def _is_cut(row: Row, given: Gathered, table: Table) -> bool:
    """Tell whether a column is a month that the report covers only in part."""
    if table.id != "months" or given.span.is_within_month:
        return False
    first, last = f"{given.span.first:%Y-%m}", f"{given.span.last:%Y-%m}"
    whole_first, whole_last = given.span.first.day == 1, given.span.is_last_of_month
    return (row.key == first and not whole_first) or (row.key == last and not whole_last)


def _week(table: Table, words: Words, given: Gathered) -> Chart | None:
    counts = [[_count(cell) for cell in row.cells[1:]] for row in table.rows]
    days = [row.cells[0].text for row in table.rows]
    alt = words.say("Calls by weekday and hour; the table of the hours tells the same.")
    return charts.week(table.id, table.caption, alt, days, counts) if given.figures.volume.calls else None


def _count(cell: Cell) -> int:
    return cell.value if isinstance(cell.value, int) else 0


def _alt(table: Table, rows: list[Row], words: Words) -> str:
    """Tell a picture in words: its rows, or of many the largest."""
    told = rows if len(rows) <= MOST else sorted(rows, key=lambda row: -_count(row.cells[1]))[:5]
    parts = words.together(f"{row.cells[0].text} {row.cells[1].text}" for row in told)
    if len(told) == len(rows):
        return f"{table.caption}: {parts}"
    return words.say("{title}, the most: {list}", title=table.caption, list=parts)


_MAKERS: dict[str, Callable[[Table, Words, Gathered], Chart | None]] = {
    "lines": _bars,
    "topics": _bars,
    "topics_detail": _bars,
    "request_topics": _bars,
    "channels": _bars,
    "outcomes": _bars,
    "safety": _safety,
    "months": _columns,
    "days": _columns,
    "weekdays": _columns,
    "hours": _columns,
    "hours_of_week": _week,
}
