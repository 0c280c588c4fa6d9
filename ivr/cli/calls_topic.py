"""`ivr calls topic`: what a call is about, or was."""

from collections.abc import Sequence
from enum import StrEnum
from typing import Annotated

import typer
from pydantic import ValidationError

from ivr.cli.answers import Form, Output, tell_one
from ivr.cli.calls_known import asked
from ivr.cli.completing import call_names
from ivr.cli.start import settings
from ivr.cli.supervised import expected, name_of, supervision
from ivr.errors import OperatorError
from ivr.settings import Settings
from ivr.supervision.models import Done
from ivr.supervision.orders import TopicOrder


class Result(StrEnum):
    """What came of a call, in the municipality's words."""

    CONSULTED = "consulted"
    REGISTERED = "registered"


def topic_command(
    call: Annotated[
        str,
        typer.Argument(
            metavar="CALL",
            autocompletion=call_names,
            help="A call under way, or the beginning or end of its name; one that is over by its whole name.",
        ),
    ],
    topic: Annotated[str, typer.Argument(help="A topic of the call's service: its name or its code.")],
    result: Annotated[Result | None, typer.Option(help="What came of the call.")] = None,
    case: Annotated[str, typer.Option(help="The reference of the request: letters, digits and _ . / -")] = "",
    output: Form = Output.TABLE,
) -> None:
    """Say what a call is about, or was: instead of what was said before. Without supervision the engine does it.

    Exit codes: 1 no such call, or refused; 2 wrong order; 3 nobody answers; 4 Asterisk did not confirm in time.

    Example: ivr calls topic pbx-1795311670.0 heating --result registered --case A-12
    """
    found = settings()
    done = _by_supervision(found, call, topic, result, case)
    if done is None:
        done = _by_the_engine(found, call, topic, result, case)
    tell_one(done.model_dump(mode="json"), [done.text], output)


def _by_supervision(found: Settings, call: str, topic: str, result: Result | None, case: str) -> Done | None:
    """Ask supervision; None if the engine has to be asked."""
    try:
        order = TopicOrder(topic=topic, result=result.value if result else "", case=case)
    except ValidationError:
        raise OperatorError(f"{topic!r} is no topic's name or code, or {case!r} is no case reference") from None
    if not expected(found):  # one that refuses, or cannot keep its audit, is not gone round
        return None
    with supervision(found) as client:
        return client.topic(_named(call, [one.call for one in client.calls().calls]), order)


def _by_the_engine(found: Settings, call: str, topic: str, result: Result | None, case: str) -> Done:
    known = [one["call"] for one in asked(found, {"do": "calls"})["calls"]]
    order = {"call": _named(call, known), "topic": topic, "result": result.value if result else "", "case": case}
    answer = asked(found, {"do": "topic", **order})
    more = [word for word in (answer["result"], f"case {answer['case']}" if answer["case"] else "") if word]
    about = ", ".join([f"{answer['title']} ({answer['topic']})", *more])
    text = f"Asterisk has written into the journal that {answer['call']} is about {about}"
    values = {name: answer[name] for name in ("topic", "title", "result", "case", "service", "by")}
    return Done(text=text, call=answer["call"], values=values)


def _named(call: str, known: Sequence[str]) -> str:
    """Give the call under way that is meant, else the name as it is: a call that is over."""
    return name_of(call, known) if any(one.startswith(call) or one.endswith(call) for one in known) else call
