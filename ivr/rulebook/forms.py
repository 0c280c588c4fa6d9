"""The forms of single values in the rules: names, prompts, numbers, instants, spans. Building stones of the schema."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Annotated, TypeAlias
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, BeforeValidator, StringConstraints

from ivr.rulebook.public_holidays import is_country


@dataclass(frozen=True, slots=True)
class Ref:
    """Marks a field whose value is a name of `section`, a key of the file's top level."""

    section: str


def _is_zone(value: str) -> str:
    try:
        ZoneInfo(value)
    except (KeyError, ValueError, OSError):  # unknown, not a name at all, a folder of the time zone database
        raise ValueError("is not a time zone") from None
    return value


def _is_country(value: str) -> str:
    if not is_country(value):
        raise ValueError("is not a country whose public holidays are known")
    return value


def _is_span(value: str) -> str:
    start, _, end = value.partition("-")
    if start == end:
        raise ValueError("begins and ends at the same time")
    return value


def _is_date(value: str) -> str:
    try:
        date.fromisoformat(value)
    except ValueError:
        raise ValueError("is no day of the calendar") from None
    return value


def _is_instant(value: str) -> str:
    try:
        datetime.fromisoformat(value)
    except ValueError:
        raise ValueError("is no instant of the calendar") from None
    return value


def one_or_more(value: object) -> object:
    """Widen a single text to a list of one."""
    return [value] if isinstance(value, str) else value


Name: TypeAlias = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9-]{0,59}$")]
LanguageCode: TypeAlias = Annotated[str, StringConstraints(pattern=r"^[a-z]{2}$")]
Title: TypeAlias = dict[LanguageCode, Annotated[str, StringConstraints(min_length=1, max_length=100)]]
Words: TypeAlias = dict[LanguageCode, Annotated[str, StringConstraints(min_length=1, max_length=1000)]]
Reason: TypeAlias = Annotated[str, StringConstraints(min_length=1, max_length=200)]
Prompt: TypeAlias = Annotated[str, StringConstraints(pattern=r"^[a-z0-9-]+(/[a-z0-9-]+)*$", max_length=100)]
Number: TypeAlias = Annotated[str, StringConstraints(pattern=r"^\+?[0-9][0-9 -]{0,18}[0-9]$")]
Pattern: TypeAlias = Annotated[str, StringConstraints(pattern=r"^\+?[0-9][0-9 -]{0,18}\*?$")]
PhoneKey: TypeAlias = Annotated[str, StringConstraints(pattern=r"^[0-9*#]$")]
Keys: TypeAlias = Annotated[str, StringConstraints(pattern=r"^[0-9*#]{0,20}$")]
Extension: TypeAlias = Annotated[str, StringConstraints(pattern=r"^[0-9]{2,6}$")]
TopicCode: TypeAlias = Annotated[str, StringConstraints(pattern=r"^[0-9]{1,4}$")]
Zone: TypeAlias = Annotated[str, AfterValidator(_is_zone)]
Country: TypeAlias = Annotated[str, AfterValidator(_is_country)]
DateText: TypeAlias = Annotated[
    str, StringConstraints(pattern=r"^[12][0-9]{3}-[01][0-9]-[0-3][0-9]$"), AfterValidator(_is_date)
]
InstantText: TypeAlias = Annotated[
    str,
    StringConstraints(pattern=r"^[12][0-9]{3}-[01][0-9]-[0-3][0-9] [0-2][0-9]:[0-5][0-9]$"),
    AfterValidator(_is_instant),
]
_SPAN = r"^([01][0-9]|2[0-3]):[0-5][0-9]-(([01][0-9]|2[0-3]):[0-5][0-9]|24:00)$"
SpanText: TypeAlias = Annotated[str, StringConstraints(pattern=_SPAN), AfterValidator(_is_span)]
Spans: TypeAlias = Annotated[list[SpanText], BeforeValidator(one_or_more)]
