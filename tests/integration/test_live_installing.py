"""Generated files come into use whole, or everything is as it was. Asterisk's console is played by a small program."""

from collections.abc import Mapping
from pathlib import Path

import pytest

from ivr.asterisk.embedded import Pair, Secrets
from ivr.asterisk.instance import Instance
from ivr.asterisk.place import Place
from ivr.errors import PbxUnavailable
from ivr.live.installing import Installer
from ivr.settings import load
from ivr.vocabulary import RulesVersion

CONSOLE = """#!/bin/sh
# Called as: console -C FILE -rx COMMAND. Notes the command; fails if told so; shows the dialplan as it would be read.
echo "$4" >> {folder}/commands
[ -e {folder}/down ] && exit 1
case "$4" in
"dialplan show"*) [ -e {folder}/deaf ] || cat {generated}/numbers.conf ;;
"group show channels") [ -e {folder}/groups ] && cat {folder}/groups ;;
esac
"""
OLD, NEW = RulesVersion("0" * 12), RulesVersion("1" * 12)


def files(version: str, phones: str = "[desk-1](phone)", days: str = "monday") -> dict[str, dict[str, str]]:
    header = f"; Rendered from the routing rules, version {version}.\n"
    return {
        "pbx": {
            "numbers.conf": f"{header}[ivr-numbers]\nexten => 8488,1,Set(IVR_RULES={version})\n",
            f"rules-{version}.conf": f"{header}[ivr-{version}-menu]\n{days}\n",
            "pjsip_phones.conf": f"{header}{phones}\n",
        },
        "network": {},
    }


class Site:
    """A PBX whose console is a program of the test."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        program = folder / "console"
        instance = Instance(Place(folder, (str(program),), "", folder), "pbx", (), ("", 0), folder, {}, {})
        self.generated = instance.directory / "etc/generated"
        self.generated.mkdir(parents=True)
        program.write_text(CONSOLE.format(folder=folder, generated=self.generated))
        program.chmod(0o755)
        prompts = folder / "prompts/lv"
        prompts.mkdir(parents=True)
        (prompts / "menu.wav").write_bytes(b"sound")
        settings = load(prompts=prompts.parent)
        self.sound = instance.directory / "share/sounds/lv/ivr/menu.wav"
        self.installer = Installer(Pair(instance, instance, Secrets("", "", "", ""), settings))

    def commands(self) -> list[str]:
        """Give what the console was asked since the last time."""
        path = self.folder / "commands"
        found = path.read_text().splitlines() if path.exists() else []
        path.unlink(missing_ok=True)
        return found

    def present(self) -> Mapping[str, str]:
        return {path.name: path.read_text() for path in self.generated.iterdir()}


@pytest.fixture
def place(tmp_path: Path) -> Site:
    return Site(tmp_path)


async def test_what_changed_is_written_and_loaded(place: Site) -> None:
    await place.installer.install(files(OLD), OLD, False)
    assert place.present() == files(OLD)["pbx"]
    assert place.commands() == ["module reload res_pjsip.so", "dialplan reload", "dialplan show 8488@ivr-numbers"]
    assert place.sound.read_bytes() == b"sound"
    await place.installer.install(files(NEW), NEW, False)
    assert place.present() == files(NEW)["pbx"]
    asked = ["group show channels", "dialplan reload", "dialplan show 8488@ivr-numbers"]
    assert place.commands() == asked, "the telephones are the same"
    await place.installer.install(files(NEW), NEW, False)
    assert place.commands() == []


async def test_an_engine_that_starts_leaves_a_pbx_that_has_its_rules(place: Site) -> None:
    await place.installer.install(files(OLD), OLD, False)
    place.commands()
    (place.generated / "numbers.conf").write_text("edited for a test")
    await place.installer.install(files(OLD), OLD, True)
    assert place.commands() == []
    assert place.present()["numbers.conf"] == "edited for a test"
    await place.installer.install(files(OLD, days="tuesday"), OLD, True)
    assert "dialplan reload" in place.commands()


async def test_an_engine_that_starts_keeps_the_versions_that_others_may_be_on(place: Site) -> None:
    await place.installer.install(files(OLD), OLD, False)
    await place.installer.install(files(NEW), NEW, True)
    assert {f"rules-{OLD}.conf", f"rules-{NEW}.conf"} <= set(place.present())
    await place.installer.install(files(NEW, days="tuesday"), NEW, False)
    assert f"rules-{OLD}.conf" not in place.present()


async def test_a_version_that_a_call_is_on_stays(place: Site) -> None:
    """The lines are those of Asterisk 22's `group show channels`."""
    await place.installer.install(files(OLD), OLD, False)
    (place.folder / "groups").write_text(
        "Channel                    Group                 Category             \n"
        f"PJSIP/trunk-00000000       {OLD}          ivr-rules            \n"
        "PJSIP/trunk-00000000       kekava-information    ivr                  \n"
        "2 active channels\n"
    )
    await place.installer.install(files(NEW), NEW, False)
    assert f"rules-{OLD}.conf" in place.present()
    (place.folder / "groups").unlink()
    await place.installer.install(files(NEW, days="tuesday"), NEW, False)
    assert f"rules-{OLD}.conf" not in place.present()


@pytest.mark.parametrize(("fault", "message"), [("down", "did not carry out"), ("deaf", "has not come to version")])
async def test_on_a_failure_everything_is_as_it_was(place: Site, fault: str, message: str) -> None:
    await place.installer.install(files(OLD), OLD, False)
    before = place.present()
    place.commands()
    (place.folder / fault).touch()
    with pytest.raises(PbxUnavailable, match=message):
        await place.installer.install(files(NEW, phones="[desk-2](phone)"), NEW, False)
    assert place.present() == before
    assert place.commands()[-2:] == ["module reload res_pjsip.so", "dialplan reload"], "the old ones are loaded again"
