"""`ivr report`: the monthly report of a service, as a page, a PDF, text, or data."""

import calendar
from datetime import date
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from cdr.report.gathered import Span
from ivr.cli.records_options import DEFAULT_STORE, StorePlace, chatter
from ivr.cli.rule_options import DEFAULT_RULES, RulesFile
from ivr.cli.start import now
from ivr.cli.whole_file import STANDARD_OUTPUT, whole_file
from ivr.errors import OperatorError
from ivr.routing.rules import Ruleset, Service
from ivr.rulebook.read import read, years_around
from ivr.vocabulary import ServiceId

LARGEST_THRESHOLD = 1000


class Form(StrEnum):
    """How the report is written."""

    HTML = "html"
    PDF = "pdf"
    MD = "md"
    JSON = "json"
    CSV = "csv"


def report_command(
    service: Annotated[str, typer.Option(envvar="IVR_SERVICE", help="The service, by its name in the rules.")],
    month: Annotated[
        str, typer.Option(envvar="IVR_MONTH", help="A month, or a span of months or days: 2026-01..2026-06.")
    ],
    language: Annotated[
        str, typer.Option(envvar="IVR_REPORT_LANGUAGE", help="lv, uk, bg, ru or en; default the service's first one.")
    ] = "",
    form: Annotated[Form, typer.Option("--format", envvar="IVR_REPORT_FORMAT", help="How it is written.")] = Form.HTML,
    public: Annotated[
        bool, typer.Option("--public", help="For publication: without small numbers and single calls.")
    ] = False,
    threshold: Annotated[
        int, typer.Option(min=2, max=LARGEST_THRESHOLD, help="In public, numbers under this are not shown.")
    ] = 5,
    out: Annotated[Path, typer.Option("-o", "--out", help="The file; - is standard output.")] = STANDARD_OUTPUT,
    seconds: Annotated[int, typer.Option(min=1, max=600, help="What “answered in time” means.")] = 20,
    store: StorePlace = DEFAULT_STORE,
    rules: RulesFile = DEFAULT_RULES,
) -> None:
    """Write the report of a service: figures in words, pictures, tables and what they mean, in one self-contained page.

    Example: ivr report --service kekava --month 2026-10 --public -o kekava-2026-10.html
    """
    from ivr.cli.report_written import Wish, written_report  # noqa: PLC0415 - it draws: no other command waits for that

    span = span_of(month)
    at = now()
    found = read(rules, years=years_around(at.year))
    wish = Wish(_service(found, service), span, language, form.value, threshold if public else None, seconds)
    written = written_report(store, found, wish, at)
    with whole_file(out) as file:
        file.write(written)
    if out != STANDARD_OUTPUT:
        chatter().print(f"{out}: {len(written) // 1024 + 1} kB", soft_wrap=True)


def span_of(text: str) -> Span:
    """Read `2026-10`, `2026-01..2026-06` or `2019-07-25..2020-05-24` as local days, both included."""
    first, dots, last = text.partition("..")
    try:
        begins = date.fromisoformat(first if len(first) == 10 else f"{first}-01")
        ends = _last_day(last if dots else first)
    except ValueError as error:
        expected = "a month such as 2026-10, or a span such as 2026-01..2026-06 or 2026-10-05..2026-10-11"
        raise typer.BadParameter(f"--month {text!r}: expected {expected}") from error
    if ends < begins:
        raise typer.BadParameter(f"--month {text!r}: it ends before it begins")
    return Span(begins, ends)


def _last_day(text: str) -> date:
    if len(text) == 10:
        return date.fromisoformat(text)
    first = date.fromisoformat(f"{text}-01")
    return first.replace(day=calendar.monthrange(first.year, first.month)[1])


def _service(rules: Ruleset, name: str) -> Service:
    found = rules.services.get(ServiceId(name))
    if found is None:
        raise OperatorError(f"there is no service {name!r} in the rules; choose one of: {', '.join(rules.services)}")
    return found
