"""Phones that would ring for too long: `Dial` counts its time by the wall clock, so a step back lets them ring for an hour.

Rule 1: who rang when the clock stepped back, and still rings after the longest time that the rules let a phone ring, is
hung up; then the dialplan goes on to the next phone, as if this one had not answered.
"""

import asyncio
import logging
from collections.abc import Callable, Mapping, Sequence
from typing import Protocol

from ivr.asterisk.framing import Message
from ivr.asterisk.requests import End
from ivr.errors import LinkError, RequestRefused

RINGS = frozenset({"Ring", "Ringing"})
"""ChannelStateDesc of a phone that has not been answered."""
CALLED = "AppDial"
"""The application of a channel that `Dial` made."""
NO_ANSWER = "19"
"""Q.850: no answer from the user."""
SKEW = 2.0
"""Seconds by which Asterisk may feel the step later than we do; what begins to ring meanwhile is watched as well."""
SPARE = 1.0
"""Seconds that a phone may ring longer than the rules say before it counts as forgotten."""

logger = logging.getLogger(__name__)


class Asker(Protocol):
    """The part of `Link` that is needed here."""

    async def request(self, action: Mapping[str, str | Sequence[str]], *, end: End = ...) -> tuple[Message, ...]:
        """Ask and wait for the answer. Raises LinkError."""


async def relieve(link: Asker, longest: Callable[[], float]) -> int:
    """Hang up phones that ring soon after now and still ring `longest()` seconds later; give how many.

    A lost link ends it; that is logged.
    """
    hung_up = 0
    try:
        await asyncio.sleep(SKEW)
        before = await _ringing(link)
        if before:
            await asyncio.sleep(longest() + SPARE)
            for channel in before & await _ringing(link):
                hung_up += await _hung_up(link, channel)
    except LinkError as error:
        text = "phones that ring since before the clock stepped back may go on ringing: %s"
        logger.error(text, error, extra={"action": "ringing_not_ended"})
    return hung_up


async def _ringing(link: Asker) -> frozenset[str]:
    answer = await link.request({"Action": "Status"}, end=End.LIST)
    return frozenset(
        message.get("Channel")
        for message in answer
        if message.get("Application") == CALLED and message.get("ChannelStateDesc") in RINGS
    )


async def _hung_up(link: Asker, channel: str) -> bool:
    try:
        await link.request({"Action": "Hangup", "Channel": channel, "Cause": NO_ANSWER})
    except RequestRefused:  # answered or gone in this moment
        return False
    logger.warning("%s rang by a clock that was stepped back; hung up", channel, extra={"action": "ringing_ended"})
    return True
