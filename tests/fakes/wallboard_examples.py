"""What a wallboard is shown in the tests: a town's service at a quarter past ten on a Tuesday."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from ivr.supervision.models import Call, Calls, Change, DestinationNow, Ended, Health, ServiceToday, Stage, Today

RIGA = ZoneInfo("Europe/Riga")
NOW = datetime(2026, 11, 24, 10, 15, tzinfo=RIGA).astimezone(UTC)
CALLER = "+371 2912****"
OPEN, SHUT = "jelgava-office: tuesday is open 08:00-17:00", "jelgava-social: tuesday is open 13:00-18:00 only"
TITLES = {
    "construction": "Būvvalde",
    "gardens": "Mazdārziņi",
    "property-tax": "Nekustamā īpašuma nodoklis",
    "social": "Sociālo lietu pārvalde",
    "survey": "Zemes mērniecība",
    "tax-relief": "Nodokļa atvieglojumi",
    "taxi": "Taksometru licences",
    "reception": "Klientu apkalpošanas operators",
    "waste": "Atkritumu apsaimniekošana",
    "streets": "Ceļu un ielu uzturēšana",
    "dispatcher": "Pilsētas avāriju dispečers",
    "police": "Jelgavas pašvaldības policija",
}


def call(name: str, stage: Stage, destination: str = "", waits: float | None = None, service: str = "jelgava") -> Call:
    """Make a call; `waits` is for how many seconds its caller has waited at NOW."""
    since = NOW - timedelta(seconds=waits or 30)
    return Call(
        call=name,
        service=service,
        number="8787",
        caller=CALLER,
        language="lv",
        started=since - timedelta(seconds=20),
        stage=stage,
        since=since,
        waiting_since=None if waits is None else since,
        destination=destination,
        led_by="engine",
    )


def waiting(name: str, destination: str, seconds: float, service: str = "jelgava") -> Call:
    """Make a call whose caller has waited so long at NOW."""
    return call(name, Stage.RINGING, destination, seconds, service)


def talking(name: str, destination: str, service: str = "jelgava") -> Call:
    """Make a call that talks."""
    return call(name, Stage.TALKING, destination, None, service)


def at_hour(hour: int) -> datetime:
    """Give an hour of the day of NOW."""
    return NOW.astimezone(RIGA).replace(hour=hour, minute=0)


def destination(name: str, **changes: object) -> DestinationNow:
    """Make a destination that is open until five."""
    values: dict[str, object] = {
        "destination": name,
        "title": TITLES.get(name, name),
        "services": ("jelgava",),
        "safety": False,
        "open": True,
        "why": OPEN,
        "until": at_hour(17),
        "waiting": 0,
        "talking": 0,
        "answered_today": 20,
        "lost_today": 0,
        "phones": (f"{name}-1",),
    }
    return DestinationNow.model_validate(values | changes)


def service(name: str = "jelgava", title: str = "Jelgavas informatīvais tālrunis", **changes: object) -> ServiceToday:
    """Make a service's figures of today."""
    values: dict[str, object] = {
        "service": name,
        "title": title,
        "day": NOW.date(),
        "calls": 184,
        "answered": 151,
        "lost": 9,
        "outside_hours": 12,
        "service_level": 0.874,
        "within": 20,
        "wait_p50": 8.0,
        "wait_p90": 31.0,
    }
    return ServiceToday.model_validate(values | changes)


def health(*problems: str, **changes: object) -> Health:
    """Make the health of all parts; without problems it is good."""
    values: dict[str, object] = {
        "at": NOW,
        "ok": not problems,
        "problems": problems,
        "pbx": "up",
        "engines": (),
        "journal_lag": 0.0,
        "records": "ok",
        "rules": "2f6c1a9be410",
        "alarms": (),
        "calls": 0,
        "subscribers": 1,
    }
    return Health.model_validate(values | changes)


def of_calls(calls: Sequence[Call], sequence: int = 1, at: datetime = NOW) -> Change:
    """Make the change that has everything."""
    return Change(sequence=sequence, kind="calls", calls=Calls(at=at, sequence=sequence, calls=tuple(calls)))


def of_call(one: Call) -> Change:
    """Make the change of one call."""
    return Change(sequence=2, kind="call", call=one)


def of_end(name: str) -> Change:
    """Make the change of a call that is over."""
    over = Ended(call=name, service="jelgava", destination="", disposition="answered", at=NOW)
    return Change(sequence=2, kind="ended", ended=over)


def of_destinations(*them: DestinationNow) -> Change:
    """Make the change of all destinations."""
    return Change(sequence=2, kind="destinations", destinations=them)


def of_today(*them: ServiceToday) -> Change:
    """Make the change of today's figures."""
    return Change(sequence=2, kind="today", today=Today(at=NOW, services=them))


def of_health(value: Health) -> Change:
    """Make the change of the health."""
    return Change(sequence=2, kind="health", health=value)


TOWN = (
    destination("construction", lost_today=1),
    destination("gardens", open=False, why=SHUT, until=at_hour(13)),
    destination("property-tax", lost_today=3, trouble="1 of 2 phones unreachable: property-tax-2"),
    destination("social", open=False, why="closed by anna: sapulce", override="1a2b3c4d"),
    destination("survey"),
    destination("tax-relief", why="2026-11-24 is a special day (mācības), open 08:00-12:00", until=at_hour(12)),
    destination("taxi", open=False, why="taxi: tuesday has no open hours", until=at_hour(9) + timedelta(days=1)),
    destination("reception", lost_today=4),
    destination("waste"),
    destination("streets", lost_today=1),
    destination("dispatcher", safety=True, why="a safety line: nothing closes it", until=None),
    destination("police", safety=True, why="a safety line: nothing closes it", until=None),
)
CALLS = (
    waiting("c1", "reception", 34),
    waiting("c2", "construction", 12),
    waiting("c3", "reception", 4),
    talking("c4", "reception"),
    talking("c5", "reception"),
    talking("c6", "survey"),
    talking("c7", "streets"),
    talking("c8", "dispatcher"),
    call("c9", Stage.MENU),
)
WHOLE = (of_calls(CALLS), of_destinations(*TOWN), of_today(service()), of_health(health()))
