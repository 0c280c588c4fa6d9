"""Where supervision listens: a socket for users of this machine, and an address of the network only if it is set.

Rule 1: nobody can connect to the unix socket before it has its mode (0660), because it listens only then.
Rule 2: an address that others can reach speaks TLS, or nothing listens there.
Rule 3: of two that begin at once one has the unix socket and the other says so; who ends removes no socket of a later one.
"""

import fcntl
import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from ivr.errors import OperatorError, PortTaken, SettingsError
from ivr.exposure import loopback
from ivr.live.client import lives
from ivr.secret_files import complaint
from ivr.settings import Settings
from ivr.supervision.api.shapes import Hosts
from ivr.supervision.api.wire import BACKLOG

MODE = 0o660
OWN_NAMES = ("localhost", "127.0.0.1", "[::1]")
DEFAULT_PORTS = {"http": 80, "https": 443}


@dataclass(frozen=True, slots=True)
class Address:
    """An address to listen on; with a certificate and its key it speaks TLS."""

    host: str
    port: int
    cert: Path | None = None
    key: Path | None = None

    @property
    def scheme(self) -> str:
        """Give the scheme of its URLs."""
        return "https" if self.cert else "http"


def address_of(settings: Settings) -> Address | None:
    """Give the address that the settings name; None if there is none. Raises SettingsError."""
    if not settings.supervision_listen:
        return None
    host, colon, port = settings.supervision_listen.rpartition(":")
    host = host.strip("[]")
    if not colon or not host or not port.isdecimal() or int(port) > 65535:
        raise SettingsError(
            f"IVR_SUPERVISION_LISTEN: {settings.supervision_listen!r}; write it as 127.0.0.1:8443 or [::1]:8443"
        )
    cert, key = settings.supervision_cert, settings.supervision_key
    if (cert is None) is not (key is None):
        raise SettingsError("IVR_SUPERVISION_CERT and IVR_SUPERVISION_KEY are set together, or neither")
    if cert is None and not loopback(host):
        raise SettingsError(
            f"IVR_SUPERVISION_LISTEN: {host} is not loopback, and tokens and calls would be read on the way; set "
            "IVR_SUPERVISION_CERT and IVR_SUPERVISION_KEY, or listen on 127.0.0.1 behind a proxy that speaks TLS"
        )
    for path, name in ((cert, "IVR_SUPERVISION_CERT"), (key, "IVR_SUPERVISION_KEY")):
        _readable(path, name, is_secret=path is key)
    return Address(host, int(port), cert, key)


def _readable(path: Path | None, name: str, *, is_secret: bool) -> None:
    if path is None:
        return
    try:
        found = path.stat()
        with path.open("rb"):
            pass
    except OSError as error:
        raise SettingsError(f"{name}: {path} cannot be read ({error.strerror})") from None
    wrong = complaint(path, found.st_mode, found.st_uid, found.st_uid) if is_secret else ""
    if wrong:
        raise SettingsError(f"{name}: {wrong}")


def hosts_of(address: Address, port: int, more: str) -> Hosts:
    """Give the names by which an address is reached at `port`; `more` are further ones, separated by commas."""
    return Hosts(frozenset(_names(address, port, more)), address.scheme)


def _names(address: Address, port: int, more: str) -> Iterator[str]:
    literal = f"[{address.host}]" if ":" in address.host else address.host
    hosts = (literal, *(OWN_NAMES if loopback(address.host) else ()))
    further = [name.strip().lower() for name in more.split(",") if name.strip()]
    for host in (*hosts, *further):
        yield f"{host}:{port}".lower()
        if port == DEFAULT_PORTS[address.scheme]:
            yield host.lower()
    yield from further  # as a proxy in front of us passes them on


@contextmanager
def unix_socket(path: Path) -> Iterator[socket.socket]:
    """Have the socket for users of this machine, listening. Raises OperatorError if another supervision has it."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM | socket.SOCK_NONBLOCK) as made:
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            with _alone(path.parent):
                ours = _taken(path, made)
        except OSError as error:
            raise OperatorError(
                f"the socket {path} cannot be made ({error}); a path has at most 107 characters, see IVR_STATE"
            ) from error
        try:
            yield made
        finally:
            with suppress(OSError), _alone(path.parent):
                if _mark(path) == ours:
                    path.unlink()


def _taken(path: Path, made: socket.socket) -> tuple[int, int]:
    """Take the place of a socket that nobody listens at any more, and give the mark of ours."""
    if lives(path):
        raise OperatorError(
            f"another supervision answers at {path} already; stop it, or name another instance (IVR_INSTANCE)"
        )
    path.unlink(missing_ok=True)
    made.bind(str(path))
    path.chmod(MODE)
    made.listen(BACKLOG)
    return _mark(path)


def _mark(path: Path) -> tuple[int, int]:
    """Give what tells a file from a later one at its place: its number alone is used again."""
    found = path.stat()
    return found.st_ino, found.st_ctime_ns


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """Be the only one who takes or removes a socket in a folder."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


def tcp_socket(address: Address) -> socket.socket:
    """Give the socket on the network, listening. Raises PortTaken."""
    try:
        family, kind, proto, _, place = socket.getaddrinfo(address.host, address.port, type=socket.SOCK_STREAM)[0]
        made = socket.socket(family, kind | socket.SOCK_NONBLOCK, proto)
    except OSError as error:
        raise SettingsError(f"IVR_SUPERVISION_LISTEN: {address.host} is no address here ({error})") from None
    try:
        made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        made.bind(place)
        made.listen(BACKLOG)
    except OSError as error:
        made.close()
        raise PortTaken(
            f"IVR_SUPERVISION_LISTEN: {address.host}:{address.port} cannot be used ({error.strerror})"
        ) from None
    return made
