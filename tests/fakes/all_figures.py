"""Everything that `GET /metrics` of supervision can say, for tests of what is made from it: dashboard, alerts, document."""

import re
from datetime import timedelta

from ivr.alarms.alarm import AlarmId
from ivr.alarms.metrics import Metrics as EngineMetrics
from ivr.supervision.models import Call, ServiceToday, Stage, Today
from ivr.supervision.now.destinations import Rooms
from ivr.supervision.now.health import Engine, JournalHow, Looked, health
from ivr.supervision.now.metrics import Metrics, Shown
from ivr.supervision.now.picture import Picture
from tests.fakes.rules_text import FULL, read_text
from tests.fakes.supervised import OPEN, call

RULES = read_text(FULL)
LEADS = Engine("control-main-1-a", {"engine": "h-1-a", "lead": "leading", "link": "attached", "version": "abc"})
BEHIND = JournalHow(2.5)
SILENT = Engine("control-main-2-b", None)
TODAY = Today(
    at=OPEN - timedelta(seconds=30),
    services=(
        ServiceToday(
            service="town",
            title="Town",
            day=OPEN.date(),
            calls=9,
            answered=4,
            lost=2,
            outside_hours=1,
            service_level=0.75,
            within=20,
            wait_p50=3.0,
            wait_p90=8.0,
        ),
    ),
)


def shown(*calls: Call, today: Today | None = TODAY, journal: JournalHow = BEHIND) -> Shown:
    """Give what supervision knows while these calls are under way, with one service, and an engine that is silent."""
    engines = (LEADS, SILENT)
    return Shown(
        at=OPEN + timedelta(seconds=40),
        calls=calls,
        destinations=Picture().destinations(RULES, OPEN, Rooms({"desk": 2}), {}, frozenset({"police-1"})),
        today=today,
        health=health(Looked(OPEN, "up", engines, journal, "", "", "", "abc", len(calls), 3, "Europe/Riga")),
        engines=engines,
        dropped=7,
        recorder={"behind_bytes": 512},
    )


def all_figures() -> dict[str, set[str]]:
    """Give the names of all samples with the labels that each has."""
    metrics, engine = Metrics(), EngineMetrics(calls=lambda: {"asking": 1})
    metrics.ended("town", "answered")
    metrics.corrected("ghost")
    metrics.acted("transfer", "done")
    engine.adopted["menu"] += 1
    engine.lines_tried["police", "busy"] += 1
    for counts in (engine.hook_sent, engine.hook_failures, engine.hook_dropped, engine.reloads):
        counts["any"] += 1
    engine.alarms_active = dict.fromkeys((kind.value for kind in AlarmId), 1)
    waits = call(Stage.RINGING).model_copy(update={"waiting_since": OPEN})
    text = metrics.text(shown(waits), {"h-1-a": engine.text()})
    found: dict[str, set[str]] = {}
    for name, labels in re.findall(r"^([a-z]\w*)(?:\{(.*)\})? ", text, re.MULTILINE):
        found.setdefault(name, set()).update(re.findall(r"(\w+)=\"", labels))
    return found
