"""The time zone in which people are shown times: the municipality's, wherever their terminal is. PURE."""

from datetime import tzinfo
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError


def zone_of(name: str) -> tzinfo | None:
    """Give a zone by its name, as `Health.zone` has it; None, this machine's own, if it has no name or is not known here."""
    try:
        return ZoneInfo(name) if name else None
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return None
