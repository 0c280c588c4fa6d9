"""A softphone reduced to its signalling: registers, calls, and is called, with SIP digest authentication (RFC 3261, 7616)."""

import hashlib
import re
import socket
from types import TracebackType
from typing import Self

LONGEST_WAIT = 30.0  # seconds


class Softphone:
    """One SIP account at a server, over UDP from an address of its own."""

    def __init__(self, host: str, server: tuple[str, int], user: str, password: str) -> None:
        self.user, self._password, self._server = user, password, server
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.bind((host, 0))
        self._socket.settimeout(LONGEST_WAIT)
        self._address = "{}:{}".format(*self._socket.getsockname())
        self._number = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._socket.close()

    def register(self, expires: int = 60) -> str:
        """Register; give the answer's first line."""
        extra = f"Expires: {expires}\r\n"
        target = "sip:{}:{}".format(*self._server)
        return self._authorised("REGISTER", target, self.user, extra)

    def call(self, number: str) -> str:
        """Call a number with a description of the media; give the final answer's first line."""
        host, port = self._address.split(":")
        body = (
            f"v=0\r\no=- 1 1 IN IP4 {host}\r\ns=-\r\nc=IN IP4 {host}\r\nt=0 0\r\n"
            f"m=audio {int(port) + 1} RTP/AVP 8\r\na=rtpmap:8 PCMA/8000\r\n"
        )
        target = "sip:{}@{}:{}".format(number, *self._server)
        return self._authorised("INVITE", target, number, "Content-Type: application/sdp\r\n", body)

    def next_call(self) -> tuple[str, dict[str, str]]:
        """Wait for an INVITE; give its first line and headers."""
        while True:
            first, headers = self._receive()
            if first.startswith("INVITE"):
                return first, headers

    def answer(self, headers: dict[str, str], status: str) -> None:
        """Answer a request, such as with `486 Busy Here`."""
        lines = [
            f"SIP/2.0 {status}",
            *(f"{name}: {headers[name]}" for name in ("Via", "From", "To", "Call-ID", "CSeq")),
        ]
        lines[3] += ";tag=softphone"
        self._socket.sendto("\r\n".join([*lines, "Content-Length: 0", "", ""]).encode(), self._server)

    def _authorised(self, method: str, target: str, to: str, extra: str, body: str = "") -> str:
        """Send a request; if it is challenged, send it again with credentials."""
        first, headers = self._ask(method, target, to, extra, body)
        if "401" not in first:
            return first
        if method == "INVITE":
            self._acknowledge(target, headers)
        challenge = dict(re.findall(r'(\w+)="?([^",]+)"?', headers["WWW-Authenticate"].partition(" ")[2]))
        credentials = self._credentials(method, target, challenge)
        return self._ask(method, target, to, f"Authorization: Digest {credentials}\r\n{extra}", body)[0]

    def _credentials(self, method: str, target: str, challenge: dict[str, str]) -> str:
        def digest(*parts: str) -> str:
            return hashlib.md5(":".join(parts).encode(), usedforsecurity=False).hexdigest()

        realm, nonce = challenge["realm"], challenge["nonce"]
        who, what = digest(self.user, realm, self._password), digest(method, target)
        response = digest(who, nonce, "00000001", "abc", "auth", what)
        return (
            f'username="{self.user}", realm="{realm}", nonce="{nonce}", uri="{target}", response="{response}", '
            f'algorithm=MD5, qop=auth, nc=00000001, cnonce="abc", opaque="{challenge.get("opaque", "")}"'
        )

    def _ask(self, method: str, target: str, to: str, extra: str, body: str) -> tuple[str, dict[str, str]]:
        self._number += 1
        branch = f"z9hG4bK-{self._number}-{self._address}"
        text = (
            f"{method} {target} SIP/2.0\r\nVia: SIP/2.0/UDP {self._address};branch={branch}\r\n"
            f"From: <sip:{self.user}@{self._server[0]}>;tag=soft\r\nTo: <sip:{to}@{self._server[0]}>\r\n"
            f"Call-ID: soft-{self._address}\r\nCSeq: {self._number} {method}\r\n"
            f"Contact: <sip:{self.user}@{self._address}>\r\nMax-Forwards: 70\r\n"
            f"{extra}Content-Length: {len(body)}\r\n\r\n{body}"
        )
        self._socket.sendto(text.encode(), self._server)
        while True:
            first, headers = self._receive()
            is_last = first.startswith("SIP/2.0") and not first.startswith("SIP/2.0 1")
            if is_last and headers["CSeq"] == f"{self._number} {method}":  # not an earlier answer, sent again
                return first, headers

    def _acknowledge(self, target: str, headers: dict[str, str]) -> None:
        number = headers["CSeq"].split()[0]
        text = (
            f"ACK {target} SIP/2.0\r\nVia: {headers['Via']}\r\nFrom: {headers['From']}\r\nTo: {headers['To']}\r\n"
            f"Call-ID: {headers['Call-ID']}\r\nCSeq: {number} ACK\r\nMax-Forwards: 70\r\nContent-Length: 0\r\n\r\n"
        )
        self._socket.sendto(text.encode(), self._server)

    def _receive(self) -> tuple[str, dict[str, str]]:
        text = self._socket.recv(8192).decode()
        first, *lines = text.partition("\r\n\r\n")[0].split("\r\n")
        return first, {name: value for name, _, value in (line.partition(": ") for line in lines)}
