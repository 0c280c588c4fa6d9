"""Office hours in few words, for tests that are tables."""

from datetime import date, datetime, time
from zoneinfo import ZoneInfo

from ivr.routing.office_hours import OfficeHours, Span
from ivr.vocabulary import HoursId

RIGA, KYIV, SOFIA = ZoneInfo("Europe/Riga"), ZoneInfo("Europe/Kyiv"), ZoneInfo("Europe/Sofia")


def span(text: str) -> Span:
    start, end = text.split("-")
    return Span(time.fromisoformat(start), time.fromisoformat(end.replace("24:00", "00:00")))


def hours(zone: ZoneInfo = RIGA, holidays: dict[date, str] | None = None, **weekly: str) -> OfficeHours:
    days = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
    spans = {days.index(day): tuple(map(span, text.split())) for day, text in weekly.items()}
    return OfficeHours(HoursId("desk"), zone, spans, "LV" if holidays else None, holidays or {})


def local(text: str, zone: ZoneInfo = RIGA, fold: int = 0) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=zone, fold=fold)
