"""Stores with the calls of the reference journals, and reports of them."""

import asyncio
import gc
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TypeVar
from zoneinfo import ZoneInfo

from cdr.cases.cases import read_cases
from cdr.cases.store import put_cases
from cdr.recorder import ingest_once
from cdr.reference.__main__ import write
from cdr.report.compose import Wanted, compose
from cdr.report.gather import Asked, gather
from cdr.report.gathered import Gathered, Span
from cdr.report.model import Report
from cdr.store.store import Store
from ivr.cli.report_names import names_of, safety_lines
from ivr.rulebook.read import read
from ivr.vocabulary import ServiceId

Made = TypeVar("Made")
AT = datetime(2026, 11, 22, 12, tzinfo=UTC)
RULES = Path(__file__).parents[2] / "routing_rules.yaml"
TEN_MONTHS = Span(date(2019, 7, 25), date(2020, 5, 24))
APRIL = Span(date(2020, 4, 1), date(2020, 4, 30))
MARCH = Span(date(2024, 3, 1), date(2024, 3, 31))


def alone(work: Callable[[], Made]) -> Made:
    """Do something in a thread of its own: a browser that is driven here already has this one's event loop."""
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(work).result()


def store_of(town: str, directory: Path) -> Path:
    """Make a town's journal and bring it into a store; give the store's place."""
    journal, *others = write(town, directory)
    place = directory / f"{town}.sqlite3"

    async def fill() -> None:
        async with await Store(place).open() as store:
            await ingest_once(journal, store)
            for path in others:
                text = path.read_text(encoding="utf-8")
                cases, wrong = read_cases(text, json_lines=False, zone=ZoneInfo("UTC"))
                assert not wrong
                async with store.writing() as connection:
                    await put_cases(connection, "reference", cases)

    gc.disable()  # a call makes no circles, and a process of tests holds much that would be looked at again and again
    try:
        alone(lambda: asyncio.run(fill()))
    finally:
        gc.enable()
    journal.unlink()
    return place


def gathered(place: Path, service: str, span: Span, language: str = "en") -> Gathered:
    """Read what a report of a service tells."""
    rules = read(RULES, years=range(2019, 2028))
    one = rules.services[ServiceId(service)]
    asked = Asked(service, span, one.zone, names_of(rules, one, language), safety_lines(rules))

    async def work() -> Gathered:
        async with await Store(place).open(create=False) as store:
            return await gather(store, asked, AT)

    return alone(lambda: asyncio.run(work()))


def report(place: Path, service: str, span: Span, language: str = "en", threshold: int | None = None) -> Report:
    """Make a report of a service."""
    return compose(gathered(place, service, span, language), Wanted(language, threshold))


def count(made: Report, table: str, row: str, column: str = "count") -> object:
    """Give a value of a report's table."""
    for section in made.sections:
        for one in section.tables:
            cell = one.cell(row, column) if one.id == table else None
            if cell is not None:
                return cell.value
    raise AssertionError(f"the report has no {table}/{row}/{column}")
