"""Asks every engine of an instance over its control socket, all at once, each for a second at most. EDGE."""

import asyncio
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from ivr.live.client import LONGEST_ANSWER, siblings
from ivr.supervision.now.health import Engine

ANSWER_SECONDS = 1.0


async def engines(control: Path, what: str = "status", seconds: float = ANSWER_SECONDS) -> tuple[Engine, ...]:
    """Ask all engines of the instance whose control socket this is for `what`; sockets of dead ones are left out."""
    found = await asyncio.to_thread(_sockets, control)
    answers = await asyncio.gather(*(_asked(path, what, seconds) for path in found))
    return tuple(sorted((one for one in answers if one is not None), key=lambda one: one.name))


def _sockets(control: Path) -> Sequence[Path]:
    try:
        return siblings(control)
    except OSError:  # one was removed between two looks; the next look is in a second
        return ()


async def _asked(path: Path, what: str, seconds: float) -> Engine | None:
    try:
        async with asyncio.timeout(seconds):
            return Engine(path.stem, await _answer(path, what))
    except (ConnectionRefusedError, FileNotFoundError):
        return None
    except (OSError, ValueError):  # TimeoutError is one of the first; the others are answers that are none
        return Engine(path.stem, None)


async def _answer(path: Path, what: str) -> Mapping[str, Any] | None:
    reader, writer = await asyncio.open_unix_connection(str(path), limit=LONGEST_ANSWER)
    try:
        writer.write(json.dumps({"do": what}).encode() + b"\n")
        found = json.loads(await reader.readline())
    finally:
        writer.close()
    return found if isinstance(found, dict) and found.get("ok") else None
