"""The rules and the orders as the engine has them: read from the same files, read again when they change. EDGE.

Rule 1: a file that cannot be used changes nothing: the last good rules stay, and `trouble` says so.
Rule 2: the rules of the engine that leads come first, if they were ever read here: it may have refused what the file holds.
Rule 3: a change is read once it has stood still for one look, as the engine does.
"""

import asyncio
from collections import OrderedDict
from datetime import datetime, timedelta
from pathlib import Path

from ivr.errors import OperatorError, RulesError
from ivr.live.watching import Stand, look
from ivr.routing.rules import Ruleset
from ivr.rulebook.overrides import Kept, OverrideStore, active
from ivr.rulebook.read import files, read, years_around
from ivr.vocabulary import RulesVersion

NO_RULES = Ruleset(RulesVersion(""), {}, {}, {}, {}, {})
MOST_KNOWN = 4
"""Versions that are remembered: that of the file, and those that an engine may still use."""
TAKING = timedelta(seconds=30)
"""How long an engine may take to bring a new file into use."""


class RulesHere:
    """The rules file at `path` and the overrides in the file at `orders`."""

    def __init__(self, path: Path, orders: Path) -> None:
        self.path = path
        self.known: tuple[Kept, ...] = ()
        self._store = OverrideStore(orders)
        self._versions: OrderedDict[str, Ruleset] = OrderedDict()
        self._newest = NO_RULES
        self._files: tuple[Path, ...] = (path,)
        self._year = 0
        self._read: dict[Path, Stand] | None = None
        self._seen: dict[Path, Stand] = {}
        self._orders_seen: dict[Path, Stand] | None = None
        self._wrong = ""
        self._orders_wrong = ""
        self._wanted = ""
        self._other_since: datetime | None = None
        self._at: datetime | None = None

    async def look(self, at: datetime, wanted: str) -> None:
        """See whether anything has changed; `wanted` is the version of the engine that leads, "" if none does."""
        self._at = at
        await self._look_at_rules(at)
        await self.look_at_orders()
        self._wanted = wanted
        other = bool(wanted) and wanted != self._newest.version
        self._other_since = (self._other_since or at) if other else None

    @property
    def rules(self) -> Ruleset:
        """Give the rules in use, without orders; without a single service if none could ever be read."""
        return self._versions.get(self._wanted, self._newest)

    def ruleset(self, at: datetime) -> Ruleset:
        """Give the rules in use with the orders that hold, or will, at `at`."""
        return self.rules.overridden(active(self.known, at))

    @property
    def trouble(self) -> str:
        """Say what is wrong with the rules or the orders; "" if nothing."""
        return "; ".join(text for text in (self._wrong, self._differs(), self._orders_wrong) if text)

    def _differs(self) -> str:
        if self._wrong or self._other_since is None or self._at is None or self._at - self._other_since < TAKING:
            return ""
        told = (
            f"the engine uses rules {self._wanted}, the file holds {self._newest.version}; `ivr rules status` says why"
        )
        return told if self._wanted in self._versions else f"{told}. What is shown is by the file"

    async def _look_at_rules(self, at: datetime) -> None:
        before, self._seen = self._seen, await asyncio.to_thread(look, self._files)
        rests = self._seen == before or self._read is None
        if (self._seen != self._read and rests) or self._year != at.year:
            await self._read_rules(at)

    async def _read_rules(self, at: datetime) -> None:
        self._year = at.year
        self._files = await asyncio.to_thread(files, self.path)
        self._seen = self._read = await asyncio.to_thread(look, self._files)
        try:
            rules = await asyncio.to_thread(read, self.path, years=years_around(at.year))
        except RulesError as error:
            first = error.problems[0] if error.problems else error
            stay = f"{self._newest.version} stay in use" if self._newest.services else "nothing is known of the rules"
            self._wrong = f"{self.path} has {len(error.problems)} problems, the first: {first}; {stay}"
        else:
            self._wrong, self._newest = "", rules
            self._versions[rules.version] = rules
            self._versions.move_to_end(rules.version)
            while len(self._versions) > MOST_KNOWN:
                self._versions.popitem(last=False)

    async def look_at_orders(self) -> None:
        """Read the orders if their file has changed."""
        now = await asyncio.to_thread(look, (self._store.path,))
        if now == self._orders_seen:
            return
        try:
            self.known = await asyncio.to_thread(self._store.known)
        except OperatorError as error:
            self._orders_wrong = f"{error}; those known before are shown"
            self._orders_seen = None  # it may be usable again without a change, as when another process lets go of it
        else:
            self._orders_seen, self._orders_wrong = now, ""  # only now: who asks meanwhile must not get the old ones
