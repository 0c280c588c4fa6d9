"""The text of an open span, such as `08:00-17:00`, in minutes and as a value of the rules."""

from datetime import time

from ivr.routing.office_hours import Span

DAY = 24 * 60  # minutes


def minutes(text: str) -> tuple[int, int]:
    """Return start and end in minutes since midnight; an end on the next day is more than 24 hours.

    The text has the form that the schema checked.
    """
    start, end = (int(clock[:2]) * 60 + int(clock[3:]) for clock in text.split("-"))
    return start, end if end > start else end + DAY


def span(text: str) -> Span:
    """Return the span that the text means."""
    start, end = minutes(text)
    return Span(_clock(start), _clock(end))


def _clock(minute: int) -> time:
    return time(minute % DAY // 60, minute % 60)
