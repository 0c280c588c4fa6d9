"""What a supervisor does about the rules: overrides, checking, reloading, asking where a call would go. EDGE.

Rule 1: all of it is what the commands `ivr override` and `ivr rules` do: the same store, the same engines, the same answers.
Rule 2: what takes the processor for long is done by another process.
"""

import asyncio
import json
import sys
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from ivr.errors import OperatorError
from ivr.live.client import NoEngine, ask
from ivr.prompts.said import words_in
from ivr.proof.explain import explain
from ivr.proof.explain_text import lines
from ivr.proof.journey import Dialled, travel
from ivr.routing.numbers import service_of
from ivr.routing.rules import Ruleset
from ivr.rulebook.override_orders import Order, OverrideRefused, override
from ivr.rulebook.overrides import Cleared, OverrideOver, OverrideStore, OverrideUnknown, new_id
from ivr.rulebook.read import years_around
from ivr.settings import Settings
from ivr.supervision.access.auth import Who
from ivr.supervision.models import Done
from ivr.supervision.orders import ClearOrder, ExplainOrder, OverrideOrder, ReloadOrder
from ivr.supervision.refusals import ActionRefused
from ivr.vocabulary import Did

CHECKED = 60.0
"""Seconds that checking and proving may take."""
RELOADED = 60.0
"""Seconds that an engine may take for a reload; it goes on with it afterwards."""
_COMMAND = (sys.executable, "-c", "from ivr.cli.main import main; main()")


class RuleOrders:
    """The orders about rules. `rules` are those in use, with the overrides that hold; `clock` is the aware time.

    All raise ActionRefused.
    """

    def __init__(self, settings: Settings, rules: Callable[[], Ruleset], clock: Callable[[], datetime]) -> None:
        self._settings = settings
        self._in_use = rules
        self._clock = clock
        self._store = OverrideStore(settings.overrides)

    async def override_add(self, order: OverrideOrder, who: Who) -> Done:
        """Close, open or redirect a destination. Engines obey within a second."""
        rules, at, name = self._in_use(), self._clock(), new_id()
        wanted = Order(order.destination, order.order, order.until, order.reason, who.name)
        try:
            made = await asyncio.to_thread(self._store.add, lambda known: override(wanted, rules, known, at, name))
        except OverrideRefused as error:
            raise ActionRefused(400, str(error)) from None
        except OperatorError as error:
            raise ActionRefused(503, str(error)) from None
        values = {"id": str(made.id), "destination": str(made.destination), "until": made.until.isoformat()}
        return Done(text=f"{made.destination} is {order.order} until {made.until.isoformat()}", values=values)

    async def override_clear(self, which: str, order: ClearOrder, who: Who) -> Done:
        """End an override before its time."""
        ended = Cleared(self._clock(), who.name, " ".join(order.reason.split()))
        try:
            made = await asyncio.to_thread(self._store.clear, which, ended)
        except OverrideOver as error:
            raise ActionRefused(409, str(error)) from None
        except OverrideUnknown as error:
            raise ActionRefused(404, str(error)) from None
        except OperatorError as error:
            raise ActionRefused(503, str(error)) from None
        values = {"id": str(made.id), "destination": str(made.destination)}
        return Done(text=f"the override {made.id} of {made.destination} is cleared", values=values)

    async def rules_check(self) -> Done:
        """Check and prove the file of the rules as it is now."""
        found = self._settings
        where = ("--rules", str(found.rules), "--prompts", str(found.prompts), "--output", "json")
        process = await asyncio.create_subprocess_exec(
            *_COMMAND, "rules", "check", *where, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE
        )
        try:
            async with asyncio.timeout(CHECKED):
                said, wrong = await process.communicate()
        except TimeoutError:
            raise ActionRefused(504, f"checking {found.rules} took longer than {CHECKED:g} s and was ended") from None
        finally:  # also if nobody waits for the answer any more
            if process.returncode is None:
                process.kill()
                await process.wait()
        try:
            told: dict[str, Any] = json.loads(said)
        except ValueError:
            raise ActionRefused(503, wrong.decode("utf-8", "replace").strip() or "the check gave no answer") from None
        return _checked(told, found.rules)

    async def rules_reload(self, order: ReloadOrder, who: Who) -> Done:
        """Let the engine that leads take the file of the rules."""
        told = await self._asked({"do": "reload", "release": list(order.release)})
        if told["problems"]:
            raise ActionRefused(409, "\n".join([one["text"] for one in told["problems"]]))
        verb = "are in use for new calls" if told["changed"] else "are in use, as before"
        values = {"before": str(told["before"]), "after": str(told["after"]), "by": who.name}
        return Done(text=f"rules {told['after']} {verb}", values=values)

    async def explain(self, order: ExplainOrder) -> Done:
        """Tell where a call would go by the rules and overrides in use, what is heard on the way, and why."""
        rules = self._in_use()
        service = service_of(Did(order.number), rules)
        if service is None:
            raise ActionRefused(404, f"no service has the number {order.number}")
        at = self._instant(order.at, rules.services[service].zone)
        dialled = Dialled(Did(order.number), at, order.press, order.caller, ())
        told = await asyncio.to_thread(_explained, rules, dialled, self._settings.prompts)
        return Done(text=told, values={"service": str(service), "at": at.isoformat(), "rules": str(rules.version)})

    def _instant(self, text: str, zone: ZoneInfo) -> datetime:
        if not text:
            return self._clock().astimezone(zone)
        try:
            local = datetime.fromisoformat(text)
        except ValueError:
            raise ActionRefused(400, f"{text!r} is no time; write it as `2026-12-24 16:30`") from None
        years = years_around(self._clock().year)
        if local.year not in years:
            raise ActionRefused(
                400, f"{text!r} is too far away: public holidays are known for {years[0]} to {years[-1]} only"
            )
        return local if local.tzinfo else local.replace(tzinfo=zone)

    async def _asked(self, request: dict[str, Any]) -> dict[str, Any]:
        try:
            async with asyncio.timeout(RELOADED):
                answer = await asyncio.to_thread(ask, self._settings.control, request)
        except NoEngine as error:
            raise ActionRefused(503, str(error)) from None
        except TimeoutError:
            raise ActionRefused(504, "the engine has not finished yet; GET /api/rules shows when it has") from None
        if not answer.get("ok"):
            raise ActionRefused(409, f"the engine refused: {answer.get('error', 'it did not say why')}")
        return answer


def _explained(rules: Ruleset, dialled: Dialled, prompts: Path) -> str:
    return "\n".join(lines(explain(rules, travel(rules, dialled)), rules, words_in(prompts, rules)))


def _checked(told: dict[str, Any], file: Path) -> Done:
    problems = told["problems"]
    if not problems:
        return Done(
            text=f"{file}: no mistakes found; version {told['version']}", values={"version": str(told["version"])}
        )
    places = [f"{one['file']}:{one['line']}: {one['message']}" for one in problems]
    return Done(
        text="\n".join([f"{file} has {len(problems)} to mend", *places]), values={"problems": str(len(problems))}
    )
