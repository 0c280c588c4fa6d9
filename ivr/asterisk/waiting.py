"""Callers who would wait for a key for ever: `Read` counts its time by the wall clock, and a step back prolongs it by an hour.

Rule 1: after a step back every caller in a menu hears it again at once, from the fallback: it keeps the menu and its counts.
That needs no clock and no engine, and nobody has to be told whether a caller listened or waited.
Rule 2: who presses a key in that moment has pressed it: the dialplan looks once more where the caller is.
"""

import asyncio
import logging

from ivr.asterisk.asker import Asker
from ivr.asterisk.framing import Message
from ivr.asterisk.requests import End
from ivr.asterisk.resync import UNSET
from ivr.errors import LinkError, RequestRefused

READING = "Read"
"""The application of a channel that plays a menu or waits for its key, whoever leads the call."""
OURS = "IVR_SERVICE"
"""A variable that callers have, and phones have not."""
AGAIN = {"Context": "ivr-fallback", "Exten": "stepped", "Priority": "1"}

logger = logging.getLogger(__name__)


async def ask_again(link: Asker) -> int:
    """Let all callers who are in a menu hear it again; give how many. A lost link ends it; that is logged."""
    try:
        answer = await link.request({"Action": "Status", "Variables": OURS}, end=End.LIST)
        found = [one.get("Channel") for one in answer if _is_asked(one)]
        done = sum(await asyncio.gather(*(_redirected(link, channel) for channel in found)))
    except LinkError as error:
        text = "callers in a menu may wait for ever since the clock stepped back: %s"
        logger.error(text, error, extra={"action": "menus_not_asked_again"})
        return 0
    if done:
        text = "%d callers in menus hear them again: the clock was stepped back"
        logger.warning(text, done, extra={"action": "menus_asked_again"})
    return done


async def _redirected(link: Asker, channel: str) -> bool:
    try:
        await link.request({"Action": "Redirect", "Channel": channel, **AGAIN})
    except RequestRefused:  # gone in this moment
        return False
    return True


def _is_asked(message: Message) -> bool:
    given = dict(line.partition("=")[::2] for line in message.variables)
    return message.get("Application") == READING and given.get(OURS, UNSET) not in ("", UNSET)
