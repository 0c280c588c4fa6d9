"""A town's own Asterisk gets our menus beside its services: nothing of its own changes, and all can be taken away again."""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from ivr.asterisk.instance import Instance
from tests.fakes.asterisk_log import AsteriskLog, settled
from tests.fakes.plain_call import PlainCall
from tests.fakes.recordings import built
from tests.fakes.town_pbx import OPERATOR, town

IVR = "from ivr.cli.main import main; main()"
SHOWN = re.compile(r"^(/\S+), (.+)\n  ; .*\n((?:  .+\n)+)", re.MULTILINE)
"""What `ivr pbx install` shows for one file: its path, the place in it, and the lines."""
SECONDS_OF_MENU = 100  # packets of 20 ms
LONGEST = 180.0  # seconds that a command may take


@dataclass(frozen=True)
class Town:
    """The town's PBX, up, and how commands are run for it."""

    pbx: Instance
    environment: dict[str, str]

    @property
    def config(self) -> Path:
        return self.pbx.directory / "etc"

    def ivr(self, *arguments: str) -> "subprocess.CompletedProcess[str]":
        command = [sys.executable, "-c", IVR, *arguments]
        return subprocess.run(command, env=self.environment, capture_output=True, text=True, timeout=LONGEST)

    def theirs(self) -> dict[str, bytes]:
        """Every file of the town's configuration, by name; ours are not among them."""
        return {path.name: path.read_bytes() for path in self.config.glob("*.conf") if not path.name.startswith("ivr-")}

    def everything(self) -> set[str]:
        """Every path below its directory that it does not write itself while it runs."""
        own = ("log/", "data/", "spool/", "run/", "process")
        paths = (str(path.relative_to(self.pbx.directory)) for path in self.pbx.directory.rglob("*"))
        return {path for path in paths if not path.startswith(own)}

    def call(self, number: str, packets: int = 20) -> tuple[str, int]:
        """Call a number through the town's trunk; give the answer and how much was heard."""
        with PlainCall(OPERATOR, (self.pbx.ports[0][1], self.pbx.ports[0][2]), number, "37129000001") as made:
            return made.status, made.hears(packets) if made.status.startswith("200") else 0

    @property
    def journal(self) -> Path:
        return self.pbx.directory / "log/cel-custom/ivr-journal.csv"

    def over(self) -> None:
        """Wait until the last call is in our journal."""
        settled(self.pbx, self.journal)

    def reload(self, *commands: str) -> None:
        for command in commands:
            self.pbx.cli(command)


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> Iterator[Town]:
    built()
    name = f"town{os.environ.get('IVR_TEST_SLOT', '0')}-{worker_id}"
    pbx = town(tmp_path_factory.mktemp("town"), name)
    shutil.rmtree(pbx.directory, ignore_errors=True)
    pbx.configure()
    state = tmp_path_factory.mktemp("state")
    values = {
        "IVR_STATE": str(state),
        "IVR_STORE": str(state / "records.sqlite3"),
        "IVR_INSTANCE": name,
        "IVR_PBX": "installed",
        "IVR_PBX_CONFIG": str(pbx.directory / "etc"),
        "IVR_TRUNK": "operator",
        "IVR_AMI_PORT": str(pbx.ami[1]),
        "IVR_SIP_PORT": str(pbx.ports[0][2]),
    }
    pbx.start(bound=True)
    yield Town(pbx, {**os.environ, **values})
    pbx.stop()
    shutil.rmtree(pbx.directory, ignore_errors=True)


def shown(told: str) -> list[tuple[Path, str, list[str]]]:
    """Read what `ivr pbx install` asks for: file, place in it, lines."""
    return [
        (Path(file), where, [line.strip() for line in lines.splitlines()]) for file, where, lines in SHOWN.findall(told)
    ]


def add(told: str) -> None:
    """Do what was shown, as an administrator would with an editor."""
    for file, where, lines in shown(told):
        text = file.read_text()
        if where == "at its end":
            file.write_text(text + "\n".join(lines) + "\n")
        elif where.startswith("in the context"):
            file.write_text(text.replace("[from-operator]\n", "[from-operator]\n" + "\n".join(lines) + "\n"))
        elif where == "in [logfiles]":
            file.write_text(text + "\n".join(lines) + "\n")


def test_our_menus_come_and_go_beside_the_services_of_a_town(place: Town) -> None:
    before, paths = place.theirs(), place.everything()
    assert place.call("100")[0].startswith("200"), place.pbx.log.read_text(errors="replace")[-3000:]
    assert place.call("8488")[0].startswith("404")

    tried = place.ivr("pbx", "install", "--dry-run")
    assert tried.returncode == 0, tried.stderr
    assert "Nothing was written" in tried.stdout
    assert (place.theirs(), place.everything()) == (before, paths)

    done = place.ivr("pbx", "install")
    assert done.returncode == 0, done.stderr
    assert place.theirs() == before, "a file of the town was changed"
    assert place.call("100")[0].startswith("200")

    add(done.stdout)
    place.reload(*re.findall(r'asterisk -rx "(.+?)"', done.stdout))
    theirs = AsteriskLog(place.pbx.directory / "log/cel-custom/town.csv")
    assert place.call("100")[0].startswith("200")
    place.over()
    ours = AsteriskLog(place.journal)
    status, heard = place.call("8488", SECONDS_OF_MENU)
    assert status.startswith("200")
    assert heard > 1000, "the menu was silent"
    journal = "\n".join(ours.until('"LINKEDID_END"'))
    assert '"IVR_CALL"' in journal
    assert '"IVR_FALLBACK"' in journal
    assert '"IVR_MENU"' in journal or '"IVR_ANNOUNCEMENT"' in journal
    assert "kekava/welcome" in journal
    theirs.until('"CHAN_START","100"')  # the town's own events are still written

    refused = place.ivr("pbx", "install", "--undo")
    assert refused.returncode == 2
    assert "extensions.conf:" in refused.stderr
    assert place.call("8488")[0].startswith("200")

    for name, content in before.items():
        (place.config / name).write_bytes(content)
    place.reload("dialplan reload", "manager reload", "module reload cel", "module reload cel_custom.so")
    undone = place.ivr("pbx", "install", "--undo")
    assert undone.returncode == 0, undone.stderr
    assert place.theirs() == before
    assert place.everything() == paths
    assert place.call("8488")[0].startswith("404")
    status, heard = place.call("100")
    assert status.startswith("200")
    assert heard > 1000, "the town's tone is gone"


def test_an_edited_file_is_named_and_nothing_is_taken_away(place: Town) -> None:
    assert place.ivr("pbx", "install").returncode == 0
    ours = place.config / "ivr-extensions.conf"
    text = ours.read_text()
    ours.write_text(text + "; mine\n")
    refused = place.ivr("pbx", "install", "--undo")
    assert refused.returncode == 2
    assert str(ours) in refused.stderr
    assert "Traceback" not in refused.stderr
    ours.write_text(text)
    assert place.ivr("pbx", "install", "--undo").returncode == 0
    assert not list(place.config.glob("ivr*"))


def test_a_file_of_theirs_is_not_overwritten(place: Town) -> None:
    theirs = place.config / "ivr-cel.conf"
    theirs.write_text("; of the town\n")
    refused = place.ivr("pbx", "install")
    assert refused.returncode == 2
    assert str(theirs) in refused.stderr
    assert theirs.read_text() == "; of the town\n"
    theirs.unlink()
    assert not (place.config / "ivr").exists()
