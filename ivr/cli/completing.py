"""What a shell completes live: calls, destinations, phones.

Rule 1: a shell waits for this, so it asks supervision for at most half a second, and says nothing if nobody answers.
"""

import logging
from collections.abc import Callable, Iterable
from contextlib import suppress
from importlib import import_module
from queue import Empty, SimpleQueue
from threading import Thread
from typing import TYPE_CHECKING, TypeAlias

from ivr.cli.supervised import supervision
from ivr.errors import IvrError
from ivr.settings import load

if TYPE_CHECKING:
    from ivr.supervision.client import Client

LONGEST = 0.5  # seconds that a shell waits
Completions: TypeAlias = list[tuple[str, str]]
"""What may stand there, each with words about it, which zsh and fish show."""


def call_names(incomplete: str) -> Completions:
    """Complete the name of a call under way."""
    return _beginning(incomplete, _answered(_calls))


def destination_names(incomplete: str) -> Completions:
    """Complete the name of a destination."""
    return _beginning(incomplete, _answered(_destinations))


def phone_names(incomplete: str) -> Completions:
    """Complete the name of a phone of the rules."""
    return _beginning(incomplete, _answered(_phones))


def _calls(client: "Client") -> Completions:
    return [(one.call, f"{one.service} {one.caller} {one.stage.value}") for one in client.calls().calls]


def _destinations(client: "Client") -> Completions:
    return [(one.destination, f"{one.title}, {'open' if one.open else 'closed'}") for one in client.destinations()]


def _phones(client: "Client") -> Completions:
    return sorted({(phone, one.title) for one in client.destinations() for phone in one.phones})


def _beginning(incomplete: str, found: Iterable[tuple[str, str]]) -> Completions:
    return [one for one in found if one[0].startswith(incomplete)]


def _answered(question: Callable[["Client"], Completions]) -> Completions:
    """Ask in a thread, which is left behind if the answer does not come in time."""
    try:
        found = load()
    except IvrError:
        return []
    if not (found.supervision_url or found.supervision_socket.exists()):
        return []
    answers: SimpleQueue[Completions] = SimpleQueue()

    def asking() -> None:
        with suppress(IvrError), supervision(found, timeout=LONGEST) as client:
            answers.put(question(client))
        answers.put([])

    import_module("ivr.supervision.client")  # loaded before the half second begins
    logging.disable()  # a shell would show what a library says
    Thread(target=asking, daemon=True).start()
    try:
        return answers.get(timeout=LONGEST)
    except Empty:
        return []
