"""The countries that rules may name are those of the library, by their ISO 3166 codes."""

import holidays

from ivr.rulebook.public_holidays import CODES, is_country


def test_the_codes_are_those_of_the_librarys_own_list() -> None:
    assert set(holidays.list_supported_countries(include_aliases=False)) == CODES


def test_other_names_are_none() -> None:
    assert is_country("LV")
    assert not any(map(is_country, ("lv", "LVA", "Latvia", "XX", "")))
