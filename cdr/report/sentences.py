"""The report's sentences: its figures in words, as a municipality tells them to its citizens. PURE.

Rule 1: names are not inflected: they stand in lists or alone, because no catalogue can bend a municipality's own names.
Rule 2: a sentence whose figure does not show is left out.
"""

from collections.abc import Iterator

from cdr.report.facts import Facts
from cdr.report.gathered import Gathered, Span
from cdr.report.model import Cell, Row
from cdr.report.tables_content import BELOW
from cdr.report.words import Words, sentence

NAMED = 5  # topics that the summary names


def when(words: Words, span: Span) -> str:
    """Write when: `in March 2024`, or from which day to which."""
    if span.is_month:
        return words.in_month(span.first)
    return words.say("from {first} to {last}", first=words.numeric_day(span.first), last=words.numeric_day(span.last))


def summary(given: Gathered, facts: Facts) -> tuple[str, ...]:
    """Give the paragraphs at the top of the page."""
    if facts.count("outcomes", "total") is None:
        return (facts.words.say("There were too few calls to show any figure."),)
    parts = (
        [*_called(given, facts), *_changes(facts), *_growth(given, facts)],
        [*_lines(facts), *_reached(facts)],
        [*_topics(facts)],
        [*_requests(facts)],
    )
    return tuple(" ".join(map(sentence, part)) for part in parts if part)


def _called(given: Gathered, facts: Facts) -> Iterator[str]:
    words = facts.words
    yield words.count(
        "{when}, citizens called {number} {n} time.",
        "{when}, citizens called {number} {n} times.",
        facts.count("outcomes", "total") or 0,
        when=when(words, given.span),
        number=given.names.numbers,
    )


def _lines(facts: Facts) -> Iterator[str]:
    lines = [f"{row.cells[0].text} – {cell.text}" for row, cell in facts.rows("lines") if cell.value and row.key]
    if 1 < len(lines) <= NAMED and facts.has_all("lines"):
        yield facts.words.say("By line: {list}.", list=facts.words.together(lines))


def _changes(facts: Facts) -> Iterator[str]:
    words = facts.words
    for column, more, less, same in (
        (
            "before",
            words.say("That is {percent} more than in the month before."),
            words.say("That is {percent} less than in the month before."),
            words.say("That is as many as in the month before."),
        ),
        (
            "year",
            words.say("Compared with the same month a year before it is {percent} more."),
            words.say("Compared with the same month a year before it is {percent} less."),
            words.say("It is as many as in the same month a year before."),
        ),
    ):
        cell = facts.cell("comparison", "calls", f"{column}_change")
        if cell is None or not isinstance(cell.value, int | float):
            continue
        text = more if cell.value > 0 else less if cell.value < 0 else same
        yield text.format(percent=words.percent(abs(cell.value), 0))


def _growth(given: Gathered, facts: Facts) -> Iterator[str]:
    """Tell of the busiest month, where the report covers several."""
    counts = [(row, cell) for row, cell in facts.rows("months") if isinstance(cell.value, int)]
    if given.span.is_within_month or len(counts) < 2:
        return
    row, most = max(counts, key=_second)
    yield facts.words.say("The busiest month: {month}, {n}.", month=row.cells[0].text, n=most.text)


def own(title: str) -> str:
    """Give a topic's own name, without that of the topic above it."""
    return title.rpartition(BELOW)[2]


def _second(pair: tuple[Row, Cell]) -> float:
    value = pair[1].value
    return float(value) if isinstance(value, int | float) else 0.0


def _reached(facts: Facts) -> Iterator[str]:
    words = facts.words
    share, half = facts.cell("outcomes", "answered", "share"), facts.cell("durations", "answer", "p50")
    if share is not None and half is not None:
        yield words.say(
            "{percent} of the callers talked with a person; half of them were answered within {duration}.",
            percent=share.text,
            duration=half.text,
        )


def _requests(facts: Facts) -> Iterator[str]:
    words = facts.words
    advised = facts.count("handled", "consulted")
    if advised:
        yield words.count("{n} caller was advised at once.", "{n} callers were advised at once.", advised)
    number = facts.count("channels", "total")
    if number is None:
        return
    yield words.count("{n} request was registered for handling.", "{n} requests were registered for handling.", number)
    ways = [f"{row.cells[0].text} – {cell.text}" for row, cell in facts.rows("channels", "share")]
    if len(ways) > 1 and facts.has_all("channels"):
        yield words.say("They came by: {list}.", list=words.together(ways))
    done, going = facts.cell("statuses", "done", "share"), facts.cell("statuses", "in_progress", "share")
    if done is not None and going is not None:
        yield words.say("Of the requests {done} are done and {going} in progress.", done=done.text, going=going.text)


def _topics(facts: Facts) -> Iterator[str]:
    words = facts.words
    detailed = facts.rows("topics_detail", "share") or facts.rows("topics", "share")
    about = [f"{own(row.cells[0].text)} – {cell.text}" for row, cell in detailed if cell.value and row.key]
    if about:
        yield words.say("Most often people asked about: {list}.", list=words.together(about[:NAMED]))


def closed(given: Gathered, facts: Facts) -> tuple[str, ...]:
    """Tell of calls outside opening hours."""
    words, number = facts.words, facts.count("unserved", "total")
    if number is None:
        return () if given.figures.unserved.calls else (words.say("Nobody was left unserved because of closed hours."),)
    return (
        words.count(
            "{n} caller asked for something that was closed and reached nobody.",
            "{n} callers asked for something that was closed and reached nobody.",
            number,
        ),
    )


def busiest(given: Gathered, facts: Facts) -> tuple[str, ...]:
    """Tell the busiest weekday and hour, each by itself."""
    words = facts.words
    found = []
    for table, text in (
        ("weekdays", words.say("The busiest day of the week: {name}.")),
        ("hours", words.say("The busiest hour of the day: {name}.")),
    ):
        rows = facts.rows(table)
        if rows and given.figures.volume.calls:
            found.append(text.format(name=max(rows, key=_second)[0].cells[0].text))
    return tuple(found)


def quality(given: Gathered, words: Words, *, is_public: bool) -> tuple[str, ...]:
    """Tell how far the figures can be trusted; gaps are named, never hidden. In public without small numbers."""
    found = given.figures.quality
    told = list(_gaps(given, words, is_public=is_public))
    if found.silent_days:
        told.append(words.count("On {n} day no call came.", "On {n} days no call came.", len(found.silent_days)))
    if found.quarantined and not is_public:
        told.append(
            words.count(
                "{n} piece of the journal could not be read.",
                "{n} pieces of the journal could not be read.",
                found.quarantined,
            )
        )
    return tuple(told) or (words.say("The records have no known gap."),)


def _gaps(given: Gathered, words: Words, *, is_public: bool) -> Iterator[str]:
    found = given.figures.quality
    lost = found.pbx_lost + found.journal_gap
    if is_public and (lost or found.open):
        yield words.say("The end of some calls is not recorded.")
    elif lost:
        yield words.count("The end of {n} call is not recorded.", "The end of {n} calls is not recorded.", lost)
    if lost:
        days = words.together(words.numeric_day(day) for day in found.lost_days)
        yield words.say("Days with such gaps: {days}.", days=days)
    if found.open and not is_public:
        yield words.count("{n} call is not over yet.", "{n} calls are not over yet.", found.open)
    if found.stepped and not is_public:
        yield words.count(
            "During {n} call the clock of the exchange was set; its durations are right all the same.",
            "During {n} calls the clock of the exchange was set; their durations are right all the same.",
            found.stepped,
        )
