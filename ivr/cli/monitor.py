"""`ivr monitor`: the calls under way in a terminal."""

import gc
import sys

from ivr.cli.start import complete, now
from ivr.errors import OperatorError
from ivr.monitor.app import Monitor
from ivr.settings import Settings, load
from ivr.supervision.client import AsyncClient

YOUNG_OBJECTS = 20_000
"""New objects after which the collector looks at them; painting makes thousands, and few of them in circles."""


def monitor() -> None:
    """Show the calls under way, the lines and their trouble; listen, pass callers on, end calls.

    It asks supervision: on this machine by its socket, elsewhere by IVR_SUPERVISION_URL and IVR_SUPERVISION_TOKEN_FILE.
    Times are those of the municipality. The key ? tells all keys.

    Example: ivr monitor
    """
    if not (sys.stdin.isatty() and sys.stdout.isatty()):
        raise OperatorError("ivr monitor needs a terminal; for a pipe there is `ivr calls watch`")
    complete(_shown(load()))  # no log is set up: what it writes would stand in the middle of the screen


async def _shown(settings: Settings) -> None:
    gc.freeze()  # what is loaded stays: the collector need not look at it again and again
    gc.set_threshold(YOUNG_OBJECTS, 20, 20)
    async with AsyncClient(settings) as client:
        # Without the mouse the terminal itself can mark and copy a call's name.
        await Monitor(client, now).run_async(mouse=False)
