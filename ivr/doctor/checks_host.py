"""Judges the machine: clock, disks, ports, secrets, and what is open to the network. Pure."""

from collections.abc import Iterator

from ivr.doctor.facts import Disk, Facts
from ivr.doctor.findings import Finding, ok, warning, wrong

MOST_AHEAD = 1.5
"""Seconds between Asterisk's clock and ours that do no harm: EPOCH has whole seconds."""
LITTLE, LEAST = 1_000_000_000, 100_000_000
"""Bytes free: below the first somebody should look, below the second records are in danger."""


def host_checks(facts: Facts) -> Iterator[Finding]:
    """Yield what is to be said about the machine."""
    yield from _clock(facts)
    yield from (disk(one) for one in facts.disks)
    for what, where, listening in facts.ports:
        if listening is False:
            yield wrong(
                "ports", f"nothing listens on {where} ({what})", "is Asterisk up? Do the settings name its ports?"
            )
    if facts.ports and all(listening for _, _, listening in facts.ports):
        yield ok("ports", ", ".join(f"{what} {where}" for what, where, _ in facts.ports))
    for said in facts.secrets:
        yield wrong("secrets", said, "see docs/hardening.md, Secrets")
    if not facts.secrets:
        yield ok("secrets", "only their owner can read them")
    for risk in facts.risks:
        yield warning("network", risk, "see docs/hardening.md")


def _clock(facts: Facts) -> Iterator[Finding]:
    ahead = facts.login.ahead
    if ahead is not None and abs(ahead) > MOST_AHEAD:
        side = "ahead of" if ahead > 0 else "behind"
        yield wrong(
            "clock", f"Asterisk is {abs(ahead):.0f} s {side} the engine's machine", "let both use one time server"
        )
    elif facts.synchronised is False:
        yield warning(
            "clock", "no time server disciplines it: opening hours drift", "install chrony or systemd-timesyncd"
        )
    else:
        known = "" if facts.synchronised else "; whether a time server disciplines it is not known"
        yield ok("clock", f"Asterisk's and ours agree{known}" if ahead is not None else f"not compared{known}")


def disk(found: Disk) -> Finding:
    """Judge the space where something is written."""
    said = f"{found.what} ({found.path}): {found.free / 1e9:.1f} of {found.total / 1e9:.1f} GB free"
    if found.free < LEAST:
        return wrong("disk", said, "make space now: records cannot be written soon")
    if found.free < LITTLE:
        return warning("disk", said, "make space; a call takes about 5 kB of journal")
    return ok("disk", said)
