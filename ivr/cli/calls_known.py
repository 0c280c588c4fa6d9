"""The calls under way as rows of a list: from supervision, or from the engine that leads if no supervision answers."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import typer

from ivr.cli.answers import Columns
from ivr.cli.exits import NotPossible, Unconfirmed
from ivr.cli.supervised import expected, supervision
from ivr.errors import Unanswered
from ivr.live.client import NoEngine, ask
from ivr.settings import Settings
from ivr.supervision.models import Call, Stage

Row = Mapping[str, Any]
ALONE = "no supervision answers: these are the calls that the engine which leads follows, and no others"
_STAGES = {"entered": Stage.WELCOME, "asking": Stage.MENU, "leaving": Stage.MESSAGE}
"""What the engine's words are for supervision; the others are the same word. `released`: the dialplan leads the call."""

COLUMNS: Columns[Row] = {
    "call": lambda row: row["call"],
    "service": lambda row: row["service"],
    "caller": lambda row: row["caller"],
    "stage": lambda row: row["stage"],
    "seconds": lambda row: f"{row['seconds']:.0f}",
    "place": lambda row: row["destination"] or row["menu"],
    "phone": lambda row: row.get("phone"),
}


def row_of(call: Call, at: datetime) -> Row:
    """Give a call as a row; `seconds` is how long it has been at its stage."""
    return call.model_dump(mode="json") | {"seconds": round(max(0.0, (at - call.since).total_seconds()), 1)}


def rows_known(found: Settings) -> list[Row]:
    """Give the calls under way. Raises Unanswered if neither supervision nor an engine answers."""
    if expected(found):
        try:
            with supervision(found) as client:
                known = client.calls()
                return [row_of(one, known.at) for one in known.calls]
        except (Unanswered, Unconfirmed):
            if found.supervision_url:
                raise  # it is another machine's: the engines of this one have other calls
    try:
        rows = [_engines(one) for one in asked(found, {"do": "calls"})["calls"]]
    except NoEngine as error:
        raise Unanswered(f"no supervision answers, and {error}") from error
    typer.echo(f"ivr: {ALONE}", err=True)
    return rows


def asked(found: Settings, request: dict[str, Any]) -> dict[str, Any]:
    """Ask the engine that leads. Raises NoEngine, and NotPossible with what the engine refused."""
    answer = ask(found.control, request)
    if not answer.get("ok"):
        raise NotPossible(str(answer.get("error", "the engine refused and did not say why")))
    return answer


def _engines(call: dict[str, Any]) -> Row:
    stage = str(_STAGES.get(call["state"], call["state"]))
    return {name: "" if value is None else value for name, value in call.items()} | {"stage": stage}
