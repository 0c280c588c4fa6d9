"""One alarm as hooks get it."""

ALARM = {
    "alarm": "safety_unanswered",
    "severity": "critical",
    "change": "raised",
    "subject": "policijas tālrunis",
    "text": "nobody\0 took it",
    "raised_at": "2026-11-22T03:00:00+00:00",
    "at": "2026-11-22T03:00:00+00:00",
    "engine": "pbx-1",
}
