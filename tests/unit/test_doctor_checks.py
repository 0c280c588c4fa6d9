"""Each check of `ivr doctor` as a table: one fact is changed, one finding answers."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from ivr.doctor.checks import findings, version
from ivr.doctor.checks_manager import DANGEROUS, READ, SUPERVISION_READ, SUPERVISION_WRITE, WRITE
from ivr.doctor.checks_records import TABLE_WRITER, WRITER
from ivr.doctor.facts import Cel, Console, Disk, Facts, JournalFile, JournalTable, Login, Manager, ManagerUser, Rules
from ivr.doctor.findings import Finding, Level, ok, warning, worst, wrong
from tests.fakes.command_line import CommandLine

GB = 1_000_000_000
USER = ManagerUser(frozenset(READ), frozenset(WRITE), limited=True)
SUPERVISION = ManagerUser(frozenset(SUPERVISION_READ), frozenset(SUPERVISION_WRITE), limited=True)
CONSOLE = Console(
    version="22.10.1",
    modules=frozenset({"app_read.so", "res_agi.so"}),
    user=USER,
    supervision=SUPERVISION,
    manager=Manager("127.0.0.1:5038", "", web=False),
    cel=Cel(
        enabled=True, events=frozenset({"ALL"}), applications=frozenset({"dial", "queue", "agi"}), writers=(WRITER,)
    ),
    globals={"IVR_RULES_NOW": "abc", "IVR_REPLY_SECONDS": "1.5"},
    contexts=frozenset({"ivr-call", "ivr-connect", "ivr-fallback", "ivr-numbers", "ivr-transfer"}),
    channels=0,
    prefix=True,
)
BOTH = (WRITER, TABLE_WRITER)
FACTS = Facts(
    console=CONSOLE,
    login=Login("", 0.0),
    supervision_login=Login("", 0.0),
    rules=Rules("abc"),
    differences=(),
    prompts=(),
    journal=JournalFile(Path("journal.csv"), exists=True, size=10, age=3.0, columns=14),
    disks=(Disk("journal", Path("/"), 20 * GB, 100 * GB),),
    ports=(("manager", "tcp 127.0.0.1:5038", True),),
    secrets=(),
    synchronised=True,
    engine="host-1: leading",
    needed_modules=("app_read.so", "res_agi.so"),
)


def console(**changes: Any) -> Facts:
    return replace(FACTS, console=replace(CONSOLE, **changes))


def cel(**changes: Any) -> Facts:
    return console(cel=replace(CONSOLE.cel, **changes))


def journal(live: int = 0, **changes: Any) -> Facts:
    return replace(console(channels=live), journal=replace(FACTS.journal, **changes))


def table(live: int = 0, writers: tuple[str, ...] = (WRITER,), **changes: Any) -> Facts:
    seen = console(channels=live, cel=replace(CONSOLE.cel, writers=writers))
    return replace(seen, journal=JournalTable("postgresql://ivr@db/asterisk", **changes))


def user(**changes: Any) -> Facts:
    return console(user=replace(USER, **changes))


def supervision(**changes: Any) -> Facts:
    return console(supervision=replace(SUPERVISION, **changes))


def test_all_is_in_order() -> None:
    said = list(findings(FACTS))
    assert [one for one in said if one.level is not Level.OK] == []
    assert len(said) >= 14
    assert worst(said) is Level.OK


@pytest.mark.parametrize(
    ("facts", "level", "check", "words"),
    [
        (replace(FACTS, console=None), "warning", "asterisk", "console"),
        (console(version="18.2.0"), "wrong", "version", "18.2.0"),
        (console(modules=frozenset({"res_agi.so"})), "wrong", "modules", "app_read.so"),
        (
            console(modules=frozenset({"app_read.so", "res_agi.so", "app_system.so"})),
            "warning",
            "dangerous modules",
            "app_system",
        ),
        (console(prefix=False), "wrong", "sounds", "language"),
        (console(user=None), "wrong", "manager user", "no such user"),
        (user(read=frozenset(READ) - {"agi"}), "wrong", "manager rights", "read=agi"),
        (user(write=frozenset(WRITE) - {"call"}), "wrong", "manager rights", "write=call"),
        (user(write=frozenset(WRITE) | {"command"}), "warning", "manager rights", "write=command"),
        (user(read=frozenset(READ) | {"log"}), "warning", "manager rights", "read=log"),
        (user(limited=False), "warning", "manager addresses", "anywhere"),
        (console(supervision=None), "warning", "supervision user", "no such user"),
        (supervision(read=frozenset({"system", "call"})), "warning", "supervision rights", "read=user: supervision"),
        (supervision(write=frozenset({"call"})), "warning", "supervision rights", "write=originate: nobody can listen"),
        (supervision(write=frozenset(WRITE)), "warning", "supervision rights", "than supervision uses: write=agi"),
        (supervision(limited=False), "warning", "supervision addresses", "anywhere"),
        (replace(FACTS, supervision_login=Login("refused")), "warning", "supervision login", "refused"),
        (console(manager=Manager("192.0.2.1:5038", "", web=False)), "warning", "manager", "without TLS"),
        (console(manager=Manager("[::]:5038", "", web=False)), "warning", "manager", "TLS"),
        (console(manager=Manager("127.0.0.1:5038", "", web=True)), "warning", "manager", "HTTP"),
        (replace(FACTS, login=Login("refused")), "wrong", "manager login", "refused"),
        (replace(FACTS, login=Login("", 3600.0)), "wrong", "clock", "3600 s ahead"),
        (replace(FACTS, login=Login("", -7.0)), "wrong", "clock", "7 s behind"),
        (replace(FACTS, synchronised=False), "warning", "clock", "time server"),
        (replace(FACTS, rules=Rules("", ("line 3: no",))), "wrong", "rules", "line 3"),
        (console(contexts=CONSOLE.contexts - {"ivr-fallback"}), "wrong", "dialplan", "ivr-fallback"),
        (console(globals={"IVR_REPLY_SECONDS": "1.5"}), "wrong", "dialplan", "globals"),
        (console(globals={"IVR_RULES_NOW": "abc"}), "wrong", "dialplan", "globals"),
        (console(globals={"IVR_RULES_NOW": "old", "IVR_REPLY_SECONDS": "1.5"}), "wrong", "dialplan", "old"),
        (console(globals={"IVR_RULES_NOW": "abc", "IVR_REPLY_SECONDS": "4"}), "wrong", "times", "4 s"),
        (replace(FACTS, lease_seconds=1), "warning", "times", "shorter"),
        (replace(FACTS, differences=("a", "b", "c", "d")), "wrong", "dialplan files", "and 1 more"),
        (replace(FACTS, prompts=("lv/x",)), "wrong", "prompts", "lv/x"),
        (cel(enabled=False), "wrong", "events (CEL)", "no events"),
        (cel(events=frozenset({"CHAN_START"})), "wrong", "events (CEL)", "not all"),
        (cel(applications=frozenset({"dial"})), "wrong", "events (CEL)", "agi, queue"),
        (cel(writers=()), "wrong", "events (CEL)", "file"),
        (cel(writers=(TABLE_WRITER,)), "warning", "events (CEL)", "a database only"),
        (journal(exists=False), "warning", "journal", "not there"),
        (journal(live=2, exists=False), "wrong", "journal", "2 channels"),
        (journal(columns=3), "wrong", "journal", "3 columns"),
        (table(problem="no table cel"), "wrong", "journal", "no table cel"),
        (table(), "wrong", "journal", "writes into no table"),
        (table(live=1, writers=BOTH), "warning", "journal", "no row"),
        (table(live=2, writers=BOTH, age=900.0), "warning", "journal", "900 s"),
        (journal(live=1, age=900.0), "warning", "journal", "900 s"),
        (replace(FACTS, disks=(Disk("x", Path("/"), GB // 2, GB),)), "warning", "disk", "0.5"),
        (replace(FACTS, disks=(Disk("x", Path("/"), GB // 20, GB),)), "wrong", "disk", "0.1"),
        (replace(FACTS, ports=(("SIP", "udp 127.0.0.1:5060", False),)), "wrong", "ports", "5060"),
        (replace(FACTS, secrets=("file x is open",)), "wrong", "secrets", "file x"),
        (replace(FACTS, risks=("SIP is open",)), "warning", "network", "SIP is open"),
        (replace(FACTS, engine=None), "warning", "engine", "fallback"),
    ],
)
def test_one_fact_changes_one_finding(facts: Facts, level: str, check: str, words: str) -> None:
    said = [one for one in findings(facts) if one.level is not Level.OK]
    assert [(one.check, one.level.value) for one in said] == [(check, level)]
    assert words in said[0].said
    assert said[0].todo


@pytest.mark.parametrize(
    ("facts", "check", "words"),
    [
        (cel(writers=(TABLE_WRITER, WRITER)), "events (CEL)", "cel_custom and cel_pgsql"),
        (journal(size=0, age=None, columns=None), "journal", "empty"),
        (journal(live=3, age=30.0), "journal", "30 s"),
        (table(live=3, writers=BOTH, age=30.0), "journal", "newest row 30 s"),
        (table(writers=BOTH, age=900.0), "journal", "newest row 900 s"),
        (replace(table(age=3.0), console=None), "journal", "newest row 3 s"),
        (replace(FACTS, login=Login("", None)), "clock", "not compared"),
        (replace(FACTS, synchronised=None), "clock", "not known"),
        (console(manager=Manager("", "192.0.2.1:5039", web=False)), "manager", "192.0.2.1:5039"),
    ],
)
def test_what_is_no_fault_is_in_order(facts: Facts, check: str, words: str) -> None:
    (one,) = (one for one in findings(facts) if one.check == check)
    assert one.level is Level.OK
    assert words in one.said


@pytest.mark.parametrize(
    ("text", "level"),
    [
        ("22.10.1", Level.OK),
        ("22.1", Level.OK),
        ("22.0.0", Level.WARNING),
        ("21.5.0", Level.WARNING),
        ("20.11.0", Level.OK),
        ("20.9.3", Level.WARNING),
        ("23.0.0", Level.OK),
        ("19.8.0", Level.WRONG),
        ("", Level.WRONG),
    ],
)
def test_versions(text: str, level: Level) -> None:
    assert version(text).level is level


def test_the_rights_are_those_of_the_shipped_configuration() -> None:
    engine, _ = Path("dialplans/pbx/manager.conf").read_text().split("[@SUPERVISOR_USER@]")
    lines = engine.splitlines()
    given = {
        line.partition("=")[0].strip(): line.partition("=")[2] for line in lines if line.startswith(("read", "write ="))
    }
    assert {part.strip() for part in given["read"].split(",")} == set(READ)
    assert {part.strip() for part in given["write"].split(",")} == set(WRITE)


def test_the_embedded_pbx_loads_no_dangerous_module() -> None:
    text = Path("dialplans/pbx/modules.conf").read_text()
    assert not [name for name in DANGEROUS if name in text]


def test_the_worst_counts() -> None:
    some = [ok("a", "x"), wrong("b", "y", "z"), warning("c", "y", "z")]
    assert worst(some) is Level.WRONG
    assert worst(some[:1]) is Level.OK
    assert worst([]) is Level.OK
    assert some[1] == Finding("b", Level.WRONG, "y", "z")


def test_what_was_found_is_one_object_a_line(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("ivr.cli.doctor.gathered", lambda _: FACTS)
    lines = CommandLine(monkeypatch, capsys)("doctor", "--output", "jsonl").out.splitlines()
    assert [json.loads(line)["check"] for line in lines] == [one.check for one in findings(FACTS)]
