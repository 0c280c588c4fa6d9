"""What supervision sees, for tests: a call as the API tells it, an order; at an hour at which the office is open."""

from datetime import UTC, datetime, timedelta

from ivr.routing.rules import Override, OverrideKind
from ivr.supervision.models import Call, Stage
from ivr.vocabulary import DestinationId, OverrideId

OPEN = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)
"""Monday, 10:00 in Riga."""
ORDER = Override(
    OverrideId("0000abcd"),
    DestinationId("desk"),
    OverrideKind.CLOSED,
    OPEN + timedelta(seconds=10),
    OPEN + timedelta(seconds=20),
    "fire alarm",
    "anna",
)
"""The desk is closed for ten seconds."""


def call(stage: Stage, destination: str = "desk", number: int = 1) -> Call:
    """Make a call of the town that came to its stage at that hour."""
    known = {"call": f"1.{number}", "service": "town", "number": "8488", "caller": "+371…56", "language": "lv"}
    return Call.model_validate(
        {**known, "started": OPEN, "since": OPEN, "stage": stage, "destination": destination, "led_by": "engine"}
    )
