"""Makes the report that `ivr report` asks for.

Rule 1: what composes and draws takes long to load, and is loaded while the figures are read.
"""

import asyncio
from dataclasses import dataclass
from datetime import datetime
from importlib import import_module

from cdr.report import pdf
from cdr.report.gather import Asked, gather
from cdr.report.gathered import Gathered, Span
from cdr.report.model import Report
from cdr.report.words import Words
from cdr.store.store import Store
from ivr.cli.records_options import chatter, with_store
from ivr.cli.report_names import names_of, safety_lines
from ivr.routing.rules import Ruleset, Service

COMPOSES = "cdr.report.compose"


@dataclass(frozen=True, slots=True)
class Wish:
    """What the command asks for. `language` `""` is the service's first; `threshold` None is the report for the house."""

    service: Service
    span: Span
    language: str
    form: str
    threshold: int | None
    seconds: int


def written_report(store: str, rules: Ruleset, wish: Wish, at: datetime) -> bytes:
    """Give the report as it is to be written. Raises the errors of the store and of `cdr.report.errors`."""
    language = wish.language or str(wish.service.languages[0])
    Words(language)  # an unknown language is told before anything is read
    program = pdf.browser() if wish.form == "pdf" else ""
    service, span = wish.service, wish.span
    names = names_of(rules, service, language)
    asked = Asked(str(service.id), span, service.zone, names, safety_lines(rules), wish.seconds)

    async def work(opened: Store) -> Gathered:
        read, _ = await asyncio.gather(gather(opened, asked, at), asyncio.to_thread(import_module, COMPOSES))
        return read

    found = with_store(store, work)
    if not found.figures.volume.calls:
        told = f"{service.id} had no calls from {span.first} to {span.last}; the report says so"
        chatter().print(told, soft_wrap=True)
    from cdr.report.compose import Wanted, compose  # noqa: PLC0415 - rule 1

    return _in_form(compose(found, Wanted(language, wish.threshold)), wish.form, program)


def _in_form(report: Report, form: str, program: str) -> bytes:
    from cdr.report import page, text_forms  # noqa: PLC0415 - rule 1

    match form:
        case "pdf":
            return pdf.to_pdf(page.to_html(report), program)
        case "md":
            return text_forms.to_markdown(report).encode()
        case "json":
            return text_forms.to_json(report).encode()
        case "csv":
            return text_forms.to_csv(report).encode()
        case _:
            return page.to_html(report).encode()
