"""Figures as plain values for JSON. PURE.

Rule 1: durations are seconds, instants and days ISO 8601, words their texts. Shares that a figure can tell are there too.
"""

from dataclasses import fields, is_dataclass
from datetime import date, datetime, timedelta
from enum import Enum
from typing import Any
from zoneinfo import ZoneInfo

from cdr.record.as_json import seconds


def plain(figure: object) -> Any:  # noqa: ANN401 - as JSON is
    """Give the plain values of a figure; what is plain already stays as it is."""
    match figure:
        case datetime() | date():
            return figure.isoformat()
        case timedelta():
            return seconds(figure)
        case Enum():
            return figure.value
        case ZoneInfo():
            return figure.key
        case tuple() | list():
            return [plain(one) for one in figure]
        case _ if is_dataclass(figure):
            return {name: plain(getattr(figure, name)) for name in _names(type(figure))}
        case _:
            return figure


def _names(kind: type) -> list[str]:
    told = [name for name, value in vars(kind).items() if isinstance(value, property)]
    return [*(one.name for one in fields(kind)), *told]
