"""`ivr calls listen | whisper | barge | listenings | unlisten`: a supervisor's phone hears a call, and takes part in it."""

import time
from typing import TYPE_CHECKING, Annotated, Literal

import typer
from pydantic import ValidationError

from ivr.cli.answers import Columns, Form, Headers, Output, tell_found, tell_one
from ivr.cli.calls_shown import CallName
from ivr.cli.completing import phone_names
from ivr.cli.supervised import call_of, supervision
from ivr.errors import OperatorError
from ivr.supervision.models import Listening
from ivr.supervision.orders import ListenOrder

if TYPE_CHECKING:
    from ivr.supervision.client import Client

PATIENCE = 60.0  # seconds until the supervisor's phone has been answered, or given up
LOOK = 0.25  # seconds between looks

Phone = Annotated[
    str | None,
    typer.Option(
        "--phone", envvar="IVR_LISTEN_PHONE", autocompletion=phone_names, help="The phone that shall hear it."
    ),
]
_COLUMNS: Columns[Listening] = {
    "id": lambda one: one.id,
    "call": lambda one: one.call,
    "phone": lambda one: one.phone,
    "mode": lambda one: one.mode,
    "state": lambda one: one.state,
    "by": lambda one: one.by,
    "since": lambda one: f"{one.since:%Y-%m-%dT%H:%M:%SZ}",
}
_HEARD = {
    "listen": "nobody hears it",
    "whisper": "the operator alone hears it",
    "barge": "caller and operator hear it",
}


def listen(call: CallName, phone: Phone = None, output: Form = Output.TABLE) -> None:
    """Call a supervisor's phone and let it hear both sides of a call; nobody hears the phone.

    It ends when the phone hangs up, when the call ends, or with `ivr calls unlisten`. It prints what happened when the
    phone was answered.

    Exit codes: 1 no such call, private, or the phone did not answer; 2 wrong order; 3 no supervision answers; 4 Asterisk
    did not confirm in time.

    Example: ivr calls listen 7214.0 --phone kekava-duty-1
    """
    _begin("listen", call, phone, output)


def whisper(call: CallName, phone: Phone = None, output: Form = Output.TABLE) -> None:
    """Call a supervisor's phone and let it hear a call; the operator alone hears the phone. Else as `ivr calls listen`.

    Example: ivr calls whisper 7214.0
    """
    _begin("whisper", call, phone, output)


def barge(call: CallName, phone: Phone = None, output: Form = Output.TABLE) -> None:
    """Call a supervisor's phone and let it take part in a call; both sides hear it. Else as `ivr calls listen`.

    Example: ivr calls barge 7214.0
    """
    _begin("barge", call, phone, output)


def listenings(output: Form = Output.TABLE, headers: Headers = True) -> None:
    """Show who listens to which call now. Exit code 1 if nobody does, 3 if no supervision answers.

    Example: ivr calls listenings --output jsonl
    """
    with supervision() as client:
        found = [one for one in client.listenings() if one.state != "ended"]
    tell_found(found, _COLUMNS, lambda one: one.model_dump(mode="json"), output, "nobody listens", headers=headers)


def unlisten(
    which: Annotated[str, typer.Argument(metavar="ID", help="The listening, as `ivr calls listenings` shows it.")],
    output: Form = Output.TABLE,
) -> None:
    """End a listening: the supervisor's phone is hung up, the call goes on.

    Exit codes: 1 there is none of that id; 3 no supervision answers; 4 Asterisk did not confirm in time.

    Example: ivr calls unlisten 5c02e1
    """
    with supervision() as client:
        done = client.end_listening(which)
    tell_one(done.model_dump(mode="json"), [f"{done.phone} does not hear call {done.call} any more"], output)


def _begin(mode: Literal["listen", "whisper", "barge"], call: str, phone: str | None, output: Output) -> None:
    try:
        order = ListenOrder(mode=mode, phone=phone)
    except ValidationError:
        raise OperatorError(f"{phone!r} is no phone's name") from None
    with supervision() as client:
        chosen, _ = call_of(client, call)
        begun = client.listen(chosen.call, order)
        typer.echo(f"{begun.phone} rings", err=True)
        now = _answered(client, begun)
    if now.state == "listening":
        words = f"{now.phone} hears call {now.call}, {_HEARD[mode]}; listening {now.id} ends when the phone hangs up"
    else:
        words = f"{now.phone} does not hear call {now.call}: {now.reason or 'it was not answered'}"
    tell_one(now.model_dump(mode="json"), [words], output)
    if now.state != "listening":
        raise typer.Exit(1)


def _answered(client: "Client", begun: Listening) -> Listening:
    """Wait until the phone was answered or given up; give the listening as it then is. Ctrl-C gives it up."""
    now, end = begun, time.monotonic() + PATIENCE
    try:
        while now.state == "ringing" and time.monotonic() < end:
            time.sleep(LOOK)
            known = {one.id: one for one in client.listenings()}
            now = known.get(begun.id, begun.model_copy(update={"state": "ended"}))
    except KeyboardInterrupt:
        client.end_listening(begun.id)
        raise
    return client.end_listening(begun.id) if now.state == "ringing" else now
