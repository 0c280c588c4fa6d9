"""Callers' numbers in answers: masked, or whole for a reason that is kept in the audit."""

from collections.abc import Iterable, Mapping

import typer

from cdr.privacy.audit import user
from cdr.privacy.keys import KeyFiles
from cdr.privacy.shown import callers_shown, full_numbers, looking
from cdr.store.store import Store
from ivr.cli.records_options import chatter
from ivr.cli.start import now
from ivr.settings import load


def reason_of(*, full: bool, reason: str) -> str:
    """Give the reason if whole numbers are asked for, else "". Without one the command ends with exit code 2."""
    if full and not reason.strip():
        chatter().print("ivr: --full-numbers needs --reason TEXT; who asked and why is kept (`ivr records audit`)")
        raise typer.Exit(2)
    return reason.strip() if full else ""


async def callers_of(store: Store, callers: Iterable[str], reason: str) -> Mapping[str, str]:
    """Give for each caller of the records what may be shown; whole numbers if there is a reason, which is noted."""
    wanted = set(callers)
    if not reason:
        return await callers_shown(store, wanted)
    return await full_numbers(store, wanted, KeyFiles(load().key_of_records), looking(user(), reason, now()))
