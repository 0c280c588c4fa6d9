"""Calls as the API gives them, for tests of what carries them."""

from datetime import UTC, datetime

from ivr.supervision.models import Call, Ended, Health, Stage, Today

AT = datetime(2026, 11, 24, 10, 0, tzinfo=UTC)


def call(name: str, stage: Stage = Stage.MENU, **values: object) -> Call:
    """Give a call in a menu, or at another stage."""
    plain = {
        "call": name, "service": "kekava", "number": "8488", "caller": "29…56", "language": "lv", "started": AT,
        "stage": stage, "since": AT, "led_by": "engine",
    }  # fmt: skip
    return Call.model_validate(plain | values)


def ended(name: str) -> Ended:
    """Give the end of such a call."""
    return Ended(call=name, service="kekava", destination="info", disposition="answered", at=AT)


def today() -> Today:
    """Give a day without calls."""
    return Today(at=AT, services=())


def health(calls: int = 0) -> Health:
    """Give a house in which all is well."""
    return Health(
        at=AT, ok=True, problems=(), pbx="up", engines=(), journal_lag=None, records="ok", rules="v1", alarms=(),
        calls=calls, subscribers=0,
    )  # fmt: skip
