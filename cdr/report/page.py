"""Writes a report as one HTML page that needs nothing beside itself. PURE apart from reading its own template.

Rule 1: every text is escaped; only the drawings of `cdr.report.charts_svg` are taken as they are.
Rule 2: no script, no font, no picture from elsewhere; the page's own policy forbids them.
"""

from collections import defaultdict
from dataclasses import dataclass
from functools import cache

from jinja2 import Environment, PackageLoader, StrictUndefined, Template
from markupsafe import Markup

from cdr.report.model import Big, Chart, Report, Section, Table
from cdr.report.words import Words

_TEMPLATES = "templates"
BESIDE, NARROW = 4, 3  # columns of a table that has room beside a picture, beside another table


@dataclass(frozen=True, slots=True)
class _Shown:
    """One section as the page shows it: pictures beside their tables, other pictures, other tables."""

    id: str
    title: str
    sentences: tuple[str, ...]
    bigs: tuple[Big, ...]
    pairs: list[tuple[Chart, Table]]
    charts: list[Chart]
    narrow: list[Table]
    wide: list[Table]


def to_html(report: Report) -> str:
    """Give the whole page."""
    page, style = _templates()
    marks: dict[str, int] = defaultdict(int)
    marks.update({one.id: number for number, one in enumerate(report.definitions, 1)})
    sections = [one for one in map(_shown, report.sections) if _has_anything(one)]
    style_text = Markup(style)  # noqa: S704 - our own style sheet
    return page.render(report=report, sections=sections, style=style_text, marks=marks, say=Words(report.language).say)


def _shown(section: Section) -> _Shown:
    tables = {one.id: one for one in section.tables if not one.is_quiet}
    pairs = [
        (chart, tables.pop(chart.id))
        for chart in section.charts
        if chart.id in tables and len(tables[chart.id].columns) <= BESIDE
    ]
    paired = {chart.id for chart, _ in pairs}
    alone = [one for one in section.charts if one.id not in paired]
    narrow = [one for one in tables.values() if len(one.columns) <= NARROW]
    wide = [one for one in tables.values() if len(one.columns) > NARROW]
    return _Shown(section.id, section.title, section.sentences, section.bigs, pairs, alone, narrow, wide)


def _has_anything(one: _Shown) -> bool:
    return bool(one.sentences or one.bigs or one.pairs or one.charts or one.narrow or one.wide)


@cache
def _templates() -> tuple[Template, str]:
    loader = PackageLoader("cdr.report", _TEMPLATES)
    environment = Environment(loader=loader, autoescape=True, undefined=StrictUndefined, trim_blocks=False)
    style, _, _ = loader.get_source(environment, "report.css")
    return environment.get_template("report.html.j2"), style
