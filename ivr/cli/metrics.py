"""`ivr metrics`: the figures of the running engine."""

import typer

from ivr.cli.start import settings
from ivr.errors import OperatorError
from ivr.live.client import ask


def metrics() -> None:
    """Print the running engine's figures in Prometheus' text form.

    Example: ivr metrics | grep ivr_alarms_active
    """
    answer = ask(settings().control, {"do": "metrics"})
    if not answer.get("ok"):
        raise OperatorError(f"the engine refused: {answer.get('error', 'it did not say why')}")
    typer.echo(answer["text"], nl=False)
