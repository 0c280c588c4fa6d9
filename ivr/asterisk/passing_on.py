"""A supervisor passes a caller on, wherever the call is: the caller's own channel is led into the dialplan's transfer."""

from ivr.asterisk.asker import Asker
from ivr.asterisk.render_safe import SPECIAL


async def pass_on(link: Asker, channel: str, to: str, **more: str) -> None:
    """Say on a citizen's channel who gets the caller back and what was ordered, then lead it away. Raises LinkError.

    `to` is a destination's name or number; `more` are further variables. The order counts more than a colleague's transfer
    in the same moment, and for some seconds only, by Asterisk's clock: docs/transfers.md.
    """
    here = {"Channel": channel}
    told = await link.request({"Action": "Getvar", **here, "Variable": "BRIDGEPEER"})
    talks_to = told[-1].get("Value")
    now = (await link.request({"Action": "Getvar", "Variable": "EPOCH"}))[-1].get("Value")
    peer = {"DIALEDPEERNAME": talks_to} if talks_to.startswith("PJSIP/") else {}
    for name, value in {**peer, **more, "IVR_ORDERED": f"{now}:{to}"}.items():
        await link.request({"Action": "Setvar", **here, "Variable": name, "Value": value})
    place = to if to not in SPECIAL else "unknown"
    await link.request({"Action": "Redirect", **here, "Context": "ivr-transfer", "Exten": place, "Priority": "1"})
