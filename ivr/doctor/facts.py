"""What the doctor looks at, as plain values. None: it could not be seen from here. Pure."""

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class ManagerUser:
    """A user of ours as Asterisk has it: rights to read and write, and whether addresses are limited."""

    read: frozenset[str]
    write: frozenset[str]
    limited: bool


@dataclass(frozen=True, slots=True)
class Manager:
    """The manager as Asterisk has it: where it listens without and with TLS ("" if not), and whether the web has it."""

    plain: str
    tls: str
    web: bool


@dataclass(frozen=True, slots=True)
class Cel:
    """Asterisk's event log: on or off, events and applications that are written, and who writes them."""

    enabled: bool
    events: frozenset[str]
    applications: frozenset[str]
    writers: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Console:
    """What Asterisk's console says. `version` such as `22.10.1`; `rules` is the version of the rules that new calls get.

    `user` is the engine's, `supervision` supervision's. `channels` is how many channels live; `prefix` whether sounds are
    looked for in folders of languages.
    """

    version: str
    modules: frozenset[str]
    user: ManagerUser | None
    supervision: ManagerUser | None
    manager: Manager
    cel: Cel
    globals: dict[str, str]
    contexts: frozenset[str]
    channels: int
    prefix: bool


@dataclass(frozen=True, slots=True)
class Login:
    """How a login as one of ours went: `problem` is "" if it did. `ahead`: seconds of Asterisk's clock before ours."""

    problem: str
    ahead: float | None = None


@dataclass(frozen=True, slots=True)
class JournalFile:
    """The CEL file: how old its newest line is (seconds), and whether that line is one of ours. None: there is no line."""

    path: Path
    exists: bool
    size: int = 0
    age: float | None = None
    columns: int | None = None


@dataclass(frozen=True, slots=True)
class JournalTable:
    """The journal as a table in a database: why it cannot be read ("" if it can), and how old its newest row is (seconds)."""

    name: str
    problem: str = ""
    age: float | None = None


@dataclass(frozen=True, slots=True)
class Disk:
    """Space where something is written: bytes free and bytes in all."""

    what: str
    path: Path
    free: int
    total: int


@dataclass(frozen=True, slots=True)
class Rules:
    """The rules of this installation: their version, or why they cannot be used."""

    version: str
    problems: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Facts:
    """Everything that was seen. `differences`: how the dialplan on disk differs from the rules. `prompts`: what is missing.

    `ports`: (what, "udp 127.0.0.1:5060", listening). `secrets`: what is wrong with files that hold some. `engine`: what it
    says of itself, or None. `synchronised`: whether the kernel says that a time server disciplines the clock.
    `reply_seconds` and `lease_seconds` are the settings of these names.
    """

    console: Console | None
    login: Login
    supervision_login: Login
    rules: Rules
    differences: tuple[str, ...]
    prompts: tuple[str, ...]
    journal: JournalFile | JournalTable
    disks: tuple[Disk, ...]
    ports: tuple[tuple[str, str, bool | None], ...]
    secrets: tuple[str, ...]
    synchronised: bool | None
    engine: str | None
    needed_modules: tuple[str, ...]
    risks: tuple[str, ...] = ()
    reply_seconds: float = 1.5
    lease_seconds: int = 4
