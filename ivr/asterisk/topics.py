"""What a call was about, written into the journal for a supervisor by the dialplan's `topic` in `[ivr-mark]`."""

from ivr.asterisk.asker import Asker
from ivr.asterisk.requests import End
from ivr.errors import RequestRefused
from ivr.vocabulary import LinkedId, TopicId

TOPIC_MS = 2000


async def write_topic(link: Asker, call: LinkedId, topic: TopicId, result: str, case: str, by: str) -> None:
    """Let Asterisk write the line; return when it says so. Raises LinkError.

    `result` is consulted, registered or empty, `case` a reference or empty, `by` who says it. A comma would begin another
    variable here: whoever asks has to have refused it.
    """
    told = {"IVR_ABOUT": call, "IVR_TOPIC": topic, "IVR_TOLD": result, "IVR_CASE": case, "IVR_BY": by}
    action = {
        "Action": "Originate",
        "Channel": "Local/topic@ivr-mark/n",
        "Context": "ivr-mark",
        "Exten": "i",
        "Priority": "1",
        "Async": "true",
        "Timeout": str(TOPIC_MS),
        "Variable": tuple(f"{name}={value}" for name, value in told.items()),
    }
    answer = await link.request(action, end=End.ORIGINATE)
    if answer[-1].get("Response") != "Success":
        raise RequestRefused(
            "Asterisk did not write the topic: its dialplan is older than this program; bring it up to date: ivr rules reload"
        )
