"""Calls that are none of ours: rejected, logged, and no dialplan is reached."""

import asyncio
import socket
from pathlib import Path

from ivr.trial.plan import Plan
from tests.acceptance.conftest import House, caller, on_network
from tests.fakes.asterisk_log import AsteriskLog
from tests.fakes.dialled import JournalEar

STRANGER = "127.0.0.9"
NUMBER = "29"
"""How the stranger's number begins; nobody else's does."""


def invite(house: House, number: str, source: str) -> str:
    """Send one INVITE from an address that the PBX does not know; give the answer's first line."""
    found = house.settings
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as phone:
        phone.bind((source, 0))
        phone.settimeout(5)
        port = phone.getsockname()[1]
        text = (
            f"INVITE sip:{number}@{found.sip_host}:{found.sip_port} SIP/2.0\r\n"
            f"Via: SIP/2.0/UDP {source}:{port};branch=z9hG4bK-{port}\r\n"
            f"From: <sip:{NUMBER}{port}@{source}>;tag=t{port}\r\nTo: <sip:{number}@{found.sip_host}>\r\n"
            f"Call-ID: c{port}@{source}\r\nCSeq: 1 INVITE\r\nContact: <sip:x@{source}:{port}>\r\n"
            "Max-Forwards: 70\r\nContent-Length: 0\r\n\r\n"
        )
        phone.sendto(text.encode(), (found.sip_host, found.sip_port))
        return phone.recv(4096).decode().splitlines()[0]


def log(house: House) -> AsteriskLog:
    return AsteriskLog(house.pair.pbx.log)


def test_a_number_that_is_no_service_is_rejected_and_logged(house: House) -> None:
    told, plan = log(house), Plan("9999", caller())

    async def run() -> None:
        async with on_network(house) as trials:
            outcome = await trials.run(plan)
        assert outcome.answered is None
        assert outcome.record is None or outcome.record["service"] == ""

    asyncio.run(run())
    told.until("'9999' rejected because extension not found in context 'from-trunk'")


def test_a_call_from_an_unknown_peer_reaches_no_dialplan(house: House) -> None:
    told, ear = log(house), JournalEar(house.pair.journal)
    answer = invite(house, "8488", STRANGER)
    assert answer.startswith("SIP/2.0 401")
    told.until("No matching endpoint found", STRANGER)
    house.settled()
    ear.read()
    assert [number for number in ear.events if number.startswith(NUMBER)] == []


def test_nothing_listens_outside_loopback(house: House) -> None:
    listening = set()
    for table in ("tcp", "udp"):
        for line in Path(f"/proc/net/{table}").read_text().splitlines()[1:]:
            address, port = line.split()[1].split(":")
            listening.add((int(port, 16), address))
    ours = {port for item in (house.pair.pbx, house.pair.network) for _, _, port in item.ports}
    hosts = {address for port, address in listening if port in ours}
    assert hosts
    assert all(address.endswith("7F") for address in hosts), hosts
