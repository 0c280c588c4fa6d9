"""Citizens and telephones that act when a test says so, and what a test waits for meanwhile: the journal, never a clock."""

import asyncio
from collections.abc import Callable

from ivr.trial.plan import Plan
from ivr.trial.run import Trials
from ivr.trial.watch import CallWatch
from ivr.vocabulary import Key
from tests.acceptance.conftest import House
from tests.fakes.dialled import JournalEar
from tests.fakes.patience import until, until_asked


async def press(trials: Trials, plan: Plan, key: str) -> None:
    """Press a key as the citizen of a plan that goes on."""
    await trials.network.press(trials.network.citizen(plan.caller), [Key(key)])


async def seen(watch: CallWatch, kind: str, count: int = 1, **values: str) -> None:
    """Wait until the journal of a call has so many events of a kind."""

    def there() -> int:
        return sum(
            event.type == kind and all(event.get(name) == value for name, value in values.items())
            for event in watch.events
        )

    await until(
        lambda: there() >= count,
        look=watch.look,
        told=lambda: f"{there()} of {count} {kind}; last {[event.type for event in watch.events[-12:]]}",
    )


async def noted(ear: JournalEar, true: Callable[[], bool]) -> None:
    """Wait until something is in the journal that nobody follows yet."""
    listening = asyncio.ensure_future(ear.listen())
    try:
        await until(true, look=ear.look)
    finally:
        listening.cancel()


async def declines(house: House, phone: str, plan: Plan) -> None:
    """Let a simulated telephone that rings for the citizen of a plan decline the call."""

    def channel() -> str:
        shown = (house.pair.network.cli("core show channels concise") or "").splitlines()
        rings = (line.split("!") for line in shown)
        return next((one[0] for one in rings if one[2:3] == [phone] and plan.caller in one), "")

    found = await until_asked(lambda: asyncio.to_thread(channel), told=lambda: f"{phone} does not ring")
    await asyncio.to_thread(house.pair.network.cli, f"channel request hangup {found}")
