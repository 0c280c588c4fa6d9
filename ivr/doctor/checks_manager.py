"""Judges who may do what at the manager: the engine's and supervision's rights, the addresses, the logins. Pure."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from ivr.doctor.facts import Facts, Login, ManagerUser
from ivr.doctor.findings import Finding, ok, warning, wrong
from ivr.exposure import loopback

READ = {
    "system": "the engine never learns that Asterisk has started",
    "call": "the engine does not hear that calls end or are connected",
    "agi": "the engine does not hear that a caller waits for it",
    "dtmf": "keys that are typed ahead are lost",
    "user": "an engine does not hear that another one hands over",
}
"""What the engine reads, and what goes wrong without it."""
WRITE = {
    "call": "the engine cannot renew its lease, nor learn which calls live",
    "agi": "the engine cannot lead a call",
    "originate": "the engine cannot take the lead, nor mark the journal",
    "user": "an engine cannot say that it hands over",
}
"""What the engine may ask for, and what goes wrong without it."""
SUPERVISION_READ = {
    "system": "supervision never learns that Asterisk has started",
    "call": "supervision does not hear that a call, or a listening, is over",
    "user": "supervision does not hear that an order was carried out",
}
"""What supervision reads, and what goes wrong without it."""
SUPERVISION_WRITE = {
    "call": "supervision cannot pass callers on, end calls, nor compare its view with the channels",
    "originate": "nobody can listen, announce or say a topic by supervision",
}
"""What supervision may ask for, and what goes wrong without it."""
DANGEROUS = {
    "app_system.so": "runs any program",
    "func_shell.so": "runs any program",
    "app_externalivr.so": "runs any program",
    "func_env.so": "reads and writes files",
    "func_curl.so": "fetches addresses",
    "func_config.so": "reads configuration with its secrets",
    "pbx_spool.so": "makes calls of any kind from files",
    "res_http_media_cache.so": "fetches addresses",
}
"""Modules that nothing of ours uses and that make more of the right `agi`: whoever has the secret can use them in a call."""


@dataclass(frozen=True, slots=True)
class User:
    """A user of ours at the manager: the first word of its checks, who it is, what it reads and may ask for.

    `settings` name it; `without` is how bad it is if it cannot do what it has to.
    """

    check: str
    who: str
    read: Mapping[str, str]
    write: Mapping[str, str]
    settings: str
    without: Callable[[str, str, str], Finding]


ENGINE = User("manager", "the engine", READ, WRITE, "IVR_AMI_HOST, _PORT, _USER and the secret", wrong)
SUPERVISION = User(
    "supervision", "supervision", SUPERVISION_READ, SUPERVISION_WRITE, "IVR_SUPERVISOR_USER and its secret", warning
)
"""No call needs supervision."""


def manager_checks(facts: Facts) -> Iterator[Finding]:
    """Yield what is to be said about the manager."""
    yield _login(facts.login, ENGINE)
    yield _login(facts.supervision_login, SUPERVISION)
    console = facts.console
    if console is None:
        return
    yield from rights(console.user, ENGINE)
    yield from rights(console.supervision, SUPERVISION)
    yield _addresses(console.manager.plain, console.manager.tls, web=console.manager.web)
    found = sorted(name for name in DANGEROUS if name in console.modules)
    if found:
        listed = ", ".join(f"{name} ({DANGEROUS[name]})" for name in found)
        yield warning(
            "dangerous modules",
            f"loaded, and used by nothing of ours: {listed}",
            "who gets the engine's secret can use them in a call; if nothing of yours needs them: noload in modules.conf",
        )
    else:
        yield ok("dangerous modules", "none is loaded")


def rights(found: ManagerUser | None, user: User) -> Iterator[Finding]:
    """Judge a user's rights: none missing, none more than it uses, and only from addresses that are named."""
    if found is None:
        yield user.without(
            f"{user.check} user", "Asterisk has no such user", "manager.conf: #include ivr-manager.conf; manager reload"
        )
        return
    check = f"{user.check} rights"
    lacks = [f"read={name}: {why}" for name, why in user.read.items() if name not in found.read]
    lacks += [f"write={name}: {why}" for name, why in user.write.items() if name not in found.write]
    more = [f"read={name}" for name in sorted(found.read - user.read.keys())]
    more += [f"write={name}" for name in sorted(found.write - user.write.keys())]
    if lacks:
        yield user.without(check, f"missing: {'; '.join(lacks)}", "take manager.conf of this version; manager reload")
    elif more:
        yield warning(check, f"more than {user.who} uses: {', '.join(more)}", "take them out; manager reload")
    else:
        yield ok(check, f"what {user.who} uses, and nothing else")
    if not found.limited:
        yield warning(
            f"{user.check} addresses",
            "the user may log in from anywhere",
            "add deny and permit as in our manager.conf",
        )


def _login(found: Login, user: User) -> Finding:
    check = f"{user.check} login"
    if found.problem:
        return user.without(check, found.problem, f"compare {user.settings}")
    return ok(check, f"{user.who} can log in")


def _addresses(plain: str, tls: str, *, web: bool) -> Finding:
    host = plain.rpartition(":")[0]
    if host and not loopback(host):
        said = f"the manager listens on {plain} without TLS: who reads that network reads the secrets"
        return warning("manager", said, "manager.conf: bindaddr = 127.0.0.1 (others: tlsenable = yes)")
    if web:
        return warning("manager", "the manager can be used over HTTP", "manager.conf: webenabled = no")
    return ok("manager", f"listens on {', '.join(filter(None, (plain, tls)))}")
