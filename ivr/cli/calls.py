"""`ivr calls`: the calls under way - see them, listen, pass callers on, end calls, say what calls were about."""

from collections.abc import Mapping
from typing import ClassVar

import typer

from ivr.cli.lazy import LazyGroup, Place


class CallsCommands(LazyGroup):
    """All commands of `ivr calls`."""

    places: ClassVar[Mapping[str, Place]] = {
        "list": Place("calls_shown", "list_command", "Show the calls under way."),
        "show": Place("calls_shown", "show_command", "Tell one call under way, from the first ring to now."),
        "watch": Place("calls_watch", "watch_command", "Tell every change of the calls under way, until Ctrl-C."),
        "transfer": Place("calls_moved", "transfer", "Pass a caller on, as a colleague's transfer."),
        "send": Place("calls_moved", "send", "Send a call at any stage to a destination."),
        "hangup": Place("calls_moved", "hangup", "End a call."),
        "announce": Place("calls_moved", "announce", "Play a recording to callers who wait."),
        "topic": Place("calls_topic", "topic_command", "Say what a call is about, or was."),
        "listen": Place("calls_listen", "listen", "Let a phone hear a call; nobody hears it."),
        "whisper": Place("calls_listen", "whisper", "Let a phone hear a call and be heard by the operator alone."),
        "barge": Place("calls_listen", "barge", "Let a phone take part in a call; both sides hear it."),
        "listenings": Place("calls_listen", "listenings", "Show who listens to which call now."),
        "unlisten": Place("calls_listen", "unlisten", "End a listening; the call goes on."),
    }


app = typer.Typer(cls=CallsCommands, no_args_is_help=True)


@app.callback()
def calls() -> None:
    """See the calls under way, listen, pass callers on, end calls, say what calls were about."""
