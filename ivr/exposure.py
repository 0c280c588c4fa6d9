"""What the settings open to the network, and whether they may. Pure: addresses in, sentences out.

Rule 1: the manager is reached over loopback, or over TLS, or somebody has said in so many words that it need not be.
Rule 2: whatever is open and not encrypted is named with its risk, each time the engine starts.
"""

import ipaddress
from collections.abc import Iterator
from dataclasses import dataclass

PLAIN_ALLOWED = "allowed"


@dataclass(frozen=True, slots=True)
class Openings:
    """Where manager and SIP are reached: addresses, and how the way to the manager is protected."""

    ami_host: str
    ami_tls: bool
    ami_plain: str
    sip_host: str


def loopback(host: str) -> bool:
    """Tell whether an address is this machine's own and nobody else's. A name other than `localhost` is not: it may change."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


def refusal(found: Openings) -> str:
    """Say why the engine must not speak with the manager this way, and what to do; "" if it may."""
    if loopback(found.ami_host) or found.ami_tls or found.ami_plain == PLAIN_ALLOWED:
        return ""
    return (
        f"IVR_AMI_HOST: {found.ami_host} is not this machine, and the manager's protocol sends secret and calls as plain "
        "text; set IVR_AMI_TLS=true (and tlsenable in manager.conf), or IVR_AMI_PLAIN=allowed on a network of your own"
    )


def risks(found: Openings) -> Iterator[str]:
    """Yield one sentence for each thing that others on the network could do."""
    if not loopback(found.ami_host) and not found.ami_tls:
        yield (
            f"THE MANAGER AT {found.ami_host} IS REACHED WITHOUT TLS (IVR_AMI_PLAIN=allowed): who reads this network "
            "reads the secret and can lead and end every call; set IVR_AMI_TLS=true"
        )
    if not loopback(found.sip_host):
        yield (
            f"SIP listens on {found.sip_host} without encryption: who reads this network hears calls, and strangers "
            "will try it; let in only your trunk and your telephones (docs/hardening.md, Firewall)"
        )
