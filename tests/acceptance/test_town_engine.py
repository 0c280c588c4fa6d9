"""An engine on a town's own Asterisk: it leads the calls there, brings new rules into it, and its doctor is content."""

import re
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.acceptance.test_town_pbx import IVR, LONGEST, Town, add, place

__all__ = ["place"]  # the fixture


@contextmanager
def engine(town: Town, **environment: str) -> Iterator["subprocess.Popen[str]"]:
    """Run an engine until the end of the block; it leads when the block begins."""
    process = subprocess.Popen(
        [sys.executable, "-c", IVR, "engine"],
        env={**town.environment, **environment},
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stderr is not None
    reader = None
    try:
        for line in process.stderr:
            if "leads calls" in line:
                break
        else:
            raise AssertionError("the engine ended before it led")
        reader = threading.Thread(target=process.stderr.read)  # so that it never waits for us
        reader.start()
        yield process
    finally:
        process.terminate()
        process.wait(LONGEST)
        if reader is not None:
            reader.join()
        process.stderr.close()


def test_an_engine_leads_the_calls_of_a_town(place: Town, tmp_path: Path) -> None:
    before = place.theirs()
    done = place.ivr("pbx", "install")
    assert done.returncode == 0, done.stderr
    add(done.stdout)
    place.reload(*re.findall(r'asterisk -rx "(.+?)"', done.stdout))
    shutil.copyfile("routing_rules.yaml", tmp_path / "routing_rules.yaml")
    shutil.copytree("routing_rules", tmp_path / "routing_rules")
    place.environment["IVR_RULES"] = str(tmp_path / "routing_rules.yaml")
    with engine(place):
        status, heard = place.call("8488", 100)
        assert (status, heard > 1000) == ("200 OK", True)
        assert place.call("100")[0] == "200 OK"
        said = place.ivr("doctor")
        assert "leading" in said.stdout, said.stdout
        assert said.returncode == 0, said.stdout
        was = (place.pbx.cli("dialplan show globals") or "").partition("IVR_RULES_NOW=")[2].split()[0]
        changed = tmp_path / "routing_rules/kekava.yaml"
        changed.write_text(changed.read_text().replace("ring: 15}", "ring: 16}", 1))
        told = place.ivr("rules", "reload")
        assert told.returncode == 0, told.stdout + told.stderr
        now = (place.pbx.cli("dialplan show globals") or "").partition("IVR_RULES_NOW=")[2].split()[0]
        assert now != was
        assert place.call("8488")[0] == "200 OK"
        checked = place.ivr("dialplan", "check")
        assert checked.returncode == 0, checked.stdout + checked.stderr
    place.over()
    journal = place.journal.read_text(errors="replace")
    assert '"IVR_FALLBACK"' not in journal
    assert "IVR_ENGINE" in journal
    place.environment.pop("IVR_RULES")
    for name, content in before.items():
        (place.config / name).write_bytes(content)
    place.reload("dialplan reload", "manager reload", "module reload cel", "module reload cel_custom.so")
    undone = place.ivr("pbx", "install", "--undo")
    assert undone.returncode == 0, undone.stderr
    assert place.theirs() == before
    assert not list(place.config.glob("ivr*"))
