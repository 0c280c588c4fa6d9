"""What most parts that talk to Asterisk need of the link: to ask and to hear the answer."""

from collections.abc import Mapping, Sequence
from typing import Protocol

from ivr.asterisk.framing import Message
from ivr.asterisk.requests import End


class Asker(Protocol):
    """The part of `Link` that asks."""

    async def attached(self) -> None:
        """Wait until requests can be made. Raises LinkError if that will never be."""

    async def request(self, action: Mapping[str, str | Sequence[str]], *, end: End = ...) -> tuple[Message, ...]:
        """Ask and wait for the answer. Raises LinkError."""
