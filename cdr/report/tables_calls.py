"""The tables about calls: how many, to which line, how they ended, how long they took. PURE.

Rule 1: a table without rows is left out: the functions give None.
"""

from collections.abc import Callable
from dataclasses import replace

from cdr.record.words import Disposition
from cdr.report.cells import Cells, Counted, counts, label, number
from cdr.report.gathered import Earlier, Gathered
from cdr.report.model import Cell, Row, Table
from cdr.report.suppress import Sum
from cdr.report.terms import OUTCOMES
from cdr.statistics.figures import Durations, Spread


def comparison(given: Gathered, cells: Cells) -> Table | None:
    """Compare the month with the month before and the same month a year before."""
    words = cells.words
    earlier = [("before", given.before), ("year", given.year_before)]
    there = [(key, one) for key, one in earlier if one is not None]
    if not there:
        return None
    columns = [label(words.say("Calls")), number("now", words.month(given.span.first), adds_up=True)]
    for key, one in there:
        columns += [
            number(key, words.month(one.span.first), adds_up=True),
            number(f"{key}_change", words.say("change")),
        ]

    def row(name: str, title: str, take: Callable[[Gathered | Earlier], int], *, is_total: bool = False) -> Row:
        now = _figure(given, take)
        made = [cells.text(title), cells.count(now, name)]
        for key, one in there:
            then = take(one)
            made += [cells.count(then, f"{key}.{name}"), cells.change(now, then, name, f"{key}.{name}")]
        return Row(name, tuple(made), is_total)

    rows = (
        row("reached", words.say("talked with a person"), _reached),
        row("not_reached", words.say("ended otherwise"), lambda one: _all(one) - _reached(one)),
        row("calls", words.say("All calls"), _all, is_total=True),
    )
    return Table("comparison", words.say("Compared with earlier months"), tuple(columns), rows, "call")


def _figure(given: Gathered, take: Callable[[Gathered | Earlier], int]) -> int:
    return take(given)


def _all(one: Gathered | Earlier) -> int:
    return one.figures.volume.calls if isinstance(one, Gathered) else one.outcomes.calls


def _reached(one: Gathered | Earlier) -> int:
    return one.figures.outcomes.reached if isinstance(one, Gathered) else one.outcomes.reached


def lines(given: Gathered, cells: Cells) -> Table | None:
    """Count the calls by the line they were sent to first, and all that came to a line if people passed some on."""
    words, found = cells.words, [one for one in given.figures.volume.by_destination if one.first or one.destination]
    if not found:
        return None
    found.sort(key=lambda one: -one.first)
    rows = [
        Counted(one.destination, _line(given, cells, one.destination), one.first, f"first:{one.destination}")
        for one in found
    ]
    caption, title, unit = words.say("Calls by line"), words.say("Line"), words.say("calls")
    made = replace(counts(cells, "lines", caption, title, rows, all_calls(given, cells), unit=unit), term="line")
    if all(one.calls == one.first for one in found):
        return made
    sent = [
        cells.count(one.calls, f"sent:{one.destination}") if one.destination else cells.text("–", "") for one in found
    ]
    every = zip(made.rows, [*sent, cells.text("")], strict=True)
    return replace(
        made,
        columns=(*made.columns, number("sent", words.say("with those passed on"))),
        rows=tuple(replace(row, cells=(*row.cells, cell)) for row, cell in every),
        private=("sent",),
    )


def _line(given: Gathered, cells: Cells, name: str) -> str:
    if not name:
        return cells.words.say("left before a line was chosen")
    return given.names.destinations.get(name, name)


def numbers(given: Gathered, cells: Cells) -> Table | None:
    """Count the calls by the number dialled; None if all dialled the same."""
    words, volume = cells.words, given.figures.volume
    if len(volume.by_number) < 2:
        return None
    rows = [Counted(one.number, one.number, one.calls, f"number:{one.number}") for one in volume.by_number]
    caption, title = words.say("Calls by number"), words.say("Number dialled")
    return counts(cells, "numbers", caption, title, rows, all_calls(given, cells), unit=words.say("calls"))


