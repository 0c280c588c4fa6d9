"""The rendered dialplan on the real Asterisk: it loads whole and without a complaint, and survives a reload."""

import re

import pytest

from tests.acceptance.conftest import House


def test_asterisk_has_nothing_to_complain_about(house: House) -> None:
    assert sum(" built by " in line for line in house.loading) == 2
    ours = [line for line in house.loading if re.search(r"loader\.c|pbx_config\.c|config_options\.c|pbx\.c", line)]
    assert [line for line in ours if "ERROR" in line or "WARNING" in line] == []


@pytest.mark.parametrize("context", ["ivr-call", "ivr-connect", "ivr-phones", "ivr-fallback", "ivr-next"])
def test_the_special_extensions_exist(house: House, context: str) -> None:
    shown = house.pair.pbx.cli(f"dialplan show {context}") or ""
    for name in "itTeh":
        assert re.search(rf"^  '{name}' =>", shown, re.MULTILINE), (context, name)


def test_what_is_rendered_is_loaded_whole(house: House) -> None:
    """Asterisk takes every file of the pattern, every context and every extension that was rendered."""
    version = house.rules.current.version
    shown = house.pair.pbx.cli("dialplan show") or ""
    wanted = house.pair.pbx.generated[f"rules-{version}.conf"]
    for name in re.findall(r"^\[(ivr-[^\]]+)\]", wanted, re.MULTILINE):
        assert f"[ Context '{name}' created by 'pbx_config' ]" in shown
    assert f"IVR_RULES_NOW={version}" in (house.pair.pbx.cli("dialplan show globals") or "")


def test_a_reload_leaves_the_lease_and_the_clock_alone(house: House) -> None:
    pbx = house.pair.pbx
    pbx.cli("dialplan set global IVR_LEASE 12345")
    pbx.cli("dialplan reload")
    assert "IVR_LEASE=12345" in (pbx.cli("dialplan show globals") or "")
    pbx.cli("dialplan set global IVR_LEASE 0")
