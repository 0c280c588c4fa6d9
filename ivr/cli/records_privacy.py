"""`ivr records purge | subject | audit`: what is kept of citizens, for how long, and who looked."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from typing import Annotated

import typer

from cdr.privacy.audit import Entry, entries, user
from cdr.privacy.keys import KeyFiles
from cdr.privacy.retention import Purged, purge_calls, purge_files, purge_journal, purge_numbers, purged_noted
from cdr.privacy.subject import Erased, erased, exported, subject_of
from cdr.store.store import Store
from ivr.cli.answers import Columns, Form, Headers, Output, tell
from ivr.cli.records_options import with_store
from ivr.cli.rules_read import rules_of
from ivr.cli.setup import journal_files
from ivr.cli.start import now
from ivr.errors import OperatorError, SettingsError
from ivr.settings import Settings, load

StorePlace = Annotated[str | None, typer.Option("--store", envvar="IVR_STORE", help="The record store.")]
Reason = Annotated[str, typer.Option("--reason", help="Why; it is kept in the audit.")]


def purge(
    store: StorePlace = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only count what would go.")] = False,
    output: Form = Output.TABLE,
    headers: Headers = True,
) -> None:
    """Let go of what has been kept for long enough: numbers, journal, recordings, calls, each by its own setting.

    How long, in days (0: for ever): IVR_KEEP_NUMBERS_DAYS, IVR_KEEP_JOURNAL_DAYS, IVR_KEEP_RECORDINGS_DAYS,
    IVR_KEEP_CALLS_DAYS. Run it every night: deploy/ivr-purge.timer.

    Example: ivr records purge --dry-run
    """
    settings, at = load(), now()
    _possible(settings)

    async def work(opened: Store) -> list[Purged]:
        done = await _purged(opened, settings, at, dry_run=dry_run)
        if not dry_run:
            await purged_noted(opened, done, user(), at)
        return done

    with _files_may_be_changed():
        found = with_store(store or str(settings.store), work)
    columns: Columns[Purged] = {
        "class": lambda one: one.what,
        "older than": lambda one: f"{one.before:%Y-%m-%d %H:%M} UTC",
        "would go" if dry_run else "gone": lambda one: one.count,
        "bytes": lambda one: one.size or "",
    }
    tell(found, columns, lambda one: asdict(one) | {"before": one.before.isoformat()}, output, headers=headers)
    if not found:
        typer.echo("Nothing has a time after which it goes: see IVR_KEEP_NUMBERS_DAYS and the others.", err=True)


@contextmanager
def _files_may_be_changed() -> Iterator[None]:
    """Say what is to be done where a file may not. Raises OperatorError."""
    try:
        yield
    except OSError as error:
        raise OperatorError(
            f"{error.filename}: {error.strerror}; run this again as a user who may write there (that of Asterisk, or "
            "root): what is done already does no harm"
        ) from error


async def _purged(store: Store, settings: Settings, at: datetime, *, dry_run: bool) -> list[Purged]:
    """Go through the classes; what is let go with the calls need not be let go before."""

    def before(days: int) -> datetime:
        return at - timedelta(days=days)

    done: list[Purged] = []
    if settings.keep_recordings_days:
        paths = sorted(settings.recordings.rglob("*.*"))
        done.append(purge_files("recordings", paths, before(settings.keep_recordings_days), dry_run=dry_run))
    if settings.keep_calls_days:
        done.append(await purge_calls(store, before(settings.keep_calls_days), dry_run=dry_run))
    if settings.keep_journal_days:
        rotated = journal_files(settings, lambda: rules_of(settings))[1]
        done += await purge_journal(store, rotated, before(settings.keep_journal_days), dry_run=dry_run)
    if settings.keep_numbers_days:
        files = KeyFiles(settings.key_of_records)
        done.append(await purge_numbers(store, files, before(settings.keep_numbers_days), dry_run=dry_run))
    return done


def subject(
    number: Annotated[str, typer.Argument(help="The citizen's number as the network sends it: +37129123456.")],
    reason: Reason,
    store: StorePlace = None,
    erase: Annotated[bool, typer.Option("--erase", help="Make the citizen's calls anonymous.")] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Erase without asking.")] = False,
) -> None:
    """Give out everything that is kept of one citizen, as JSON; or erase the number everywhere.

    Example: ivr records subject +37129123456 --reason "request 2026/118 of the citizen" --erase
    """
    settings, at = load(), now()
    try:
        found = subject_of(number, KeyFiles(settings.key_of_records))
    except ValueError as error:
        raise SettingsError(str(error)) from None
    place = store or str(settings.store)
    if not erase:

        async def give(opened: Store) -> dict[str, object]:
            return await exported(opened, found, user(), reason, at)

        typer.echo(json.dumps(with_store(place, give), ensure_ascii=False, indent=1))
        return
    if not yes:
        typer.confirm("Erase this number from the store and from the journal's files? It cannot be undone", abort=True)

    async def let_go(opened: Store) -> Erased:
        path, rotated = journal_files(settings, lambda: rules_of(settings))
        paths = [*rotated, *([path] if path.exists() else [])]
        return await erased(opened, found, paths, user(), reason, at)

    with _files_may_be_changed():
        done = with_store(place, let_go)
    typer.echo(f"{done.calls} calls are anonymous now; the number was taken out of {len(done.files)} journal files.")


def audit(
    store: StorePlace = None,
    since: Annotated[datetime | None, typer.Option(envvar="IVR_SINCE", help="Only later ones (UTC).")] = None,
    limit: Annotated[int, typer.Option(min=1, help="At most so many.")] = 100,
    output: Form = Output.TABLE,
    headers: Headers = True,
) -> None:
    """Show who looked at citizens' numbers, exported, erased or purged, the newest first.

    Example: ivr records audit --since 2026-11-01
    """
    at = since.replace(tzinfo=since.tzinfo or UTC) if since else None

    async def read(opened: Store) -> list[Entry]:
        return await entries(opened, since=at, limit=limit)

    found = with_store(store or str(load().store), read)
    columns: Columns[Entry] = {
        "at (UTC)": lambda one: f"{one.at:%Y-%m-%d %H:%M:%S}",
        "who": lambda one: one.who,
        "what": lambda one: one.what,
        "why": lambda one: one.why,
        "object": lambda one: one.object,
        "result": lambda one: one.result,
    }
    tell(found, columns, lambda one: asdict(one) | {"at": one.at.isoformat()}, output, headers=headers)


def _possible(settings: Settings) -> None:
    """Refuse times that undo each other. Raises SettingsError."""
    calls, journal = settings.keep_calls_days, settings.keep_journal_days
    if calls and (not journal or journal > calls):
        raise SettingsError(
            f"IVR_KEEP_CALLS_DAYS={calls} needs IVR_KEEP_JOURNAL_DAYS between 1 and {calls}: from a journal that is kept "
            "longer the calls would be made again"
        )
