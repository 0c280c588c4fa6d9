"""An engine in a process of its own whose office clock starts at a given instant: `python -m tests.fakes.engine_at INSTANT`.

The settings come from the environment, as for `ivr engine`. It says `leads calls` on its standard output once it does.
"""

import asyncio
import sys
from datetime import datetime

from ivr.app import running, shifted
from ivr.cli.rules_read import rules_of
from ivr.cli.setup import pair_of
from ivr.settings import load


async def lead(at: datetime) -> None:
    """Lead calls until killed."""
    settings = load()
    rules = rules_of(settings)
    async with running(settings, pair_of(settings, rules), rules, office_clock=shifted(at)):
        print("leads calls", flush=True)  # noqa: T201 - it is waited for
        await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(lead(datetime.fromisoformat(sys.argv[1])))
