"""A state in a folder, with rules and everything that it looks at, and a hub that keeps what it was told."""

import json
from datetime import datetime, timedelta
from pathlib import Path

from ivr.routing.rules import Override, OverrideKind
from ivr.rulebook.overrides import OverrideStore
from ivr.settings import Settings
from ivr.supervision.hub import Hub, Kind, Value
from ivr.supervision.models import Call, Notice, NoticeKind
from ivr.supervision.now.health import JournalHow
from ivr.supervision.now.metrics import Metrics
from ivr.supervision.now.state import Sources, State
from ivr.vocabulary import DestinationId, OverrideId
from tests.fakes.rules_text import FULL, read_text
from tests.fakes.supervised import OPEN

SECOND = timedelta(seconds=1)
VERSION = str(read_text(FULL).version)


class Told(Hub):
    """A hub that keeps what it was told."""

    def __init__(self) -> None:
        super().__init__(lambda: OPEN)
        self.told: list[tuple[str, Value]] = []

    def publish(self, kind: Kind, value: Value) -> None:
        self.told.append((kind, value))
        super().publish(kind, value)

    def take(self) -> list[str]:
        """Give the kinds that were told since the last time."""
        kinds = [kind for kind, _ in self.told]
        self.told.clear()
        return kinds

    def notices(self) -> list[tuple[NoticeKind, bool]]:
        """Give the notices since the last time, and forget the rest."""
        found = [(value.kind, value.trouble) for _, value in self.told if isinstance(value, Notice)]
        self.told.clear()
        return found


class House:
    """A state in a folder, with rules, and everything that it looks at."""

    def __init__(self, folder: Path) -> None:
        self.at = OPEN
        self.calls: list[Call] = []
        self.pbx = "up"
        self.journal = JournalHow(0.0)
        self.hub = Told()
        self.counters = Metrics()
        self.settings = Settings(
            rules=folder / "rules.yaml",
            overrides=folder / "overrides.sqlite3",
            store=str(folder / "records.sqlite3"),
            state=folder / "s",
        )
        self.write(FULL)
        self.version = ""
        sources = Sources(lambda: self.calls, lambda: self.journal, lambda: self.pbx)
        self.state = State(self.settings, self.hub, sources, lambda: self.at, self.counters)

    def write(self, text: str) -> None:
        """Put a rules file in its place, as an editor does."""
        partial = self.settings.rules.with_suffix(".new")
        partial.write_text(text, encoding="utf-8")
        partial.replace(self.settings.rules)

    def recorder(self, at: datetime) -> None:
        """Let the recorder say that all is well."""
        self.settings.recorder_status.parent.mkdir(parents=True, exist_ok=True)
        told = {"written": at.isoformat(), "troubles": [], "behind_bytes": 64}
        self.settings.recorder_status.write_text(json.dumps(told), encoding="utf-8")

    async def look(self, times: int = 1) -> None:
        """Look again and again, a second apart."""
        for _ in range(times):
            self.at += SECOND
            self.recorder(self.at)
            await self.state.look()

    def order(self, name: str, since: datetime, until: datetime) -> None:
        """Close the desk."""
        desk = DestinationId("desk")
        made = Override(OverrideId(name), desk, OverrideKind.CLOSED, since, until, "fire alarm", "anna")
        OverrideStore(self.settings.overrides).add(lambda _: made)
