"""The results of `bench.records` as Markdown. PURE: what was measured in, text out."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from statistics import median

from bench.records_cdr import SLOW, Obvious
from bench.records_ingest import Ingested
from bench.records_timed import TOGETHER, Command, Taken

AIM_CALLS, AIM_FIGURE, AIM_REPORT = 1500, 0.3, 3.0
"""Calls per second on one processor; seconds of each figure; seconds of the whole report."""


@dataclass(frozen=True, slots=True)
class Size:
    """What was measured on stores of one size, by the name of the database."""

    calls: int
    figures: Mapping[str, Mapping[str, Taken]]
    commands: Mapping[str, Sequence[Command]]
    obvious: Mapping[str, Obvious]


def journal_to_rows(runs: Mapping[tuple[str, str], Sequence[Ingested]]) -> str:
    """Show how quickly a journal becomes rows, by database and what is kept of numbers."""
    head = [
        "journal to rows, calls/s",
        "numbers",
        "of our processor",
        "best",
        "by the clock",
        "server",
        "MB",
        "aim",
        "",
    ]
    rows = [_ingested(name, mode, found) for (name, mode), found in runs.items()]
    return _table(head, "--::::--", rows)


def _ingested(name: str, mode: str, found: Sequence[Ingested]) -> list[str]:
    ours = [one.calls / one.processor for one in found]
    clock = median(one.calls / one.seconds for one in found)
    server = median(one.server / one.calls * 1000 for one in found)
    memory = max(one.memory for one in found)
    told = [f"{median(ours):.0f}", f"{max(ours):.0f}", f"{clock:.0f}", f"{server:.2f} ms per call", f"{memory:.0f}"]
    return [name, mode, *told, str(AIM_CALLS), _met(median(ours) >= AIM_CALLS)]


def size_tables(size: Size) -> str:
    """Show the figures of a month, whole commands, and Asterisk's own table."""
    return "\n".join([_figures(size), _commands(size), _obvious(size) if size.obvious else ""])


def _figures(size: Size) -> str:
    names = list(size.figures)
    head = [f"{size.calls:,} calls: one month's figures, s", *_twice(names), "aim", ""]
    rows = []
    for figure in size.figures[names[0]]:
        taken = [size.figures[name][figure] for name in names]
        aim = ["", ""] if figure == TOGETHER else [f"{AIM_FIGURE:g}", _met(max(_clocks(taken)) <= AIM_FIGURE)]
        rows.append([figure, *_seconds(taken, 3), *aim])
    return _table(head, "-::::--", rows)


def _commands(size: Size) -> str:
    names = list(size.commands)
    head = ["the whole command, s", *_twice(names), *(f"{name}, MB" for name in names), "aim", ""]
    rows = []
    for found in zip(*size.commands.values(), strict=True):
        taken = [one.taken for one in found]
        is_report = found[0].name == "report"
        aim = [f"{AIM_REPORT:g}", _met(max(_clocks(taken)) <= AIM_REPORT)] if is_report else ["", ""]
        rows.append([found[0].name, *_seconds(taken, 1), *(f"{one.memory:.0f}" for one in found), *aim])
    return _table(head, "-::::::--", rows)


def _obvious(size: Size) -> str:
    names = list(size.obvious)
    some = size.obvious[names[0]]
    head = [f"the obvious SQL over `cdr`, {some.rows:,} rows, s", *names]
    rows = [[query, *(_or_more(size.obvious[name].seconds[query]) for name in names)] for query in some.seconds]
    return _table(head, "-::", rows)


def _or_more(seconds: float) -> str:
    return f"{seconds:.3f}" if seconds < SLOW else f"over {SLOW:.0f}"


def flatness(sizes: Sequence[Size]) -> str:
    """Show how the cost of a month changes with the size of the store."""
    first = sizes[0]
    names = list(first.figures)
    head = [
        f"a month's cost, relative to {first.calls:,} calls",
        *_twice(names),
        *(f"{name}: report" for name in names),
    ]
    rows = []
    for size in sizes[1:]:
        row = [f"{size.calls:,} calls"]
        for name in names:
            before, now = first.figures[name][TOGETHER], size.figures[name][TOGETHER]
            row += [f"x {now.clock / before.clock:.2f}", f"x {now.processor / before.processor:.2f}"]
        rows.append([*row, *(f"x {_report(size, name) / _report(first, name):.2f}" for name in names)])
    return _table(head, "-::::::", rows)


def _report(size: Size, name: str) -> float:
    return size.commands[name][-1].taken.clock


def _twice(names: Iterable[str]) -> list[str]:
    return [text for name in names for text in (f"{name}, clock", "processor")]


def _seconds(taken: Iterable[Taken], digits: int) -> list[str]:
    return [f"{value:.{digits}f}" for one in taken for value in (one.clock, one.processor)]


def _clocks(taken: Iterable[Taken]) -> list[float]:
    return [one.clock for one in taken]


def _met(is_met: bool) -> str:
    return "met" if is_met else "**missed**"


def _table(head: Sequence[str], sides: str, rows: Iterable[Sequence[str]]) -> str:
    """Write a table; `sides` has a sign for each column, `:` for numbers."""
    lines = [head, ["--:" if side == ":" else "---" for side in sides.ljust(len(head), "-")], *rows]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)
