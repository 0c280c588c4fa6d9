"""One SIP call with sound, from an address that a PBX knows as its trunk: dials, listens to G.711 A-law, hangs up."""

import re
import socket
from types import TracebackType
from typing import Self

LONGEST_WAIT = 30.0  # seconds
QUIET = {0xD5, 0x55}
"""A-law's two zeros."""


class PlainCall:
    """A call from `host` to `number` at `server`. Give it to `with`: it hangs up at the end."""

    def __init__(self, host: str, server: tuple[str, int], number: str, caller: str) -> None:
        self._server = server
        self._sip, self._rtp = (socket.socket(socket.AF_INET, socket.SOCK_DGRAM) for _ in range(2))
        for one in (self._sip, self._rtp):
            one.bind((host, 0))
            one.settimeout(LONGEST_WAIT)
        self._host, self._port = self._sip.getsockname()
        self._target = f"sip:{number}@{server[0]}:{server[1]}"
        self._from = f"<sip:{caller}@{host}:{self._port}>;tag=c{caller}"
        self._to = f"<{self._target}>"
        self.status = ""

    def __enter__(self) -> Self:
        media = self._rtp.getsockname()[1]
        body = (
            f"v=0\r\no=- 1 1 IN IP4 {self._host}\r\ns=-\r\nc=IN IP4 {self._host}\r\nt=0 0\r\n"
            f"m=audio {media} RTP/AVP 8\r\na=rtpmap:8 PCMA/8000\r\n"
        )
        self._send("INVITE", 1, f"Content-Type: application/sdp\r\nContent-Length: {len(body)}\r\n\r\n{body}")
        while self.status[:1] in ("", "1"):
            first, *lines = self._sip.recv(8192).decode().split("\r\n")
            self.status = first.removeprefix("SIP/2.0 ")
        to = next(line for line in lines if line.lower().startswith("to:"))
        self._to = to.partition(":")[2].strip()
        contact = next((re.search(r"<([^>]+)>", line) for line in lines if line.lower().startswith("contact:")), None)
        self._target = contact[1] if contact else self._target
        self._send("ACK", 1, "Content-Length: 0\r\n\r\n")
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self.status.startswith("200"):
            self._send("BYE", 2, "Content-Length: 0\r\n\r\n")
            while b" BYE" not in self._sip.recv(8192):
                pass
        self._sip.close()
        self._rtp.close()

    def hears(self, packets: int) -> int:
        """Wait for sound, then for more packets; give how many bytes of them were no silence."""
        heard = 0
        for _ in range(packets):
            heard += sum(byte not in QUIET for byte in self._rtp.recv(2048)[12:])
        return heard

    def _send(self, method: str, number: int, rest: str) -> None:
        text = (
            f"{method} {self._target} SIP/2.0\r\n"
            f"Via: SIP/2.0/UDP {self._host}:{self._port};branch=z9hG4bK-{method}-{self._port}\r\n"
            f"From: {self._from}\r\nTo: {self._to}\r\nCall-ID: plain-{self._port}\r\nCSeq: {number} {method}\r\n"
            f"Contact: <sip:caller@{self._host}:{self._port}>\r\nMax-Forwards: 70\r\n{rest}"
        )
        self._sip.sendto(text.encode(), self._server)
