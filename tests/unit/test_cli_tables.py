"""What a caller made up does not steer the terminal of the person who reads it."""

import pytest

from ivr.cli.tables import printable


@pytest.mark.parametrize(
    ("given", "shown"),
    [
        ("37129123456", "37129123456"),
        ("Ķekava ☎ звінок", "Ķekava ☎ звінок"),
        ("371\r\nAction", r"371\r\nAction"),
        ("\x1b[2J\x07", r"\x1b[2J\x07"),
        ("a\u202eb", r"a\u202eb"),
    ],
)
def test_controls_are_shown_as_escapes(given: str, shown: str) -> None:
    assert printable(given) == shown
