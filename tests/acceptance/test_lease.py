"""Who leads, decided in a real Asterisk: taking, standing by, handing over, stalling. No waiting: time is set, not passed."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager

from ivr.app import now
from ivr.asterisk.lease import LeadState, Lease
from ivr.asterisk.link import Link, LinkSettings
from tests.acceptance.conftest import House
from tests.fakes.patience import LONGEST

SECONDS = 60
"""Of a lease: time is set here, so a machine that is slow loses none."""


class Engine:
    """A lease with a link of its own and a monotonic clock that a test moves."""

    def __init__(self, house: House, name: str, seconds: int) -> None:
        self.at = 1000.0
        self.heard: list[LeadState] = []
        self.lapses = 0
        self.link = Link(
            LinkSettings(
                house.settings.ami_host, house.settings.ami_port, house.settings.ami_user, house.pair.secrets.ami
            ),
            on_event=lambda _: None,
            on_state=lambda _state, _reason: None,
            clock=now,
        )
        self.name = name
        self.lease = Lease(
            self.link,
            name,
            seconds,
            lambda: self.at,
            on_state=lambda state, _: self.heard.append(state),
            on_lapse=self._lapsed,
        )

    def _lapsed(self) -> None:
        self.lapses += 1

    async def get(self, variable: str) -> str:
        return (await self.link.request({"Action": "Getvar", "Variable": variable}))[-1].get("Value")

    async def set(self, variable: str, value: str) -> None:
        await self.link.request({"Action": "Setvar", "Variable": variable, "Value": value})

    async def dies(self) -> None:
        """Let its lease be over in Asterisk, as it is some seconds after its death."""
        await self.set(f"IVR_LEASE_{self.name}", "1")


@asynccontextmanager
async def engines(house: House, *names: str, seconds: int) -> AsyncIterator[list[Engine]]:
    """Attach engines, and leave Asterisk without a leader."""
    made = [Engine(house, name, seconds) for name in names]
    async with AsyncExitStack() as stack:
        for engine in made:
            running = asyncio.ensure_future(engine.link.run())
            stack.push_async_callback(_ended, engine.link, running)
            await engine.link.attached()
        await made[0].set("IVR_LEADER", "")
        yield made
        for variable in ("IVR_LEADER", "IVR_STANDBY", *(f"IVR_LEASE_{name}" for name in names)):
            await made[0].set(variable, "")


async def _ended(link: Link, running: "asyncio.Future[None]") -> None:
    await link.close()
    await running


def on(house: House, names: str, test: Callable[..., object], seconds: int = SECONDS) -> None:
    async def run() -> None:
        async with engines(house, *names.split(), seconds=seconds) as made:
            await test(*made)  # type: ignore[misc]

    asyncio.run(run())


def test_one_leads_and_the_other_stands_by_until_it_dies(house: House) -> None:
    async def run(one: Engine, two: Engine) -> None:
        await one.lease.beat()
        await two.lease.beat()
        assert (one.lease.state, two.lease.state) == (LeadState.LEADING, LeadState.STANDBY)
        fence = one.lease.fence
        assert (await one.get("IVR_STANDBY")).startswith("eng-2:")
        await one.dies()
        await two.lease.beat()
        assert (two.lease.state, two.lease.deciding) == (LeadState.STANDBY, True)
        await two.lease.beat()
        assert (two.lease.state, two.lease.fence) == (LeadState.LEADING, fence + 1)
        await one.lease.beat()  # it was only asleep; nobody else's lease has changed
        assert one.lease.state is LeadState.STANDBY
        assert (await one.get("IVR_LEADER"), await one.get("IVR_FENCE")) == ("eng-2", str(fence + 1))

    on(house, "eng-1 eng-2", run)


def test_a_leader_whose_lease_is_over_for_a_moment_keeps_the_lead(house: House) -> None:
    """So it is when Asterisk's clock steps forward: every lease is over until its next beat."""

    async def run(one: Engine, two: Engine) -> None:
        await one.lease.beat()
        await one.dies()
        await two.lease.beat()
        await one.lease.beat()
        await two.lease.beat()
        assert (one.lease.state, two.lease.state) == (LeadState.LEADING, LeadState.STANDBY)
        assert not two.lease.deciding

    on(house, "eng-1 eng-2", run)


def test_of_many_at_once_one_leads(house: House) -> None:
    async def run(*many: Engine) -> None:
        fence = int(await many[0].get("IVR_FENCE") or 0)
        await asyncio.gather(*(one.lease.beat() for one in many))
        await asyncio.gather(*(one.lease.beat() for one in many))
        assert sorted(one.lease.state.value for one in many) == ["leading", *["standby"] * 7]
        assert int(await many[0].get("IVR_FENCE")) == fence + 1

    on(house, " ".join(f"eng-{number}" for number in range(8)), run)


def test_told_to_stop_the_standby_is_given_the_lead(house: House) -> None:
    async def run(one: Engine, two: Engine) -> None:
        await one.lease.beat()
        await two.lease.beat()
        await one.lease.drain()
        assert await one.get("IVR_LEADER") == "eng-2"  # before the second engine even knows
        await one.lease.beat()
        assert one.lease.state is LeadState.DRAINING
        assert one.lease.valid  # its callers are still its own
        await two.lease.beat()
        assert two.lease.state is LeadState.LEADING
        await two.lease.drain()
        assert await one.get("IVR_LEADER") == ""  # nobody is left: the fallback leads
        await one.lease.leave()
        assert not one.lease.valid
        assert await two.get("IVR_LEASE_eng-1") == ""

    on(house, "eng-1 eng-2", run)


def test_who_has_left_does_not_renew(house: House) -> None:
    """A beat that waits for its turn, or comes later, must not give the lease back to an engine that goes."""

    async def run(one: Engine) -> None:
        await one.lease.beat()
        keeping = asyncio.ensure_future(one.lease.keep())
        await asyncio.gather(one.lease.beat(), one.lease.leave(), one.lease.beat())
        assert await one.get("IVR_LEASE_eng-1") == ""
        async with asyncio.timeout(LONGEST):
            await keeping
        await one.lease.beat()
        assert (await one.get("IVR_LEASE_eng-1"), one.lease.valid) == ("", False)

    on(house, "eng-1", run, seconds=4)


def test_a_stalled_engine_knows_by_its_own_clock_that_it_may_not_act(house: House) -> None:
    async def run(one: Engine) -> None:
        assert not one.lease.valid
        await one.lease.beat()
        one.at += SECONDS - 1.1
        assert one.lease.valid
        one.at += 0.2
        assert not one.lease.valid
        await one.lease.beat()
        assert (one.lease.valid, one.lapses) == (True, 1)
        assert one.heard == [LeadState.LEADING, LeadState.DETACHED, LeadState.LEADING]
        one.lease.detach("link lost")
        assert (one.lease.valid, one.lease.state) == (False, LeadState.DETACHED)

    on(house, "eng-1", run)


def test_a_lease_from_before_the_clock_stepped_back_is_none(house: House) -> None:
    async def run(one: Engine, two: Engine) -> None:
        await one.lease.beat()
        far = int(await one.get("EPOCH")) + 3600
        await one.set("IVR_LEASE_eng-1", str(far))
        await two.lease.beat()
        await two.lease.beat()
        assert two.lease.state is LeadState.LEADING
        assert await two.lease.living(["eng-1", "eng-2", ""]) == {"eng-2"}

    on(house, "eng-1 eng-2", run)
