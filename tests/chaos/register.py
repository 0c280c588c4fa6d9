"""Registers the telephones of the load at the PBX, as a telephone does (RFC 3261, section 10; RFC 2617)."""

import re
import socket
from collections.abc import Sequence
from hashlib import md5

ANSWER_SECONDS = 2.0
TRIES = 5
EXPIRES = 7200  # seconds; longer than any run


def register(server: tuple[str, int], contact: tuple[str, int], names: Sequence[str], password: str) -> None:
    """Register each name with the contact, from the contact's own address. Raises RuntimeError if one is refused."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as phone:
        phone.settimeout(ANSWER_SECONDS)
        phone.bind(contact)
        for name in names:
            proof = ""
            for number in range(1, TRIES + 1):
                answer = _ask(phone, server, _request(server, contact, name, number, proof))
                status = answer.split(" ", 2)[1] if answer else ""
                if status == "200":
                    break
                proof = _proof(answer, name, password, f"sip:{server[0]}:{server[1]}") if status == "401" else ""
            else:
                raise RuntimeError(
                    f"the PBX did not let the telephone {name} register; its last answer: {answer[:200]!r}"
                )


def _ask(phone: socket.socket, server: tuple[str, int], request: str) -> str:
    phone.sendto(request.encode(), server)
    try:
        return phone.recv(8192).decode("utf-8", "replace")
    except TimeoutError:
        return ""


def _request(server: tuple[str, int], contact: tuple[str, int], name: str, number: int, proof: str) -> str:
    lines = [
        f"REGISTER sip:{server[0]}:{server[1]} SIP/2.0",
        f"Via: SIP/2.0/UDP {contact[0]}:{contact[1]};branch=z9hG4bK-{name}-{number}",
        f"From: <sip:{name}@{server[0]}>;tag={name}",
        f"To: <sip:{name}@{server[0]}>",
        f"Call-ID: register-{name}@{contact[0]}",
        f"CSeq: {number} REGISTER",
        f"Contact: <sip:{name}@{contact[0]}:{contact[1]}>",
        f"Expires: {EXPIRES}",
        "Max-Forwards: 70",
        *([f"Authorization: {proof}"] if proof else []),
        "Content-Length: 0",
        "",
        "",
    ]
    return "\r\n".join(lines)


def _proof(answer: str, name: str, password: str, uri: str) -> str:
    """Answer the challenge: digest with qop `auth`."""
    challenge = dict(re.findall(r'(\w+)="?([^",]+)"?', re.search(r"WWW-Authenticate: Digest (.*)", answer)[1]))  # type: ignore[index]
    realm, nonce = challenge["realm"], challenge["nonce"]
    first, second = _md5(f"{name}:{realm}:{password}"), _md5(f"REGISTER:{uri}")
    proof = _md5(f"{first}:{nonce}:00000001:chaos:auth:{second}")
    parts = {"username": name, "realm": realm, "nonce": nonce, "uri": uri, "response": proof, "cnonce": "chaos"}
    opaque = {"opaque": challenge["opaque"]} if "opaque" in challenge else {}
    quoted = ", ".join(f'{key}="{value}"' for key, value in {**parts, **opaque}.items())
    return f"Digest {quoted}, algorithm=MD5, qop=auth, nc=00000001"


def _md5(text: str) -> str:
    return md5(text.encode(), usedforsecurity=False).hexdigest()
