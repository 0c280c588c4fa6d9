"""The figures of `figures_content` as flat tables. PURE. The rules of `cdr.statistics.flat` hold here too."""

from collections.abc import Iterable
from dataclasses import astuple
from datetime import timedelta

from cdr.statistics.figures_content import (
    AnnouncementCount,
    MenuFunnel,
    Quality,
    Repeats,
    RuleCount,
    Safety,
    Topics,
    Unserved,
)
from cdr.statistics.flat import SPREAD, Cell, FlatTable, grid_table, percent, span, spread_cells


def menus_tables(figures: Iterable[MenuFunnel]) -> list[FlatTable]:
    """Flatten what came of the menus."""
    figures = tuple(figures)
    columns = ("service", "menu", "calls", "shown", "valid", "invalid", "no_input", "left", *SPREAD)
    funnels = (
        (
            *(one.service, one.menu, one.calls, one.shown, one.valid, one.invalid, one.no_input, one.left),
            *spread_cells(one.waited)[1:],
        )
        for one in figures
    )
    keys = (
        (
            menu.service,
            menu.menu,
            one.key,
            "valid" if one.valid else "invalid",
            one.presses,
            *spread_cells(one.waited)[1:],
        )
        for menu in figures
        for one in menu.keys
    )
    return [
        FlatTable("menu", columns, tuple(funnels)),
        FlatTable("key", ("service", "menu", "key", "result", "presses", *SPREAD), tuple(keys), bars="presses"),
    ]


def unserved_tables(figure: Unserved) -> list[FlatTable]:
    """Flatten the demand outside the hours."""
    lines = (
        (one.service, one.destination, one.calls, percent(one.calls, figure.calls)) for one in figure.by_destination
    )
    total = (figure.of, figure.calls, percent(figure.calls, figure.of))
    return [
        FlatTable("unserved", ("calls", "unserved", "percent"), (total,), bars=""),
        FlatTable("unserved_destination", ("service", "destination", "calls", "percent"), tuple(lines)),
        grid_table("unserved_hour", figure.by_hour),
    ]


def repeats_tables(figure: Repeats) -> list[FlatTable]:
    """Flatten the repeated calls."""
    rows = ((_window(one.within), one.calls, percent(one.calls, figure.known)) for one in figure.windows)
    withheld = figure.calls - figure.known
    return [
        FlatTable("repeat", ("within", "calls", "percent_of_known"), tuple(rows)),
        FlatTable("caller", ("calls", "known", "withheld"), ((figure.calls, figure.known, withheld),), bars=""),
    ]


def announcements_tables(figures: Iterable[AnnouncementCount]) -> list[FlatTable]:
    """Flatten who heard the announcements."""
    columns = ("announcement", "begun", "whole", "part", "hung_up_during", "hung_up_after")
    return [FlatTable("announcement", columns, tuple(astuple(one) for one in figures), bars="begun")]


def safety_tables(figure: Safety) -> list[FlatTable]:
    """Flatten how the safety lines were answered."""
    lines = (
        (
            *(one.destination, one.sent, one.answered),
            *(one.within_10, percent(one.within_10, one.sent)),
            *(one.within_20, percent(one.within_20, one.sent)),
        )
        for one in figure.lines
    )
    unanswered = (
        (
            *(one.started.isoformat(timespec="seconds"), one.linkedid, one.service, one.destination),
            *(one.caller, one.result, span(one.waited)),
        )
        for one in figure.unanswered
    )
    columns = ("destination", "sent", "answered", "in_10_s", "percent_in_10_s", "in_20_s", "percent_in_20_s")
    calls = ("started", "call", "service", "destination", "caller", "result", "waited")
    return [
        FlatTable("safety_line", columns, tuple(lines), bars="percent_in_10_s"),
        FlatTable("unanswered", calls, tuple(unanswered), bars=""),
    ]


def topics_tables(figure: Topics) -> list[FlatTable]:
    """Flatten what the calls were about."""
    columns = ("service", "topic", "calls", "percent", "answered", "percent_of_answered")
    rows = (
        (
            *(one.service, one.topic or "not given", one.calls, percent(one.calls, figure.calls)),
            *(one.answered, percent(one.answered, figure.answered)),
            *(one.consulted, one.registered, one.not_told, one.cases),
        )
        for one in figure.counts
    )
    return [FlatTable("topic", (*columns, "consulted", "registered", "not_told", "cases"), tuple(rows))]


def rules_tables(figures: Iterable[RuleCount]) -> list[FlatTable]:
    """Flatten what the rules did."""
    columns = ("service", "rule", "destination", "reason", "calls", "sent")
    return [FlatTable("rule", columns, tuple(astuple(one) for one in figures))]


def quality_tables(figure: Quality) -> list[FlatTable]:
    """Flatten how far the figures can be trusted."""
    led_by = ((one.value, calls, percent(calls, figure.calls)) for one, calls in figure.led_by)
    rows: list[tuple[Cell, ...]] = [
        ("calls", figure.calls, ""),
        ("pbx_lost", figure.pbx_lost, "the PBX went away during the call"),
        ("journal_gap", figure.journal_gap, "the end is not in the journal"),
        ("open", figure.open, "not over yet"),
        ("open_long", figure.open_long, "open for more than a day"),
        ("stepped", figure.stepped, "the clock was stepped during the call"),
        ("without_service", figure.without_service, "given to no service"),
        ("lost_days", len(figure.lost_days), ", ".join(day.isoformat() for day in figure.lost_days)),
        ("silent_days", len(figure.silent_days), ", ".join(day.isoformat() for day in figure.silent_days)),
        ("quarantined", figure.quarantined, "pieces of journals in the whole store"),
        ("stale", figure.stale, "calls in the whole store with rows of an older release"),
    ]
    return [
        FlatTable("quality", ("what", "number", "meaning"), tuple(rows), bars=""),
        FlatTable("led_by", ("led_by", "calls", "percent"), tuple(led_by)),
    ]


def _window(one: timedelta) -> str:
    hours = one // timedelta(hours=1)
    return f"{hours} h" if hours <= 24 else f"{hours // 24} d"
