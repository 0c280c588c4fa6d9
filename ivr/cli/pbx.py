"""`ivr pbx`: the embedded Asterisk and the simulated telephone network beside it."""

import json

import typer

from ivr.asterisk.embedded import Pair
from ivr.asterisk.instance import Instance
from ivr.cli.answers import Form, Output
from ivr.cli.pbx_install import install
from ivr.cli.rules_read import rules_of
from ivr.cli.setup import pair_of
from ivr.cli.start import settings

app = typer.Typer(no_args_is_help=True, help="Start, end and show the embedded PBX and the simulated network.")
app.command("install")(install)


@app.command()
def up() -> None:
    """Start both Asterisks, configured from `dialplans/` and the rules; they go on until `ivr pbx down`.

    Example: ivr pbx up
    """
    pair = _pair()
    pair.start(bound=False)
    _show(pair)


@app.command()
def down() -> None:
    """End both Asterisks that `ivr pbx up` started. Calls in progress end with them.

    Example: ivr pbx down
    """
    pair = _pair()
    pair.stop()
    _show(pair)


@app.command()
def status(
    output: Form = Output.TABLE,
) -> None:
    """Show whether both run. Exit code 1 if one does not.

    Example: ivr pbx status --output json
    """
    pair = _pair()
    if output is not Output.TABLE:
        typer.echo(json.dumps([_facts(item) for item in (pair.pbx, pair.network)]))
    else:
        _show(pair)
    if None in (pair.pbx.running(), pair.network.running()):
        raise typer.Exit(1)


def _pair() -> Pair:
    found = settings()
    return pair_of(found, rules_of(found))


def _facts(item: Instance) -> dict[str, object]:
    return {
        "name": item.name,
        "process": item.running(),
        "asterisk": item.place.version,
        "listens": [f"{kind} {host}:{port}" for kind, host, port in item.ports],
        "directory": str(item.directory),
    }


def _show(pair: Pair) -> None:
    for item in (pair.pbx, pair.network):
        pid = item.running()
        state = f"runs (process {pid})" if pid else "does not run"
        listens = ", ".join(f"{kind} {host}:{port}" for kind, host, port in item.ports)
        typer.echo(f"{item.name}: {state}, Asterisk {item.place.version}, {listens}, files in {item.directory}")
