"""Web addresses as alarm hooks over real TLS: a server on loopback with a certificate of its own authority."""

import asyncio
import json
import logging
import ssl
import subprocess
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

import pytest
from pydantic import SecretStr

from ivr.alarms.delivery import HookFailed
from ivr.alarms.hook_web import WebHook
from ivr.alarms.hooks import hooks
from ivr.settings import Settings, load
from tests.fakes.alarm_payload import ALARM

TOKEN = "T0ken-9f3c"
SECONDS = 20.0  # longer than any test
KEY = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes")


def openssl(*arguments: object) -> None:
    """Run openssl."""
    subprocess.run(["openssl", *map(str, arguments)], check=True, capture_output=True)


def authority(folder: Path, name: str) -> Path:
    """Make an authority; give its certificate. Its key lies beside it."""
    made, key = folder / f"{name}.pem", folder / f"{name}.key"
    extensions = ("-addext", "basicConstraints=critical,CA:TRUE", "-addext", "keyUsage=critical,keyCertSign")
    openssl("req", "-x509", *KEY, "-days", 2, "-subj", f"/CN={name}", *extensions, "-keyout", key, "-out", made)
    return made


def signed(folder: Path, by: Path, name: str, where: str = "IP:127.0.0.1", days: int = 2) -> Path:
    """Make a certificate of a server that the authority signed; give it, with its key in the same file."""
    asked, key, made = folder / f"{name}.csr", folder / f"{name}.key", folder / f"{name}.pem"
    openssl("req", *KEY, "-subj", f"/CN={name}", "-addext", f"subjectAltName={where}", "-keyout", key, "-out", asked)
    signer = ("-CA", by, "-CAkey", by.with_suffix(".key"), "-copy_extensions", "copy")
    openssl("x509", "-req", "-in", asked, *signer, "-days", days, "-out", made)
    made.write_text(made.read_text() + key.read_text())
    return made


@asynccontextmanager
async def serving(certificate: Path, got: list[bytes]) -> AsyncIterator[int]:
    """Take alarms over TLS until the end of the block; gives the port."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    clients: list[asyncio.Task[None] | None] = []

    async def client(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        clients.append(asyncio.current_task())
        with suppress(ConnectionError, asyncio.IncompleteReadError):
            head = await reader.readuntil(b"\r\n\r\n")
            length = int(head.lower().partition(b"content-length:")[2].split(b"\r\n")[0])
            got.append(await reader.readexactly(length))
            writer.write(b"HTTP/1.1 204 No Content\r\n\r\n")
            await writer.drain()
        writer.close()
        with suppress(ConnectionError, ssl.SSLError):
            await writer.wait_closed()

    server = await asyncio.start_server(client, "127.0.0.1", 0, ssl=context)
    async with server:
        yield server.sockets[0].getsockname()[1]
        await asyncio.gather(*filter(None, clients))


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the authorities `town` and `other`, and certificates that `town` signed."""
    made = tmp_path_factory.mktemp("certificates")
    town = authority(made, "town")
    authority(made, "other")
    signed(made, town, "right")
    signed(made, town, "elsewhere", "DNS:alarms.example.org")
    signed(made, town, "old", days=-1)
    return made


async def sent(folder: Path, certificate: str, ca: Path | None) -> list[bytes]:
    """Send one alarm to a server with the certificate; give what it got."""
    got: list[bytes] = []
    async with serving(folder / f"{certificate}.pem", got) as port:
        await WebHook(f"https://127.0.0.1:{port}/{TOKEN}", SECONDS, ca).send(ALARM)
    return got


async def test_the_towns_own_authority_is_accepted_when_it_is_named(folder: Path) -> None:
    got = await sent(folder, "right", folder / "town.pem")
    assert [json.loads(body) for body in got] == [ALARM]


@pytest.mark.parametrize(
    ("certificate", "ca", "why"),
    [
        ("right", None, r"certificate is refused \(unable to get local issuer.*IVR_ALARM_URL_CA"),
        ("right", "other", r"certificate is refused \(unable to get local issuer.*IVR_ALARM_URL_CA"),
        ("elsewhere", "town", r"certificate is refused \(IP address mismatch.*'127\.0\.0\.1'"),
        ("old", "town", r"certificate is refused \(certificate has expired"),
        ("right", "missing", r"IVR_ALARM_URL_CA names .*missing\.pem: No such file.*PEM file"),
        ("right", "empty", r"IVR_ALARM_URL_CA names .*empty\.pem: there is no certificate in it.*PEM file"),
    ],
)
async def test_what_is_refused_gets_no_alarm_and_says_what_to_do(
    folder: Path, certificate: str, ca: str | None, why: str
) -> None:
    (folder / "empty.pem").write_text("nothing\n")
    got: list[bytes] = []
    async with serving(folder / f"{certificate}.pem", got) as port:
        hook = WebHook(f"https://127.0.0.1:{port}/{TOKEN}", SECONDS, folder / f"{ca}.pem" if ca else None)
        with pytest.raises(HookFailed, match=why) as caught:
            await hook.send(ALARM)
    assert got == []
    assert TOKEN not in str(caught.value)


async def test_a_server_that_speaks_no_tls_is_named_as_such() -> None:
    async def plain(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(1)
        writer.write(b"HTTP/1.1 400 Bad Request\r\n\r\n")
        writer.close()
        await writer.wait_closed()

    async with await asyncio.start_server(plain, "127.0.0.1", 0) as server:
        hook = WebHook(f"https://127.0.0.1:{server.sockets[0].getsockname()[1]}/{TOKEN}", SECONDS)
        with pytest.raises(HookFailed, match=r"no TLS with it .*does it speak https at this port"):
            await hook.send(ALARM)


async def test_an_authority_that_comes_later_is_used_without_a_new_start(
    folder: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    late, got = tmp_path / "late.pem", list[bytes]()
    async with serving(folder / "right.pem", got) as port:
        hook = WebHook(f"https://127.0.0.1:{port}/{TOKEN}", SECONDS, late)
        assert [one.levelno for one in caplog.records] == [logging.ERROR]
        assert "late.pem: No such file" in caplog.text
        assert TOKEN not in caplog.text
        late.write_bytes((folder / "town.pem").read_bytes())
        await hook.send(ALARM)
    assert len(got) == 1


async def test_the_setting_reaches_the_hook(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("IVR_ALARM_URL_CA", str(folder / "town.pem"))
    got: list[bytes] = []
    async with serving(folder / "right.pem", got) as port:
        settings: Settings = load(alarm_url=SecretStr(f"https://127.0.0.1:{port}/{TOKEN}"))
        [hook] = hooks(settings)
        await hook.send(ALARM)
    assert len(got) == 1
