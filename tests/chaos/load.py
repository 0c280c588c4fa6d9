"""The load: SIPp's citizens and phones with their sound, at a steady rate."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from ivr.app import now
from tests.chaos import sipp
from tests.chaos.colleagues import Colleagues
from tests.chaos.house import (
    BASE,
    CITIZEN_PORT,
    CITIZENS,
    COLLEAGUES,
    MEDIA_CALLS,
    MEDIA_FIRST,
    PHONE_MEDIA,
    PHONE_PORT,
    PHONES,
    House,
)
from tests.chaos.media import Media, ports
from tests.chaos.plans import SHARES, Kind, Plan, index_of, plans
from tests.chaos.town import NUMBER

GRACE = 3.0  # seconds that SIPp may be late


@dataclass
class Load:
    """Citizens who call a house at `rate` calls a second. After `finish`, `calls` has what became of each."""

    house: House
    rate: float
    seed: int
    most: int
    shares: Mapping[Kind, int] = field(default_factory=lambda: dict(SHARES))
    plans: tuple[Plan, ...] = ()
    calls: dict[str, sipp.Call] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.plans = plans(self.seed, self.most, dict(self.shares))
        places = ports(MEDIA_FIRST, MEDIA_CALLS)
        folder, server = self.house.folder, f"{self.house.settings.sip_host}:{BASE}"
        values = {"MEDIA": str(PHONE_MEDIA), "PBX": server, "USER": "kekava-utility-1"}
        sipp.write_table(folder, self.plans, places)
        sipp.write_scenario(folder, "citizen", {})
        sipp.write_scenario(folder, "phone", {**values, "SECRET": self.house.pair.secrets.phone})
        self.media = Media(CITIZENS, places, (PHONES, PHONE_MEDIA), self.plans)
        server_at = (self.house.settings.sip_host, BASE)
        self._talked = folder / "colleagues.log"
        self.colleagues = Colleagues(server_at, self.house.pair.secrets.phone, PHONE_MEDIA, self._talked)
        self._phones = sipp.Sipp(folder, "phone", PHONES, PHONE_PORT, ["-mp", str(BASE + 40)])
        limits = ["-r", f"{self.rate:g}", "-l", str(sipp.MOST_AT_ONCE), "-m", str(self.most)]
        table = ["-mp", str(BASE + 50), "-inf", "citizens.csv", "-s", NUMBER]
        self._citizens = sipp.Sipp(folder, "citizen", CITIZENS, CITIZEN_PORT, [*table, *limits, server])

    async def start(self) -> None:
        """Begin to call."""
        await self._phones.start()
        await self.colleagues.open(PHONES, COLLEAGUES)
        self.media.start(self.rate)
        await self._citizens.start()

    async def finish(self) -> None:
        """Make no new calls, wait for the end of those under way, then read what became of all."""
        await self._citizens.finish()
        await self.end()
        self.calls = self.so_far()

    async def end(self) -> None:
        """End everything at once; safe to call twice."""
        await self._citizens.kill()
        await self._phones.kill()
        self.colleagues.close()
        self.media.stop()

    def overdue(self, caller: str, call: sipp.Call) -> bool:
        """Tell of a call while the load goes on whether it ended before the citizen wanted that."""
        index = index_of(caller)
        if index is None or not call.dropped or call.answered is None:
            return False
        return (now() - call.answered).total_seconds() > self.plans[index].seconds + GRACE

    def so_far(self) -> dict[str, sipp.Call]:
        """Read what became of the calls until now."""
        return sipp.calls(self._citizens.log, self._phones.log, self._talked)
