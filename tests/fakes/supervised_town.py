"""A made-up town under supervision: calls, lines and figures of a Tuesday at 10:00."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

from ivr.supervision.models import (
    Call,
    CallDetail,
    CallLeg,
    Calls,
    Change,
    DestinationNow,
    Ended,
    EngineHealth,
    Health,
    JourneyStep,
    Notice,
    NoticeKind,
    ServiceToday,
    Stage,
    Today,
)

LONGEST = 60.0  # seconds until a change has been taken
AT = datetime(2026, 11, 24, 8, 0, 0, tzinfo=UTC)
HOURS = "destinations.{}.hours.{}.weekly.tuesday"


def ago(seconds: float) -> datetime:
    return AT - timedelta(seconds=seconds)


def a_call(name: str, **values: Any) -> Call:
    given = {
        "call": name,
        "service": "kekava",
        "number": "8488",
        "caller": "+371 29…56",
        "language": "lv",
        "started": ago(60),
        "stage": Stage.MENU,
        "since": ago(30),
        "led_by": "engine",
        "engine": "main-1",
        "rules": "18a5b9aa0412",
    }
    return Call.model_validate(given | values)


def waiting(name: str, seconds: float, destination: str = "kekava-utility", **values: Any) -> Call:
    given = {
        "stage": Stage.RINGING,
        "since": ago(min(seconds, 12)),
        "waiting_since": ago(seconds),
        "started": ago(seconds + 20),
        "destination": destination,
        "phone": f"{destination}-1",
        "rule": f"destinations.{destination}",
        "reason": "open",
    }
    return a_call(name, **(given | values))


def talking(name: str, seconds: float, destination: str = "kekava-information", **values: Any) -> Call:
    given = {
        "stage": Stage.TALKING,
        "since": ago(seconds),
        "started": ago(seconds + 35),
        "destination": destination,
        "phone": f"{destination}-2",
        "rule": HOURS.format(destination, "kekava-office"),
        "reason": "open",
    }
    return a_call(name, **(given | values))


def a_line(name: str, **values: Any) -> DestinationNow:
    given = {
        "destination": name,
        "title": name.replace("-", " ").title(),
        "services": (name.partition("-")[0],),
        "safety": False,
        "open": True,
        "why": "day and night",
        "until": None,
        "waiting": 0,
        "talking": 0,
        "answered_today": 12,
        "lost_today": 0,
    }
    return DestinationNow.model_validate(given | values)


def some_health(**values: Any) -> Health:
    engine = EngineHealth(engine="main-1", lead="leading", link="up", rules="18a5b9aa0412", calls=7)
    given = {
        "at": AT,
        "ok": True,
        "problems": (),
        "pbx": "up",
        "engines": (engine,),
        "journal_lag": 0.0,
        "records": "ok",
        "rules": "18a5b9aa0412",
        "alarms": (),
        "calls": 7,
        "subscribers": 2,
        "zone": "Europe/Riga",
    }
    return Health.model_validate(given | values)


def some_service(name: str, calls: int, level: float | None, lost: int = 3) -> ServiceToday:
    return ServiceToday(
        service=name,
        title=name.title(),
        day=date(2026, 11, 24),
        calls=calls,
        answered=calls - lost,
        lost=lost,
        outside_hours=2,
        service_level=level,
        within=20,
        wait_p50=9.0,
        wait_p90=31.0,
    )


TODAY = Today(
    at=AT,
    services=(
        some_service("kekava", 214, 0.91),
        some_service("jelgava", 388, 0.86, lost=14),
        some_service("kryvyi-rih", 1204, 0.62, lost=171),
        some_service("plovdiv", 97, None, lost=0),
    ),
)

CALLS = (
    waiting("pbx-1795507200.131", 72, started=ago(97), phone="kekava-utility-1&kekava-utility-2"),
    waiting(
        "pbx-1795507211.140",
        34,
        "kryvyi-rih-consultation",
        service="kryvyi-rih",
        number="1520",
        language="uk",
        caller="+380 67…12",
        topic="heating",
    ),
    waiting("pbx-1795507240.152", 6, "jelgava-police", service="jelgava", number="63005522", caller=""),
    talking("pbx-1795507100.101", 244),
    talking(
        "pbx-1795507120.104",
        128,
        "jelgava-reception",
        service="jelgava",
        number="63005522",
        listened=("jelgava-reception-9",),
        redirections=1,
        reason="transfer",
    ),
    talking("pbx-1795507150.110", 51, "plovdiv-health", service="plovdiv", number="112", language="bg", private=True),
    a_call("pbx-1795507260.160", stage=Stage.MENU, menu="kekava-main", language="ru", since=ago(9), started=ago(14)),
    a_call("pbx-1795507265.161", stage=Stage.WELCOME, since=ago(3), started=ago(3), language="lv"),
    a_call(
        "pbx-1795507230.149",
        service="kryvyi-rih",
        number="1520",
        stage=Stage.MESSAGE,
        language="uk",
        destination="kryvyi-rih-closed",
        since=ago(11),
        led_by="fallback",
        engine="",
    ),
)

LINES = (
    a_line("kekava-information", why="hours kekava-office", until=AT + timedelta(hours=7), talking=1, lost_today=2),
    a_line("kekava-utility", safety=True, waiting=1, trouble="3 callers in a row reached nobody", lost_today=3),
    a_line("kekava-police", safety=True),
    a_line(
        "kryvyi-rih-consultation",
        services=("kryvyi-rih",),
        why="hours kryvyi-rih-daily",
        until=AT + timedelta(hours=10),
        waiting=1,
        talking=7,
        full_at=8,
        lost_today=171,
    ),
    a_line(
        "jelgava-reception",
        open=False,
        why="override: staff meeting (A. Liepa)",
        until=AT + timedelta(hours=1),
        override="o-12",
    ),
    a_line("jelgava-police", safety=True, waiting=1),
    a_line(
        "plovdiv-health", why="hours plovdiv-health", until=AT + timedelta(days=3, hours=-1), private=True, talking=1
    ),
)


def all_calls(calls: tuple[Call, ...] = CALLS, at: datetime = AT, sequence: int = 1) -> Change:
    return Change(sequence=sequence, kind="calls", calls=Calls(at=at, sequence=sequence, calls=calls))


def one_call(call: Call, sequence: int = 5) -> Change:
    return Change(sequence=sequence, kind="call", call=call)


def over(call: Call, disposition: str = "answered", sequence: int = 6) -> Change:
    ended = Ended(
        call=call.call,
        node=call.node,
        service=call.service,
        destination=call.destination,
        disposition=disposition,
        at=AT,
    )
    return Change(sequence=sequence, kind="ended", ended=ended)


def the_lines(lines: tuple[DestinationNow, ...] = LINES) -> Change:
    return Change(sequence=2, kind="destinations", destinations=lines)


def the_day(today: Today = TODAY) -> Change:
    return Change(sequence=3, kind="today", today=today)


def the_health(health: Health | None = None) -> Change:
    return Change(sequence=4, kind="health", health=health or some_health())


def noticed(text: str, kind: NoticeKind = NoticeKind.ENGINES, *, trouble: bool = True, sequence: int = 9) -> Change:
    return Change(sequence=sequence, kind="notice", notice=Notice(kind=kind, at=AT, text=text, trouble=trouble))


def everything() -> tuple[Change, ...]:
    return all_calls(), the_lines(), the_day(), the_health()


def a_journey(call: Call) -> CallDetail:
    started = call.started
    told = (
        (0.0, "call", f"call from {call.caller} to {call.number} ({call.service})"),
        (0.1, "answered", "the PBX answers"),
        (0.2, "engine", "engine main-1 leads"),
        (0.3, "welcome", "hears kekava/welcome to its end"),
        (8.4, "menu", "menu kekava-main"),
        (15.9, "key", "presses 2"),
        (16.0, "destination", "comes to kekava-utility (destinations.kekava-utility, open)"),
        (16.1, "ringing", "kekava-utility-1 rings"),
        (36.1, "failed", "kekava-utility-1 does not answer"),
        (36.2, "ringing", "kekava-utility-2 rings"),
    )
    steps = tuple(
        JourneyStep(at=started + timedelta(seconds=after), kind=kind, text=text) for after, kind, text in told
    )
    caller = CallLeg(
        channel="PJSIP/trunk-00000083",
        role="caller",
        phone="",
        destination="",
        started=started,
        answered=started,
        ended=None,
    )
    tried = CallLeg(
        channel="PJSIP/kekava-utility-1-00000084",
        role="operator",
        phone="kekava-utility-1",
        destination="kekava-utility",
        started=started + timedelta(seconds=16),
        answered=None,
        ended=started + timedelta(seconds=36),
    )
    rings = CallLeg(
        channel="PJSIP/kekava-utility-2-00000085",
        role="operator",
        phone="kekava-utility-2",
        destination="kekava-utility",
        started=started + timedelta(seconds=36),
        answered=None,
        ended=None,
    )
    return CallDetail(call=call, journey=steps, legs=(caller, tried, rings))
