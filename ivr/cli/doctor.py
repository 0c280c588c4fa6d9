"""`ivr doctor`: one line for each check of a live installation, and what to do about it."""

import asyncio
from collections.abc import Iterator, Sequence
from pathlib import Path

import typer

from ivr import logs
from ivr.asterisk import embedded, manager_tls
from ivr.asterisk.link import LinkSettings
from ivr.asterisk.render_fallback import SOUNDS
from ivr.cli.answers import Form, Output, tell
from ivr.cli.dialplan import differences, installed, written_by_hand
from ivr.cli.start import complete, now
from ivr.doctor import gather
from ivr.doctor.checks import findings
from ivr.doctor.facts import Console, Facts, JournalFile, JournalTable, Login, Rules
from ivr.doctor.findings import Finding, Level, worst
from ivr.doctor.gather_manager import login
from ivr.doctor.site import Site, embedded_site, town_site
from ivr.errors import RulesError
from ivr.exposure import risks
from ivr.install.texts import modules_needed
from ivr.install.town import town
from ivr.live.client import engines
from ivr.prompts.spoken import unplayable
from ivr.prompts.texts import prompt_exists_in
from ivr.routing.rules import Ruleset
from ivr.rulebook.live import LiveRules
from ivr.rulebook.read import years_around
from ivr.settings import Settings, load


def doctor(output: Form = Output.TABLE) -> None:
    """Check a live installation: Asterisk, rights, dialplan, prompts, records, clock, disks, ports, secrets, engine.

    Exit code 0 if nothing is wrong (warnings are no fault), 1 if something is, 2 if it cannot be looked at.

    Example: ivr doctor --output json
    """
    found = load()
    logs.set_up("debug" if found.log_level == "debug" else "error")  # what is wrong is said in the findings
    said = list(findings(gathered(found)))
    if output is Output.TABLE:
        typer.echo("\n".join(_lines(said)))
    else:
        tell(said, {}, _plain, output)
    if worst(said) is Level.WRONG:
        raise typer.Exit(1)


def gathered(found: Settings) -> Facts:
    """Look at everything. Raises SettingsError, PbxUnavailable if it is not known where to look."""
    rules, problems = _rules(found)
    site = (
        town_site(found, town(found, rules, today=now().date())) if found.pbx == "installed" else embedded_site(found)
    )
    console = gather.console(site.cli, found.ami_user, found.supervisor_user)
    engine, supervision = complete(_logins(found, site))
    templates = found.dialplans / "pbx"
    return Facts(
        console=console,
        login=engine,
        supervision_login=supervision,
        rules=Rules("" if rules is None else rules.version, problems),
        differences=tuple(_differences(site, rules, templates)),
        prompts=tuple(_prompts(found, site, rules)),
        journal=_journal(found, site),
        disks=tuple(gather.disks(_written_to(found, site))),
        ports=tuple(_ports(found, site, console)),
        secrets=tuple(gather.secrets(site.secrets)),
        synchronised=gather.synchronised(),
        engine=_engine(found),
        needed_modules=modules_needed((templates / "modules.conf").read_text(encoding="utf-8")),
        risks=tuple(risks(found.openings)),
        reply_seconds=found.reply_seconds,
        lease_seconds=found.lease_seconds,
    )


def _rules(found: Settings) -> tuple[Ruleset | None, tuple[str, ...]]:
    try:
        live = LiveRules(found.rules, lambda: years_around(now().year), prompt_exists_in(found.prompts))
    except RulesError as error:
        return None, tuple(str(problem) for problem in error.problems) or (str(error),)
    return live.current, ()


def _journal(found: Settings, site: Site) -> JournalFile | JournalTable:
    now = gather.epoch()
    return gather.table(found.journal_table, now) if found.journal_table else gather.journal(site.journal, now)


def _written_to(found: Settings, site: Site) -> Iterator[tuple[str, Path]]:
    """Give where something is written on this host; a database on a server has its disk elsewhere."""
    if not found.journal_table or site.journal.exists():
        yield "journal", site.journal
    if "://" not in found.store:
        yield "records", Path(found.store)
    yield "state", found.state


async def _logins(found: Settings, site: Site) -> tuple[Login, Login]:
    """Log in as the engine and as supervision."""
    tls = manager_tls.context(found)
    users = ((found.ami_user, site.secret), (found.supervisor_user, site.supervisor_secret))
    engine, supervision = (login(LinkSettings(*site.ami, *user, tls=tls), gather.epoch) for user in users)
    return await asyncio.gather(engine, supervision)


def _differences(site: Site, rules: Ruleset | None, templates: Path) -> Iterator[str]:
    """Compare what the PBX has with what the rules render, each in the form that this PBX takes."""
    if rules is None:
        return
    fixed = written_by_hand(templates)
    said = differences(rules, fixed, installed(site.rendered), now().date(), site.adapted)
    yield from (line for line in said if not line.startswith(("+++", "@@", " ")))


def _prompts(found: Settings, site: Site, rules: Ruleset | None) -> Iterator[str]:
    if rules is None:
        return
    yield from (str(problem) for problem in unplayable(rules, found.prompts))
    for recording in sorted(found.prompts.glob("*/**/*.wav")):
        language, *rest = recording.relative_to(found.prompts).parts
        if rest[0] != embedded.VOICES and not (site.sounds / language / SOUNDS / Path(*rest)).exists():
            yield f"{language}/{'/'.join(rest)} is not where Asterisk looks for it ({site.sounds})"


def _ports(found: Settings, site: Site, console: Console | None) -> Iterator[tuple[str, str, bool | None]]:
    wanted = [("manager", "tcp", *site.ami)]
    if found.pbx == "embedded":
        wanted.append(("SIP", "udp", found.sip_host, found.sip_port))
    if console is not None:
        for what, kind, host, port in wanted:
            yield what, f"{kind} {host}:{port}", gather.listening(kind, host, port)


def _engine(found: Settings) -> str | None:
    said = [f"{one.get('engine', '?')}: {one.get('lead', 'runs')}" for one in engines(found.control)]
    return ", ".join(said) or None


def _lines(said: Sequence[Finding]) -> Iterator[str]:
    for one in said:
        yield f"{one.level.value:8} {one.check:18} {one.said}" + (f"\n{'':28}do: {one.todo}" if one.todo else "")
    count = {level: sum(one.level is level for one in said) for level in Level}
    yield f"{count[Level.OK]} in order, {count[Level.WARNING]} warnings, {count[Level.WRONG]} wrong"


def _plain(one: Finding) -> dict[str, str]:
    return {"check": one.check, "level": one.level.value, "said": one.said, "todo": one.todo}
