"""Puts a report together: tables, then what is hidden, then sentences and pictures. PURE apart from drawing.

Rule 1: the order is the one that matters for privacy: nothing is told or drawn that was not taken from a table after
small counts were hidden.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from cdr.report import pictures, sentences
from cdr.report import tables_calls as of_calls
from cdr.report import tables_content as of_content
from cdr.report import tables_house as of_house
from cdr.report import tables_time as of_time
from cdr.report.cells import Cells
from cdr.report.facts import Facts
from cdr.report.gathered import Gathered
from cdr.report.model import Big, Chart, Report, Section, Table
from cdr.report.suppress import hidden_keys, hide, published
from cdr.report.terms import definitions
from cdr.report.words import Words

_PUBLIC: tuple[Callable[[Gathered, Cells], Table | None], ...] = (
    of_calls.comparison,
    of_calls.lines,
    of_calls.numbers,
    of_calls.outcomes,
    of_calls.durations,
    of_calls.level,
    of_time.months,
    of_time.days,
    of_time.weekdays,
    of_time.hours,
    of_content.topics,
    of_content.topics_detail,
    of_content.handled,
    of_content.channels,
    of_content.request_topics,
    of_content.statuses,
    of_content.routes,
    of_content.unserved,
    of_content.repeats,
    of_content.announcements,
    of_house.safety,
)
_HOUSE: tuple[Callable[[Gathered, Cells], Table | None], ...] = (
    of_time.grid,
    lambda given, cells: of_house.unanswered(given, cells, given.figures.scope.zone),
    of_house.menus,
    of_house.passes,
    of_house.rules,
    of_house.led_by,
)


@dataclass(frozen=True, slots=True)
class Wanted:
    """How the report is wanted. `threshold` is that of the public variant; None makes the one for the house."""

    language: str
    threshold: int | None = None


def compose(given: Gathered, wanted: Wanted) -> Report:
    """Make the report. Raises `UnknownLanguage`."""
    words = Words(wanted.language)
    is_public = wanted.threshold is not None
    cells = Cells(words)
    made = [make(given, cells) for make in (_PUBLIC if is_public else (*_PUBLIC, *_HOUSE))]
    tables = [one for one in made if one is not None]
    if wanted.threshold is not None:
        tables = [published(one) for one in tables]
        sums = [*of_calls.outcome_sums(), *of_content.topic_sums(given), *of_content.route_sums(given)]
        tables = list(hide(tables, hidden_keys(tables, wanted.threshold, sums)))
    named = {one.id: one for one in tables}
    sections = _sections(given, Facts(words, named), named, is_public=is_public)
    shown = {table.term for section in sections for table in section.tables if table.term}
    return Report(
        language=words.language,
        service=given.names.service,
        title=words.say("Calls to {number}", number=given.names.numbers),
        period=_period(given, words),
        first=given.span.first,
        last=given.span.last,
        made=given.figures.at,
        threshold=wanted.threshold or 0,
        notes=_notes(given, words, wanted.threshold),
        sections=sections,
        definitions=definitions(words, shown | {"call"}),
    )


def _period(given: Gathered, words: Words) -> str:
    if given.span.is_month:
        return words.month(given.span.first)
    return f"{words.numeric_day(given.span.first)} – {words.numeric_day(given.span.last)}"


def _notes(given: Gathered, words: Words, threshold: int | None) -> tuple[str, ...]:
    at: datetime = given.figures.at.astimezone(given.figures.scope.zone)
    notes = [words.say("Made on {moment} from the call records of the telephone exchange.", moment=words.moment(at))]
    if given.names.rules_version:
        notes.append(words.say("Version of the routing rules: {version}.", version=given.names.rules_version))
    if threshold:
        notes.append(
            words.say(
                "Numbers under {n}, and those from which they would follow, are not shown; a dot stands in their place.",
                n=threshold,
            )
        )
    return tuple(notes)


def _sections(given: Gathered, facts: Facts, tables: dict[str, Table], *, is_public: bool) -> tuple[Section, ...]:
    words = facts.words
    drawn = {one.id: one for one in pictures.drawn(given, words, tables)}

    def section(
        name: str,
        title: str,
        of_tables: str,
        of_charts: str = "",
        told: tuple[str, ...] = (),
        bigs: tuple[Big, ...] = (),
    ) -> Section:
        charts: tuple[Chart, ...] = tuple(drawn[one] for one in of_charts.split() if one in drawn)
        found = tuple(tables[one] for one in of_tables.split() if one in tables)
        return Section(name, title, told, bigs, charts, found)

    made = (
        section(
            "summary", words.say("In brief"), "comparison", "", sentences.summary(given, facts), pictures.bigs(facts)
        ),
        section("lines", words.say("Where the calls went"), "lines numbers routes", "lines"),
        section(
            "topics",
            words.say("What it was about"),
            "topics topics_detail handled",
            "topics_detail" if "topics_detail" in tables else "topics",
        ),
        section("requests", words.say("Requests"), "channels request_topics statuses", "request_topics channels"),
        section(
            "time",
            words.say("When people call"),
            "months days weekdays hours hours_of_week",
            "months hours_of_week days weekdays hours",
            sentences.busiest(given, facts),
        ),
        section("outcomes", words.say("How the calls ended"), "outcomes durations service_level", "outcomes"),
        section("safety", words.say("Emergency lines"), "safety unanswered", "safety"),
        section("closed", words.say("Outside opening hours"), "unserved", "", sentences.closed(given, facts)),
        section("more", words.say("Announcements and calling again"), "announcements repeats"),
        section("house", words.say("For the house"), "menus passes led_by rules"),
        section(
            "quality",
            words.say("How sure the figures are"),
            "",
            "",
            sentences.quality(given, words, is_public=is_public),
        ),
    )
    return tuple(one for one in made if one.sentences or one.tables or one.charts)
