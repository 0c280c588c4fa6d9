"""Telephone numbers that may be shown. PURE.

Rule 1: of a citizen's number at most the country, two digits and the last two are shown.
"""

_FULL = 7  # digits; a shorter number is a service's or an inner one and hides less


def masked(number: str) -> str:
    """Hide the middle of a number: `+37129123456` is shown as `+371 29…56`, `29123456` as `29…56`."""
    if not number:
        return "withheld"
    digits = number.removeprefix("+")
    if len(digits) < _FULL:
        return f"{number[:1]}…"
    if number.startswith("+"):
        return f"+{digits[:3]} {digits[3:5]}…{digits[-2:]}"
    return f"{digits[:2]}…{digits[-2:]}"


def country_of(number: str) -> str:
    """Show of a number no more than its first three digits, where it is written with a country: `+371…`, else `…`."""
    return f"{number[:4]}…" if number.startswith("+") and len(number) > _FULL else "…"
