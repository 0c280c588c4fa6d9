"""The link to a real manager over TLS: the right certificate is needed, and then all is as in plain text."""

import asyncio
import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from ivr.app import now
from ivr.asterisk import manager_tls
from ivr.asterisk.instance import Instance
from ivr.asterisk.link import Link, LinkSettings, LinkState
from ivr.errors import SettingsError
from ivr.settings import Settings, load
from tests.fakes.town_pbx import ADMIN, ADMIN_SECRET, town


def certificate(folder: Path, name: str, host: str) -> tuple[Path, Path]:
    """Make a certificate that vouches for itself, valid for one address; give it and its key."""
    made, key = folder / f"{name}.pem", folder / f"{name}.key"
    command = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
    command += ["-days", "2", "-subj", f"/CN={name}", "-addext", f"subjectAltName=IP:{host}"]
    subprocess.run([*command, "-keyout", str(key), "-out", str(made)], check=True, capture_output=True)
    return made, key


@pytest.fixture(scope="module")
def secured(tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> Iterator[tuple[Instance, Path]]:
    """A PBX whose manager speaks TLS too; and the folder with certificates."""
    folder = tmp_path_factory.mktemp("certificates")
    name = f"tls{os.environ.get('IVR_TEST_SLOT', '0')}-{worker_id}"
    pbx = town(tmp_path_factory.mktemp("town"), name, tls=True)
    for file, source in zip(("manager.pem", "manager.key"), certificate(folder, "manager", "127.0.0.1"), strict=True):
        shutil.copyfile(source, pbx.directory / "etc" / file)
    certificate(folder, "other", "127.0.0.1")
    pbx.start(bound=True)
    yield pbx, folder
    pbx.stop()
    shutil.rmtree(pbx.directory)


def settings(authority: Path, port: int) -> Settings:
    return load(ami_tls=True, ami_tls_ca=authority, ami_port=port, ami_user=ADMIN)


async def attempt(found: Settings, *, tls: bool = True, host: str = "127.0.0.1") -> tuple[LinkState, str, str]:
    """Connect once; give the first lasting state, its reason, and Asterisk's answer to a question."""
    states: asyncio.Queue[tuple[LinkState, str]] = asyncio.Queue()
    link = Link(
        LinkSettings(host, found.ami_port, ADMIN, ADMIN_SECRET, tls=manager_tls.context(found) if tls else None),
        on_event=lambda _: None,
        on_state=lambda state, reason: states.put_nowait((state, reason)),
        clock=now,
    )
    task = asyncio.ensure_future(link.run())
    answer = ""
    try:
        async with asyncio.timeout(60):
            while (state := await states.get())[0] is LinkState.CONNECTING:
                pass
            if state[0] is LinkState.ATTACHED:
                answer = (await link.request({"Action": "Ping"}))[0].get("Ping")
        return *state, answer
    finally:
        await link.close()
        await asyncio.gather(task, return_exceptions=True)


async def test_the_link_speaks_tls_with_the_right_certificate_only(secured: tuple[Instance, Path]) -> None:
    pbx, folder = secured
    secure, plain = pbx.ports[2][2], pbx.ami[1]
    good = settings(folder / "manager.pem", secure)
    assert await attempt(good) == (LinkState.ATTACHED, "Asterisk's manager version 11.0.0", "Pong")
    state, reason, _ = await attempt(settings(folder / "other.pem", secure))
    assert state is LinkState.LOST
    assert "certificate" in reason.lower()
    state, reason, _ = await attempt(good, host="localhost")
    assert state is LinkState.LOST
    assert "localhost" in reason
    state, _, _ = await attempt(settings(folder / "manager.pem", plain))
    assert state is LinkState.LOST


def test_an_authority_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    for file, content in (("none.pem", None), ("empty.pem", ""), ("no.pem", "no certificate")):
        if content is not None:
            (tmp_path / file).write_text(content)
        with pytest.raises(SettingsError, match=f"IVR_AMI_TLS_CA: .*{file}"):
            manager_tls.context(load(ami_tls=True, ami_tls_ca=tmp_path / file))
    assert manager_tls.context(load()) is None
