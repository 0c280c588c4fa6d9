"""Load by SIPp for acceptance tests: citizens who dial a number, press a key in the welcome, talk and hang up."""

import asyncio
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

CALLERS = "37126"  # how the number of each caller begins
KEYS = Path("/usr/share/sip-tester")  # of Debian's package sip-tester
END_SECONDS = 60.0  # for the calls under way to end


@dataclass
class Load:
    """What SIPp counted, once the block has ended."""

    failed: int | None = None
    made: int = 0


def scenario(key: str, before: int, after: int) -> str:
    """Write the scenario: milliseconds from the answer to the key and from the key to the end."""
    sdp = """Content-Type: application/sdp
      Content-Length: [len]

      v=0
      o=citizen 1 1 IN IP[local_ip_type] [local_ip]
      s=-
      c=IN IP[media_ip_type] [media_ip]
      t=0 0
      m=audio [auto_media_port] RTP/AVP 8 101
      a=rtpmap:8 PCMA/8000
      a=rtpmap:101 telephone-event/8000
      a=fmtp:101 0-15"""
    caller = f"{CALLERS}[call_number]"

    def request(method: str, sequence: int, body: str = "Content-Length: 0", tag: str = "[peer_tag_param]") -> str:
        return f"""<![CDATA[
      {method} sip:[service]@[remote_ip]:[remote_port] SIP/2.0
      Via: SIP/2.0/[transport] [local_ip]:[local_port];branch=[branch]
      From: <sip:{caller}@[local_ip]:[local_port]>;tag=[pid]-[call_number]
      To: <sip:[service]@[remote_ip]:[remote_port]>{tag}
      Call-ID: [call_id]
      CSeq: {sequence} {"INVITE" if method == "ACK" else method}
      Contact: <sip:{caller}@[local_ip]:[local_port]>
      Max-Forwards: 70
      {body}

    ]]>"""

    return f"""<?xml version="1.0" encoding="UTF-8" ?>
<!DOCTYPE scenario SYSTEM "sipp.dtd">
<scenario name="citizen">
  <send retrans="500">{request("INVITE", 1, sdp, "")}</send>
  <recv response="100" optional="true"></recv>
  <recv response="180" optional="true"></recv>
  <recv response="183" optional="true"></recv>
  <recv response="200" timeout="8000"></recv>
  <send>{request("ACK", 1)}</send>
  <pause milliseconds="{before}"/>
  <nop><action><exec play_pcap_audio="{KEYS}/dtmf_2833_{key}.pcap"/></action></nop>
  <pause milliseconds="{after}"/>
  <send retrans="500">{request("BYE", 2)}</send>
  <recv response="200" timeout="8000"></recv>
</scenario>
"""


@asynccontextmanager
async def load(folder: Path, number: str, rate: int, server: str, script: str) -> AsyncIterator[Load]:
    """Make `rate` calls a second from the simulated trunk's address until the end of the block, then let them end."""
    (folder / "citizen.xml").write_text(script)
    log = folder / "sipp.log"
    command = ["sipp", "-sf", "citizen.xml", "-nostdin", "-i", "127.0.0.2", "-p", "17082", "-s", number]
    command += ["-r", str(rate), "-l", "500", "-mp", "36000"]
    command += ["-trace_stat", "-stf", "stat.csv", "-fd", "1", server]
    with log.open("wb") as output:
        process = await asyncio.create_subprocess_exec(
            *command, cwd=folder, stdin=asyncio.subprocess.DEVNULL, stdout=output, stderr=output
        )
    made = Load()
    try:
        yield made
        assert process.returncode is None, log.read_text()[-500:]
        process.send_signal(signal.SIGUSR1)  # no new calls; ends when those under way have ended
        async with asyncio.timeout(END_SECONDS):
            await process.wait()
        head, *_, last = (folder / "stat.csv").read_text().splitlines()
        counted = dict(zip(head.split(";"), last.split(";"), strict=True))
        made.failed, made.made = int(counted["FailedCall(C)"]), int(counted["TotalCallCreated"])
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
