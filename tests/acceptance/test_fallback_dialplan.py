"""The rendered dialplan on the real Asterisk: it loads without a complaint and its dates are compared as meant."""

import re
from datetime import date

import pytest

from tests.acceptance.conftest import House


def test_asterisk_has_nothing_to_complain_about(house: House) -> None:
    for item in (house.pair.pbx, house.pair.network):
        lines = (item.directory / "log/messages.log").read_text().splitlines()
        start = max(number for number, line in enumerate(lines) if " built by " in line)
        loading = [
            line for line in lines[start:] if re.search(r"loader\.c|pbx_config\.c|config_options\.c|pbx\.c", line)
        ]
        assert [line for line in loading if "ERROR" in line or "WARNING" in line] == []


@pytest.mark.parametrize("context", ["ivr-call", "ivr-connect", "ivr-phones", "ivr-fallback", "ivr-next"])
def test_the_special_extensions_exist(house: House, context: str) -> None:
    shown = house.pair.pbx.cli(f"dialplan show {context}") or ""
    for name in "itTeh":
        assert re.search(rf"^  '{name}' =>", shown, re.MULTILINE), (context, name)


@pytest.mark.parametrize(
    ("days", "expected"), [("{today}", "yes"), ("2020-01-01|{today}|2031-01-01", "yes"), ("2020-01-01", "no")]
)
def test_a_holiday_is_today_or_not(house: House, days: str, expected: str) -> None:
    today = (house.pair.pbx.cli('dialplan eval function "STRFTIME(${EPOCH},Europe/Riga,%F)"') or "").split()[-1]
    date.fromisoformat(today)
    dates = days.format(today=today)
    condition = f'$[\\"${{STRFTIME(${{EPOCH}},Europe/Riga,%F)}}\\" =~ \\"{dates}\\"]'
    answer = house.pair.pbx.cli(f'dialplan eval function "IF({condition}?yes:no)"') or ""
    assert answer.split()[-1] == expected
