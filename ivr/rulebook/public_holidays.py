"""The public holidays of a country, from the `holidays` library, with their names in the country's language.

Rule 1: a country may have none: the library gives none for Ukraine after March 2022, because they are working days
under martial law. That is a fact to be shown, not an error.
"""

from datetime import date
from functools import cache

import holidays
from holidays.registry import COUNTRIES

CODES = frozenset(names[1] for names in COUNTRIES.values())
"""The ISO 3166 codes of the library's countries. Its own list of them would load all 250 calendars."""


def is_country(code: str) -> bool:
    """Tell whether the library knows the country with this ISO 3166 code, such as `LV`; its other names do not count."""
    return code in CODES


@cache
def public_holidays(code: str, years: range) -> dict[date, str]:
    """Return the days on which offices of the country are closed in `years`, in order, with their local names.

    All hours of a country share one value; nobody changes it.

    Days off that replace a holiday on a weekend are among them. The library must know the country: the schema asks
    `is_country` before, and names the line of the rules where it does not.
    """
    language = holidays.country_holidays(code, years=[]).default_language  # else the host's locale would decide
    found = holidays.country_holidays(code, years=years, language=language)
    return dict(sorted(found.items()))
