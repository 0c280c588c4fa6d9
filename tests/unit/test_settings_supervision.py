"""Where commands find supervision: an address, and nothing that is secret in it."""

import pytest

from ivr.errors import SettingsError
from ivr.settings import load


@pytest.mark.parametrize(
    "url", ["", "http://127.0.0.1:8443", "https://ivr.example", "https://[::1]:8443/", "https://town.example/ivr"]
)
def test_an_address(url: str) -> None:
    assert load(supervision_url=url).supervision_url == url


@pytest.mark.parametrize(
    "url",
    [
        "ivr",
        "localhost:8443",
        "ftp://ivr.example",
        "http://[x",
        "http://",
        "https://anna:pw@ivr.example",
        "https://x?token=y",
    ],
)
def test_what_is_no_address_is_a_wrong_setting_and_is_not_repeated(url: str) -> None:
    with pytest.raises(SettingsError, match="IVR_SUPERVISION_URL") as wrong:
        load(supervision_url=url)
    assert url not in str(wrong.value)
