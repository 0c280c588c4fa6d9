"""What a request may look like before anybody looks at what it asks. PURE: parts of a request in, a refusal or "" out.

Rule 1: a path here has letters, digits and _ . - ~ between single slashes; nothing is decoded, so nothing can hide.
Rule 2: a token stands in the header Authorization and nowhere else: addresses are kept in logs and histories.
Rule 3: over TCP the request must name us as a host that we are (DNS rebinding), and a browser's page must be ours (Origin).
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from urllib.parse import parse_qsl, urlsplit

PATH = re.compile(rb"/|(?:/[A-Za-z0-9_.~-]+)+")
LONGEST_PATH = 512  # bytes
LONGEST_QUERY = 4096  # bytes
MOST_BODY_BYTES = 64 * 1024
MOST_DIGITS = 20  # of a length: Python refuses to read a number of very many
SECRET_NAMES = frozenset(
    {"access_token", "api_key", "apikey", "auth", "authorization", "bearer", "key", "password", "token"}
)
TOKEN = re.compile(r"[A-Za-z0-9_-]{43}")
"""How 32 random bytes are written (`ivr.supervision.access.tokens`)."""
ONCE = (b"authorization", b"content-length", b"content-type", b"cookie", b"host", b"origin")
"""Headers that must not come twice: two readers could each believe in another one."""
OF_PROXIES = (b"forwarded", b"via", b"x-forwarded-for", b"x-forwarded-host", b"x-real-ip")


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a request is refused: the status and what to do."""

    status: int
    detail: str


@dataclass(frozen=True, slots=True)
class Hosts:
    """The names by which we are reached over TCP, as the header Host has them (with a port unless it is the scheme's)."""

    names: frozenset[str]
    scheme: str

    def has(self, host: str) -> bool:
        """Tell whether a request for this host is for us."""
        return host.lower() in self.names

    def is_ours(self, origin: str) -> bool:
        """Tell whether a page of this origin is one of ours."""
        try:
            found = urlsplit(origin)
        except ValueError:
            return False
        return found.scheme == self.scheme and self.has(found.netloc) and not (found.path or found.query)


def wrong_path(raw: bytes) -> Refusal | None:
    """Refuse a path that is written in a way that nothing here has."""
    if len(raw) > LONGEST_PATH:
        return Refusal(414, f"a path here has at most {LONGEST_PATH} bytes")
    if not PATH.fullmatch(raw) or {b".", b".."} & set(raw.split(b"/")):
        return Refusal(400, "a path here has letters, digits and _ . - ~ between single slashes, and nothing encoded")
    return None


def wrong_query(query: bytes) -> Refusal | None:
    """Refuse a query that is too long, or that holds what looks like a token.

    Whether it is one is not looked up: the answer would tell it to whoever guesses.
    """
    if len(query) > LONGEST_QUERY:
        return Refusal(414, f"a query here has at most {LONGEST_QUERY} bytes")
    pairs = parse_qsl(query.decode("latin-1"), keep_blank_values=True)
    if any(name.lower() in SECRET_NAMES or TOKEN.fullmatch(value) or TOKEN.fullmatch(name) for name, value in pairs):
        return Refusal(
            400,
            "a token must not stand in an address, which is kept in logs and histories; send the header "
            "`Authorization: Bearer TOKEN`, and have this token replaced (ivr supervision token remove, add)",
        )
    return None


def twice(headers: Iterable[tuple[bytes, bytes]]) -> Refusal | None:
    """Refuse headers that come twice and must not."""
    seen: set[bytes] = set()
    for name, _ in headers:
        if name in ONCE and name in seen:
            return Refusal(400, f"the header {name.decode()} must not come twice")
        seen.add(name)
    return None


def wrong_body(headers: Mapping[bytes, bytes]) -> Refusal | None:
    """Refuse a body that is too large, or that does not say how large it is."""
    if b"transfer-encoding" in headers:
        return Refusal(411, "an order here is one piece: send the header Content-Length")
    length = headers.get(b"content-length", b"0")
    if not length.isdigit() or len(length) > MOST_DIGITS or int(length) > MOST_BODY_BYTES:
        return Refusal(413, f"an order here has at most {MOST_BODY_BYTES} bytes")
    return None


def wrong_host(headers: Mapping[bytes, bytes], hosts: Hosts) -> Refusal | None:
    """Refuse a request over TCP that is meant for somebody else, or that somebody else's page sends."""
    if not hosts.has(headers.get(b"host", b"").decode("latin-1")):
        return Refusal(421, "this is not the host that was asked for; IVR_SUPERVISION_HOSTS names those that it is")
    origin = headers.get(b"origin")
    if origin is not None and not hosts.is_ours(origin.decode("latin-1")):
        return Refusal(403, "pages of other sites may not use this; IVR_SUPERVISION_HOSTS names the sites that may")
    return None


def proxied(headers: Mapping[bytes, bytes]) -> Refusal | None:
    """Refuse a request over the unix socket that somebody passes on: it would be answered as if he asked himself."""
    if b"origin" in headers or any(name in headers for name in OF_PROXIES):
        return Refusal(
            403, "the socket is for users of this machine; a proxy comes over IVR_SUPERVISION_LISTEN with tokens"
        )
    return None


def bearer(value: bytes) -> str | None:
    """Give the token of a header Authorization; None if it is of another kind."""
    kind, _, token = value.decode("latin-1").strip().partition(" ")
    return token.strip() if kind.lower() == "bearer" and token.strip() else None


def cookie(value: bytes, name: str) -> str | None:
    """Give a cookie's value out of a header Cookie."""
    for part in value.decode("latin-1").split(";"):
        found, _, held = part.strip().partition("=")
        if found == name:
            return held
    return None
