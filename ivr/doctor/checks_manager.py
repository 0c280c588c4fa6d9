"""Judges who may do what at the manager: the engine's rights, the addresses, the login. Pure."""

from collections.abc import Iterator

from ivr.doctor.facts import Facts, ManagerUser
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


def manager_checks(facts: Facts) -> Iterator[Finding]:
    """Yield what is to be said about the manager."""
    yield _login(facts)
    console = facts.console
    if console is None:
        return
    yield from rights(console.user)
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


def rights(user: ManagerUser | None) -> Iterator[Finding]:
    """Judge the engine's rights: none missing, none more than it uses, and only from addresses that are named."""
    if user is None:
        yield wrong(
            "manager user", "Asterisk has no such user", "manager.conf: #include ivr-manager.conf; manager reload"
        )
        return
    lacks = [f"read={name}: {why}" for name, why in READ.items() if name not in user.read]
    lacks += [f"write={name}: {why}" for name, why in WRITE.items() if name not in user.write]
    more = [f"read={name}" for name in sorted(user.read - READ.keys())]
    more += [f"write={name}" for name in sorted(user.write - WRITE.keys())]
    if lacks:
        yield wrong(
            "manager rights", f"missing: {'; '.join(lacks)}", "take manager.conf of this version; manager reload"
        )
    elif more:
        yield warning(
            "manager rights", f"more than the engine uses: {', '.join(more)}", "take them out; manager reload"
        )
    else:
        yield ok("manager rights", "what the engine uses, and nothing else")
    if not user.limited:
        yield warning(
            "manager addresses", "the user may log in from anywhere", "add deny and permit as in our manager.conf"
        )


def _login(facts: Facts) -> Finding:
    if facts.login.problem:
        return wrong("manager login", facts.login.problem, "compare IVR_AMI_HOST, _PORT, _USER and the secret")
    return ok("manager login", "the engine can log in")


def _addresses(plain: str, tls: str, *, web: bool) -> Finding:
    host = plain.rpartition(":")[0]
    if host and not loopback(host):
        said = f"the manager listens on {plain} without TLS: who reads that network reads the secrets"
        return warning("manager", said, "manager.conf: bindaddr = 127.0.0.1 (others: tlsenable = yes)")
    if web:
        return warning("manager", "the manager can be used over HTTP", "manager.conf: webenabled = no")
    return ok("manager", f"listens on {', '.join(filter(None, (plain, tls)))}")
