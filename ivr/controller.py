"""The engine joined to one Asterisk: link, lease, translation and performance around `ivr.engine`."""

import asyncio
import logging
import os
import socket
import time
from collections.abc import Callable
from datetime import datetime

from ivr.asterisk.framing import Message
from ivr.asterisk.lease import Lease
from ivr.asterisk.link import Link, LinkSettings, LinkState
from ivr.asterisk.perform import Performer
from ivr.asterisk.translate import WANTED_EVENTS, translate
from ivr.engine import Engine, Rules
from ivr.errors import LinkError
from ivr.settings import Settings

DRAIN_SECONDS = 10.0
"""How long callers in a menu may go on after the engine was told to stop; then the fallback has them."""

logger = logging.getLogger(__name__)


class Controller:
    """One engine on one PBX. `clock` is the real time; `office_clock` the instant that hours are judged at."""

    def __init__(
        self,
        settings: Settings,
        secret: str,
        *,
        rules: Rules,
        clock: Callable[[], datetime],
        office_clock: Callable[[], datetime],
    ) -> None:
        self.name = f"{socket.gethostname()}-{os.getpid()}"
        self._link = Link(
            LinkSettings(
                host=settings.ami_host,
                port=settings.ami_port,
                username=settings.ami_user,
                secret=secret,
                wanted_events=WANTED_EVENTS,
            ),
            on_event=self._heard,
            on_state=self._link_changed,
            clock=clock,
        )
        performer = Performer(self._link, self.name, settings.reply_seconds)
        self.engine = Engine(name=self.name, rules=rules, perform=performer.perform, clock=office_clock)
        self._lease = Lease(self._link, settings.lease_seconds, time.time)  # noqa: TID251 - the lease follows the host's clock

    async def run(self) -> None:
        """Lead calls until cancelled or closed. Raises LoginRefused."""
        lease = asyncio.get_running_loop().create_task(self._lease.keep(), name="lease")
        try:
            await self._link.run()
        finally:
            lease.cancel()

    async def leading(self) -> None:
        """Wait until new calls come to this engine."""
        await self._link.attached()
        await self._lease.renew()

    async def close(self) -> None:
        """Stop leading: new calls go to the fallback, callers in a menu finish it, then the link ends."""
        try:
            await self._lease.give_up()
            async with asyncio.timeout(DRAIN_SECONDS):
                await self.engine.quiet()
        except (LinkError, TimeoutError) as error:
            logger.warning("stopped before all menus had ended: %s", error, extra={"action": "drain_cut"})
        await self._link.close()

    def _heard(self, message: Message) -> None:
        found = translate(message, self.name)
        if found is not None:
            self.engine.deliver(*found)

    def _link_changed(self, state: LinkState, reason: str) -> None:
        logger.info("link %s: %s", state.value, reason, extra={"action": "link"})
        if state is not LinkState.ATTACHED:
            self.engine.forget_all()
