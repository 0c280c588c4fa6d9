"""What `ivr status` and the alarms hear of the recorder."""

from datetime import UTC, datetime, timedelta

import pytest

from ivr.recorder import trouble

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
LONG_AGO = NOW - timedelta(hours=1)


@pytest.mark.parametrize(
    ("status", "began", "said"),
    [
        ({"written": NOW.isoformat(), "troubles": []}, LONG_AGO, ""),
        (
            {"written": NOW.isoformat(), "troubles": [{"message": "no space"}, {"message": "late"}]},
            LONG_AGO,
            "no space; late",
        ),
        ({"written": (NOW - timedelta(seconds=31)).isoformat()}, LONG_AGO, "has said nothing for 31 s"),
        ({"written": LONG_AGO.isoformat()}, NOW - timedelta(seconds=3), ""),  # left by the recorder before
        ({}, NOW - timedelta(seconds=3), ""),
        ({}, LONG_AGO, "has said nothing for 3600 s"),
        ({"written": "nonsense"}, LONG_AGO, "has said nothing"),
    ],
)
def test_what_is_wrong_is_said_in_words(status: dict[str, object], began: datetime, said: str) -> None:
    found = trouble(status, began, NOW)
    assert said in found
    assert bool(found) is bool(said)
