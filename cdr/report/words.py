"""The report's language: its sentences, numbers, dates and plural forms.

Rule 1: texts in the code are English; the catalogues under `locale/` hold the other languages. English has none.
Rule 2: a catalogue is compiled when it is first used, in memory, so that no built file can be older than its text.
"""

from collections.abc import Iterable
from datetime import date, datetime
from functools import cache, lru_cache
from gettext import GNUTranslations, NullTranslations
from io import BytesIO
from pathlib import Path

from babel import Locale
from babel.dates import format_date
from babel.lists import format_list
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.numbers import format_decimal, format_percent

from cdr.report.errors import UnknownLanguage

LANGUAGES = ("en", "lv", "uk", "bg", "ru")
REMEMBERED = 4096  # numbers that need not be written again: in long tables many are the same
CATALOGUES = Path(__file__).with_name("locale")
_NUMERIC = {"en": "d MMMM y", "lv": "dd.MM.yyyy.", "bg": "dd.MM.yyyy 'г.'"}
_IN_MONTH = (
    "in January {year}",
    "in February {year}",
    "in March {year}",
    "in April {year}",
    "in May {year}",
    "in June {year}",
    "in July {year}",
    "in August {year}",
    "in September {year}",
    "in October {year}",
    "in November {year}",
    "in December {year}",
)


class Words:
    """One language. `language` is one of `LANGUAGES`; raises `UnknownLanguage`."""

    def __init__(self, language: str) -> None:
        if language not in LANGUAGES:
            raise UnknownLanguage.of(language, LANGUAGES)
        self.language = language
        self._locale = Locale.parse(language)
        self._texts = _catalogue(language)
        self._decimal = lru_cache(maxsize=REMEMBERED)(format_decimal)

    def say(self, text: str, /, **values: object) -> str:
        """Give a text in this language, its `{names}` filled in."""
        said = self._texts.gettext(text)
        return said.format(**values) if values else said

    def count(self, one: str, many: str, number: int, /, **values: object) -> str:
        """Give the form of a text that fits a number, which stands in it as `{n}`."""
        return self._texts.ngettext(one, many, number).format(n=self.number(number), **values)

    def number(self, value: float, digits: int = 0) -> str:
        """Write a number with so many digits after the point."""
        pattern = "#,##0" + ("." + "0" * digits if digits else "")
        return self._decimal(round(value, digits), pattern, locale=self._locale)

    def signed(self, value: float) -> str:
        """Write a change: with its sign."""
        return self.number(0) if value == 0 else ("+" if value > 0 else "−") + self.number(abs(value))

    def percent(self, share: float, digits: int = 1) -> str:
        """Write a share of one as per cent."""
        return format_percent(share, "#,##0" + ("." + "0" * digits if digits else "") + "\u00a0%", locale=self._locale)

    def signed_percent(self, share: float) -> str:
        """Write a change in per cent, with its sign and without digits after the point."""
        return ("+" if share > 0 else "−" if share < 0 else "") + self.percent(abs(share), 0)

    def duration(self, seconds: float) -> str:
        """Write a duration: seconds under two minutes, else minutes and seconds, else hours and minutes."""
        if seconds < 10:
            return self.say("{s} s", s=self.number(seconds, 1))
        whole = round(seconds)
        if whole < 120:
            return self.say("{s} s", s=whole)
        if whole < 7200:
            return self.say("{m} min {s} s", m=whole // 60, s=whole % 60)
        return self.say("{h} h {m} min", h=self.number(whole // 3600), m=whole % 3600 // 60)

    def day(self, day: date) -> str:
        """Write a date, as in `31 March 2024`."""
        return format_date(day, "long", locale=self._locale)

    def numeric_day(self, day: date) -> str:
        """Write a date so that it fits into any sentence: with numbers alone where words would have to be bent."""
        return format_date(day, _NUMERIC.get(self.language, "dd.MM.yyyy"), locale=self._locale)

    def moment(self, at: datetime) -> str:
        """Write a local time with its date: `31.03.2024 14:05`."""
        return f"{at:%d.%m.%Y %H:%M}"

    def month(self, day: date) -> str:
        """Write a month by itself, as in `March 2024`."""
        if self.language == "lv":
            return format_date(day, "y. 'gada' LLLL", locale=self._locale)
        written = format_date(day, "LLLL y", locale=self._locale)
        return written[:1].upper() + written[1:]

    def short_month(self, day: date) -> str:
        """Write a month for a chart, as in `Mar`."""
        return format_date(day, "LLL", locale=self._locale).rstrip(".")

    def in_month(self, day: date) -> str:
        """Write when: `in March 2024`."""
        return self.say(_IN_MONTH[day.month - 1], year=day.year)

    def weekday(self, number: int, *, wide: bool = False) -> str:
        """Give the name of a weekday, short or whole; Monday is 0."""
        name = str(self._locale.days["stand-alone"]["wide" if wide else "abbreviated"][number])
        return name if self.language == "en" else name.lower().rstrip(".")

    def together(self, parts: Iterable[str]) -> str:
        """Write a list: `a, b and c`."""
        return format_list(list(parts), locale=self._locale)


def sentence(text: str) -> str:
    """Begin a text with a capital letter."""
    return text[:1].upper() + text[1:]


def catalogue_of(language: str) -> Path:
    """Give the place of a language's catalogue."""
    return CATALOGUES / language / "LC_MESSAGES" / "report.po"


@cache
def _catalogue(language: str) -> NullTranslations:
    if language == "en":
        return NullTranslations()
    with catalogue_of(language).open("rb") as file:
        read = read_po(file, locale=language)
    built = BytesIO()
    write_mo(built, read)
    built.seek(0)
    return GNUTranslations(built)