def outcomes(given: Gathered, cells: Cells) -> Table:
    """Count the calls by how they ended; the rows sum to all calls."""
    words = cells.words
    rows = [
        Counted(one.value, words.say(OUTCOMES[one]), count, f"outcome:{one.value}")
        for one, count in sorted(given.figures.outcomes.total, key=lambda pair: -pair[1])
        if count or one is Disposition.ANSWERED
    ]
    caption, title, unit = words.say("Outcomes"), words.say("Outcome"), words.say("calls")
    made = counts(cells, "outcomes", caption, title, rows, all_calls(given, cells), unit=unit)
    reached_before = given.figures.outcomes.reached - dict(given.figures.outcomes.total)[Disposition.ANSWERED]
    return replace(made, term="outcome", behind=(("reached_and_lost", reached_before),))


def outcome_sums() -> list[Sum]:
    """Tell that those who talked with a person have the outcome `answered`, or their call's end is not known."""
    return [Sum("reached", (f"outcome:{Disposition.ANSWERED.value}", "reached_and_lost"))]


def all_calls(given: Gathered, cells: Cells) -> Counted:
    """Make the row of all calls."""
    return Counted("total", cells.words.say("All calls"), given.figures.volume.calls, "calls")


def durations(given: Gathered, cells: Cells) -> Table | None:
    """Tell how long calls were in the menu, waited and talked."""
    words = cells.words
    found: Durations | None = next(iter(given.figures.durations), None)
    if found is None:
        return None
    named = (
        ("menu", words.say("greeting and menu"), found.menu),
        ("answer", words.say("until somebody answered"), found.answer),
        ("waiting", words.say("waiting in all"), found.waiting),
        ("talking", words.say("conversation"), found.talking),
        ("total", words.say("whole call"), found.total),
    )
    columns = (
        label(words.say("Part of the call")),
        number("calls", words.say("calls")),
        number("mean", words.say("mean")),
        number("p50", words.say("half within")),
        number("p90", words.say("90 % within")),
        number("p95", words.say("95 % within")),
    )
    rows = tuple(Row(key, _spread(cells, key, title, spread)) for key, title, spread in named)
    caption, behind = words.say("Waiting and conversation"), tuple((f"timed:{key}", one.calls) for key, _, one in named)
    return Table("durations", caption, columns, rows, "median", behind=behind, private=("calls",))


def _spread(cells: Cells, key: str, title: str, spread: Spread) -> tuple[Cell, ...]:
    name = f"timed:{key}"
    spans = (spread.mean, spread.p50, spread.p90, spread.p95)
    return (cells.text(title, key), cells.count(spread.calls, name), *(cells.span(span, name) for span in spans))


def level(given: Gathered, cells: Cells) -> Table | None:
    """Tell how many calls were answered in time, by both definitions."""
    words = cells.words
    found = next(iter(given.figures.service_levels), None)
    if found is None or not found.offered:
        return None
    served = found.answered + found.abandoned_late
    rows = (
        ("of_offered", words.say("of all calls for which a phone rang"), found.offered),
        ("of_served", words.say("of those answered, or given up later"), served),
    )
    made = tuple(
        Row(
            key,
            (
                cells.text(title, key),
                cells.count(found.in_time, "in_time"),
                cells.count(whole, key),
                cells.share(found.in_time, whole, "in_time", f"late:{key}"),
            ),
        )
        for key, title, whole in rows
    )
    columns = (
        label(words.say("Calls")),
        number("in_time", words.say("in time")),
        number("of", words.say("of")),
        number("share", words.say("share")),
    )
    caption = words.say("Answered within {seconds} seconds", seconds=found.seconds)
    behind = (("in_time", found.in_time), *((f"late:{key}", whole - found.in_time) for key, _, whole in rows))
    return Table("service_level", caption, columns, made, "level", behind=behind, private=("in_time", "of"))
