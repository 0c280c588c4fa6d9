"""What Asterisk is asked to call: a phone that listens, and what whispers a recording to a caller. PURE.

Rule 1: whatever a person typed is cleaned to what the dialplan may have: a comma would begin another variable.
"""

import re
from collections.abc import Mapping

from ivr.asterisk.requests import Action
from ivr.supervision.models import Call, Listening

RING_SECONDS = 30
SAY_MS = 3000
"""Milliseconds in which the caller's channel must be found; the recording itself may take longer."""
_UNSAFE = re.compile(r"[^A-Za-z0-9._-]")


def word(text: str) -> str:
    """Give a name as the dialplan may have it: letters, digits and `. _ -`."""
    return _UNSAFE.sub("_", text)[:60]


def rings_who_listens(one: Listening) -> Action:
    """Ring a phone that is to listen; its channel has the listening's id (dialplans/pbx/listen.conf, `ivr-listen`)."""
    values = {"IVR_LISTENS": one.call, "IVR_MODE": one.mode, "IVR_LISTENER": one.phone, "IVR_BY": word(one.by)}
    where = {"Channel": f"PJSIP/{one.phone}", "ChannelId": one.id, "Context": "ivr-listen", "Exten": "start"}
    return _originate({**where, "CallerID": f'"{one.mode}" <>'}, RING_SECONDS * 1000, values)


def says(call: Call, prompt: str, order: str, by: str) -> Action:
    """Whisper a recording to a caller; the dialplan tells by the order's id that it begins (listen.conf, `ivr-mark`)."""
    about = {"IVR_LISTENS": call.call, "IVR_PROMPT": prompt, "IVR_LANGUAGE": call.language}
    values = {**about, "IVR_SUPERVISED": order, "IVR_BY": word(by)}
    return _originate({"Channel": "Local/announce@ivr-mark/n", "Context": "ivr-mark", "Exten": "say"}, SAY_MS, values)


def _originate(where: Mapping[str, str], milliseconds: int, values: Mapping[str, str]) -> Action:
    return {
        "Action": "Originate",
        **where,
        "Priority": "1",
        "Timeout": str(milliseconds),
        "Async": "true",
        "Variable": tuple(f"{name}={value}" for name, value in values.items()),
    }
