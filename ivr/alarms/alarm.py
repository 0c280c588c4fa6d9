"""What an alarm is: a closed list of kinds, and frozen values that say what is wrong, where, and what to do. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from types import MappingProxyType


class Severity(Enum):
    """How much it matters: `critical` means that callers suffer now, or that nobody would know if they did."""

    WARNING = "warning"
    CRITICAL = "critical"


class Change(Enum):
    """What is told of an alarm: it began, it lasts, it is over."""

    RAISED = "raised"
    REMINDED = "reminded"
    CLEARED = "cleared"


class AlarmId(Enum):
    """Every kind of alarm; docs/alarms.md has a section for each."""

    SAFETY_UNANSWERED = "safety_unanswered"
    PHONE_UNREACHABLE = "phone_unreachable"
    TRUNK_UNREACHABLE = "trunk_unreachable"
    JOURNAL_STUCK = "journal_stuck"
    LEASE_LOST = "lease_lost"
    LINK_LOST = "link_lost"
    PROMPT_MISSING = "prompt_missing"
    RECORDS_STOPPED = "records_stopped"
    RULES_REFUSED = "rules_refused"
    ENGINE_DIED = "engine_died"
    """Told for a dead engine by `ivr.alarms.died`; the engine itself never raises it."""


SEVERITY: Mapping[AlarmId, Severity] = MappingProxyType(
    {
        AlarmId.SAFETY_UNANSWERED: Severity.CRITICAL,
        AlarmId.PHONE_UNREACHABLE: Severity.WARNING,
        AlarmId.TRUNK_UNREACHABLE: Severity.WARNING,
        AlarmId.JOURNAL_STUCK: Severity.CRITICAL,
        AlarmId.LEASE_LOST: Severity.CRITICAL,
        AlarmId.LINK_LOST: Severity.CRITICAL,
        AlarmId.PROMPT_MISSING: Severity.CRITICAL,
        AlarmId.RECORDS_STOPPED: Severity.WARNING,
        AlarmId.RULES_REFUSED: Severity.WARNING,
        AlarmId.ENGINE_DIED: Severity.CRITICAL,
    }
)


@dataclass(frozen=True, slots=True)
class Alarm:
    """One alarm at the instant `at`. `subject` is the destination, phone, prompt ... that it is about.

    `text` is for people: what is wrong, where, what to do next. It holds no number of a caller and no secret.
    """

    id: AlarmId
    subject: str
    text: str
    raised_at: datetime
    at: datetime
    change: Change = Change.RAISED

    @property
    def severity(self) -> Severity:
        """Tell how much it matters."""
        return SEVERITY[self.id]


def payload(alarm: Alarm, engine: str) -> dict[str, str]:
    """Give what hooks get: flat, all texts, instants in ISO 8601 with offset. `engine` tells who says so."""
    return {
        "alarm": alarm.id.value,
        "severity": alarm.severity.value,
        "change": alarm.change.value,
        "subject": alarm.subject,
        "text": alarm.text,
        "raised_at": alarm.raised_at.isoformat(timespec="seconds"),
        "at": alarm.at.isoformat(timespec="seconds"),
        "engine": engine,
    }
