"""Writes a report as Markdown, JSON or CSV. PURE.

Rule 1: ids, keys and values are the same in every language and release; titles and texts are for people.
Rule 2: what is hidden has the value null and `"hidden": true`, in CSV an empty value and `hidden` 1.
"""

import csv
import io
import json
from collections.abc import Iterator

from cdr.report.model import Cell, Column, Report, Row, Table
from cdr.report.words import Words
from cdr.spreadsheets import harmless

_CSV = ("section", "table", "row", "column", "title", "value", "text", "hidden")


def to_json(report: Report) -> str:
    """Give the report as one JSON object."""
    return json.dumps(_plain(report), ensure_ascii=False, indent=2) + "\n"


def _plain(report: Report) -> dict[str, object]:
    return {
        "service": report.service,
        "title": report.title,
        "period": report.period,
        "first": report.first.isoformat(),
        "last": report.last.isoformat(),
        "made": report.made.isoformat(),
        "language": report.language,
        "threshold": report.threshold or None,
        "notes": list(report.notes),
        "sections": [
            {
                "id": one.id,
                "title": one.title,
                "sentences": list(one.sentences),
                "tables": [_plain_table(table) for table in one.tables],
            }
            for one in report.sections
        ],
        "definitions": [{"id": one.id, "word": one.word, "meaning": one.meaning} for one in report.definitions],
    }


def _plain_table(table: Table) -> dict[str, object]:
    return {
        "id": table.id,
        "caption": table.caption,
        "columns": [{"key": one.key, "title": one.title} for one in table.columns],
        "rows": [
            {
                "key": row.key,
                "title": row.cells[0].text,
                "total": row.is_total,
                "cells": {column.key: _plain_cell(cell) for column, cell in zip(table.columns, row.cells, strict=True)},
            }
            for row in table.rows
        ],
    }


def _plain_cell(cell: Cell) -> object:
    return {"value": None, "hidden": True} if cell.hidden else cell.value


def to_csv(report: Report) -> str:
    """Give every cell of every table as one line; with a byte order mark, so that office programs read its letters."""
    out = io.StringIO()
    out.write("\ufeff")
    rows = csv.writer(out, lineterminator="\r\n")
    rows.writerow(_CSV)
    for section, table, row, column, cell in _cells(report):
        value = "" if cell.value is None else cell.value
        texts = (section, table.id, row.key, column.key, row.cells[0].text, value, cell.text)
        safe = (harmless(one) if isinstance(one, str) else one for one in texts)
        rows.writerow([*safe, int(cell.hidden)])
    return out.getvalue()


def _cells(report: Report) -> Iterator[tuple[str, Table, Row, Column, Cell]]:
    for section in report.sections:
        for table in section.tables:
            for row in table.rows:
                for column, cell in zip(table.columns[1:], row.cells[1:], strict=True):
                    yield section.id, table, row, column, cell


def to_markdown(report: Report) -> str:
    """Give the report as Markdown, without pictures."""
    words = Words(report.language)
    lines = [f"# {_flat(report.title)}", "", _flat(report.service), "", f"**{_flat(report.period)}**", ""]
    for section in report.sections:
        lines += [f"## {_flat(section.title)}", ""]
        for text in section.sentences:
            lines += [_flat(text), ""]
        for table in section.tables:
            lines += _markdown_table(table)
    lines += [f"## {words.say('What the words mean')}", ""]
    lines += [f"- **{_flat(one.word)}.** {_flat(one.meaning)}" for one in report.definitions]
    lines += ["", *(f"{_flat(one)}  " for one in report.notes)]
    return "\n".join(lines) + "\n"


def _markdown_table(table: Table) -> list[str]:
    lines = [f"### {_flat(table.caption)}", "", _line([one.title for one in table.columns])]
    lines.append("|" + "|".join(" ---: " if one.is_number else " --- " for one in table.columns) + "|")
    for row in table.rows:
        texts = [cell.text for cell in row.cells]
        lines.append(_line([f"**{one}**" if row.is_total and one else one for one in texts]))
    return [*lines, ""]


def _line(texts: list[str]) -> str:
    return "| " + " | ".join(_flat(text).replace("|", "\\|") for text in texts) + " |"


def _flat(text: str) -> str:
    """Keep a text on its line, and its signs from meaning anything in Markdown."""
    return text.replace("\n", " ").replace("\r", " ").replace("<", "&lt;")
