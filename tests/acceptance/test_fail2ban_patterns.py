"""The shipped fail2ban filter on lines that the real PBX writes about strangers: it names them, and nobody whom they name."""

import configparser
import re
import socket
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from tests.acceptance.conftest import House
from tests.fakes.asterisk_log import AsteriskLog
from tests.fakes.manager_client import ManagerClient
from tests.fakes.softphone import Softphone

FILTER = Path("deploy/fail2ban/filter.d/municipal-ivr.conf")
JAIL = Path("deploy/fail2ban/jail.d/municipal-ivr.conf")
HOST = (
    r"(?:\[?(?:(?:::f{4,6}:)?(?P<ip4>(?:\d{1,3}\.){3}\d{1,3})|"
    r"(?P<ip6>(?:[0-9a-fA-F]{1,4}::?|::){1,7}(?:[0-9a-fA-F]{1,4}|(?<=:):)))\]?|(?P<dns>[\w\-.^_]*\w))"
)
"""What fail2ban 1.0 puts in the place of <HOST>."""
STAMP = re.compile(r"^\[\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d+\]")
GUESSER, SCANNER, CALLER, FORGER, INTRUDER = (f"127.0.0.{number}" for number in range(61, 66))
VICTIM = "203.0.113.7"
FORGED = f'x",SessionID="s",LocalAddress="IPV4/UDP/127.0.0.1/1",RemoteAddress="IPV4/UDP/{VICTIM}/5060"'


def patterns() -> list[re.Pattern[str]]:
    """Read the filter as fail2ban does: `%(name)s` filled in, one pattern a line."""
    parser = configparser.RawConfigParser()
    parser.read(FILTER)
    section = parser["Definition"]
    text = section["failregex"]
    for _ in range(3):
        text = re.sub(r"%\((\w+)\)s", lambda found: section[found[1]], text)
    return [re.compile(line.strip().replace("<HOST>", HOST)) for line in text.strip().splitlines()]


def offenders(lines: list[str]) -> Counter[str]:
    """Give whom the filter would count, and how often."""
    found: Counter[str] = Counter()
    for line in lines:
        stamp = STAMP.match(line)
        rest = line[stamp.end() :] if stamp else line
        match = next((hit for pattern in patterns() if (hit := pattern.search(rest))), None)
        if match:
            found[next(value for value in (match["ip4"], match["ip6"], match["dns"]) if value)] += 1
    return found


def send(house: House, source: str, method: str, session: str, sender: str) -> None:
    """Send one request that nobody asked for, and wait for the answer."""
    server = (house.settings.sip_host, house.settings.sip_port)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as phone:
        phone.bind((source, 0))
        phone.settimeout(5)
        port = phone.getsockname()[1]
        text = (
            f"{method} sip:8488@{server[0]} SIP/2.0\r\nVia: SIP/2.0/UDP {source}:{port};branch=z9hG4bK{port}\r\n"
            f"From: {sender};tag=a\r\nTo: <sip:8488@{server[0]}>\r\nCall-ID: {session}\r\nCSeq: 1 {method}\r\n"
            f"Contact: <sip:x@{source}:{port}>\r\nMax-Forwards: 70\r\nContent-Length: 0\r\n\r\n"
        )
        phone.sendto(text.encode(), server)
        assert phone.recv(4096).startswith(b"SIP/2.0 401")


def provoked(house: House) -> Iterator[str]:
    """Do what strangers do; yield the lines that Asterisk's security log gets of it."""
    log = security(house)
    server = (house.settings.sip_host, house.settings.sip_port)
    for password in ("1234", "password"):
        with Softphone(GUESSER, server, "kekava-information-1", password) as phone:
            assert "401" in phone.register()
    with Softphone(SCANNER, server, "1001", "1001") as phone:
        assert "401" in phone.register()
    with Softphone(CALLER, server, "100", "100") as phone:
        assert "401" in phone.call("00442071234567")
    quoted = FORGED.replace('"', "%22").replace("/", "%2f")
    send(house, FORGER, "INVITE", FORGED, f"<sip:{quoted}@{VICTIM}>")
    send(house, FORGER, "OPTIONS", "o1", f'"{VICTIM}" <sip:100@{VICTIM}>')
    for name in ("admin", FORGED):
        with ManagerClient(house.pair.pbx.ami, INTRUDER) as client:
            assert client.login(name, "secret") == "Authentication failed"
    yield from up_to_now(house, log)


def security(house: House) -> AsteriskLog:
    """Give what the security log gets from now on, once all that came before is in it."""
    log = AsteriskLog(house.pair.pbx.directory / "log/security.log")
    up_to_now(house, log)
    return log


def up_to_now(house: House, log: AsteriskLog) -> list[str]:
    """Log in rightly, and wait for the line about it: Asterisk writes its lines in their order."""
    with ManagerClient(house.pair.pbx.ami) as client:
        assert client.login(house.settings.ami_user, house.pair.secrets.ami) == "Authentication accepted"
        return log.until('SecurityEvent="SuccessfulAuth"', f'RemoteAddress="IPV4/TCP/127.0.0.1/{client.port}"')


def test_strangers_are_named_and_nobody_else(house: House) -> None:
    lines = list(provoked(house))
    assert any(VICTIM in line for line in lines), "the forged address must be in the log, or this proves nothing"
    found = offenders(lines)
    assert set(found) == {GUESSER, SCANNER, CALLER, FORGER, INTRUDER}
    assert found[GUESSER] == 2, "one line for each wrong password: the challenge itself is no offence"


def test_telephones_and_the_trunk_are_not_counted(house: House) -> None:
    log = security(house)
    server = (house.settings.sip_host, house.settings.sip_port)
    with Softphone("127.0.0.66", server, "citizen", house.pair.secrets.citizen) as phone:
        assert "200" in phone.register()
        assert "200" in phone.register(expires=0)
    lines = up_to_now(house, log)
    assert any("127.0.0.66" in line for line in lines)
    assert offenders(lines) == Counter()


def test_the_jail_reads_the_security_log_and_spares_this_machine() -> None:
    jail = configparser.RawConfigParser()
    jail.read(JAIL)
    section = jail["municipal-ivr"]
    assert section["filter"] == FILTER.stem
    assert section["logpath"].endswith("/security.log")
    assert "127.0.0.0/8" in section["ignoreip"]
    assert "security.log => security" in Path("dialplans/pbx/logger.conf").read_text()
    assert "load = res_security_log.so" in Path("dialplans/pbx/modules.conf").read_text()
