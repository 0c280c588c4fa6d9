"""`ivr doctor` on a real PBX: all in order, and each thing that is broken is named by the check that is for it."""

import asyncio
import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from ivr.cli.doctor import gathered
from ivr.doctor.checks import findings
from ivr.doctor.findings import Finding, Level
from ivr.settings import Settings
from tests.acceptance.conftest import House
from tests.acceptance.test_bad_input import ivr

Broken = Callable[[House], Iterator[None]]


def judged(settings: Settings) -> dict[str, Finding]:
    """Look at everything; give the worst finding of each check."""
    order = list(Level)
    found: dict[str, Finding] = {}
    for one in findings(gathered(settings)):
        known = found.get(one.check)
        if known is None or order.index(one.level) > order.index(known.level):
            found[one.check] = one
    return found


def wrong(settings: Settings) -> dict[str, str]:
    return {name: one.said for name, one in judged(settings).items() if one.level is Level.WRONG}


@contextmanager
def edited(file: Path, old: str, new: str, pbx: Callable[[str], str | None], *reload: str) -> Iterator[None]:
    """Change one line of a file of the PBX and have it read; put it back in the end."""
    text = file.read_text()
    assert old in text
    try:
        file.write_text(text.replace(old, new))
        for command in reload:
            pbx(command)
        yield
    finally:
        file.write_text(text)
        for command in reload:
            pbx(command)


def test_a_sound_installation_is_in_order(house: House) -> None:
    async def run() -> tuple[str, int, str]:
        async with house.engine():
            done = await asyncio.to_thread(ivr, house, "doctor", "--output", "json")
        return done.stdout, done.returncode, done.stderr

    told, code, errors = asyncio.run(run())
    assert code == 0, told + errors
    said = {one["check"]: one for one in json.loads(told)}
    assert [name for name, one in said.items() if one["level"] == "wrong"] == []
    checks = ("engine", "manager rights", "supervision rights", "supervision login")
    assert [said[name]["level"] for name in checks] == ["ok"] * len(checks)
    assert all(one["todo"] for one in said.values() if one["level"] != "ok")


def test_without_an_engine_it_warns_and_with_a_fault_it_says_no(house: House) -> None:
    assert judged(house.settings)["engine"].level is Level.WARNING
    with edited(
        etc(house) / "cel.conf",
        "events = ALL",
        "events = CHAN_START,APP_START",
        house.pair.pbx.cli,
        "module reload cel",
    ):
        done = ivr(house, "doctor")
    assert done.returncode == 1
    assert "events (CEL)" in done.stdout
    assert "do: cel.conf: events = ALL" in done.stdout


def etc(house: House) -> Path:
    return house.pair.pbx.directory / "etc"


def test_a_module_that_is_missing_is_named(house: House) -> None:
    house.pair.pbx.cli("module unload app_echo.so")
    try:
        assert wrong(house.settings) == {"modules": "not loaded: app_echo.so"}
    finally:
        house.pair.pbx.cli("module load app_echo.so")


def test_rights_that_are_too_few_or_too_many_are_named(house: House) -> None:
    cli = house.pair.pbx.cli
    with edited(etc(house) / "manager.conf", "read = system,call,agi,", "read = system,call,", cli, "manager reload"):
        assert "read=agi" in wrong(house.settings)["manager rights"]
    with edited(etc(house) / "manager.conf", "write = call,", "write = command,system,call,", cli, "manager reload"):
        one = judged(house.settings)["manager rights"]
    assert one.level is Level.WARNING
    assert "write=command, write=system" in one.said


def test_a_dialplan_that_is_not_the_rendered_one_is_found(house: House) -> None:
    with edited(etc(house) / "generated/numbers.conf", "exten => 8488,1", "exten => 8489,1", house.pair.pbx.cli):
        assert "8489" in wrong(house.settings)["dialplan files"]


def test_a_dialplan_that_is_not_loaded_is_found(house: House) -> None:
    cli = house.pair.pbx.cli
    was = house.rules.current.version
    cli("dialplan set global IVR_RULES_NOW 000000000000")
    try:
        assert "000000000000" in wrong(house.settings)["dialplan"]
    finally:
        cli(f"dialplan set global IVR_RULES_NOW {was}")
    with edited(etc(house) / "extensions.conf", "[ivr-connect]", "[ivr-else]", cli, "dialplan reload"):
        assert "ivr-connect" in wrong(house.settings)["dialplan"]


def test_a_secret_that_others_can_read_is_found(house: House) -> None:
    file = etc(house) / "manager.conf"
    file.chmod(0o644)
    try:
        assert str(file) in wrong(house.settings)["secrets"]
    finally:
        file.chmod(0o600)


def test_a_recording_that_asterisk_lacks_is_found(house: House) -> None:
    sound = house.pair.pbx.directory / "share/sounds/lv/ivr/kekava/welcome.wav"
    away = sound.with_suffix(".away")
    sound.rename(away)
    try:
        assert "lv/kekava/welcome.wav" in wrong(house.settings)["prompts"]
    finally:
        away.rename(sound)


def test_settings_that_do_not_fit_the_pbx_are_found(house: House) -> None:
    changes = {"ami_port": 1, "sip_port": 1, "reply_seconds": 9.0, "rules": Path("missing.yaml")}
    found = wrong(house.settings.model_copy(update=changes))
    assert {"manager login", "ports", "times", "rules"} <= set(found)
    assert "manager user" in wrong(house.settings.model_copy(update={"ami_user": "nobody"}))


def test_a_pbx_that_is_down_is_said_and_nothing_breaks(house: House) -> None:
    gone = judged(house.settings.model_copy(update={"instance": "not-there", "ami_port": 1}))
    assert gone["asterisk"].level is Level.WARNING
    assert gone["manager login"].level is Level.WRONG
