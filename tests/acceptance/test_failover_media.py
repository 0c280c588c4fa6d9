"""Fail-over as the citizen's line sees it: one dialog, one stream, no gap."""

import asyncio
from itertools import pairwise
from typing import NamedTuple

import pytest

from ivr.hearing.capture import Capture
from ivr.hearing.rtp import Address, Rtp
from ivr.hearing.sip import SipMessage
from ivr.trial.plan import Outcome, Plan, Press
from tests.acceptance.conftest import TUESDAY_10, House, caller, on_network
from tests.fakes.lateness import Lateness

LONGEST_GAP = (
    0.1  # seconds beyond those of the citizen's own stream and of the engine's loop: they tell how late the machine is
)


class Seen(NamedTuple):
    outcome: Outcome
    sip: tuple[SipMessage, ...]
    rtp: tuple[Rtp, ...]
    late: float


@pytest.fixture(scope="module")
def seen(house: House) -> Seen:
    return asyncio.run(_call(house))


async def _call(house: House) -> Seen:
    found = house.settings
    lateness = Lateness()
    async with on_network(house) as trials:
        ports = range(found.network_rtp_first, found.network_rtp_first + 2000)
        with Capture(rtp=ports, sip={found.network_port}) as capture:
            async with house.engine(TUESDAY_10), lateness.measured():
                plan = Plan("8488", caller(), (Press("1", 1.0),), phones=("busy", "none", "ok"))
                outcome = await trials.run(plan)
    assert capture.dropped == 0
    return Seen(outcome, capture.sip_messages(), capture.rtp_packets(), lateness.most)


def citizens_line(seen: Seen, house: House) -> tuple[Address, list[Rtp]]:
    """The packets that the PBX sent to the citizen: those on the trunk's address, to the port of the first of them."""
    inbound = [packet for packet in seen.rtp if packet.target.host == house.settings.network_host]
    target = inbound[0].target
    return target, [packet for packet in inbound if packet.target == target]


def gaps(packets: list[Rtp]) -> list[tuple[float, float]]:
    """Give the seconds between each packet and the next, and when each gap began."""
    return [(later.at - earlier.at, earlier.at) for earlier, later in pairwise(packets)]


def test_the_third_phone_answers_after_two_redirections(seen: Seen) -> None:
    record = seen.outcome.record
    assert record is not None
    assert (record["disposition"], record["answered_by"]) == ("answered", "kekava-information-3")
    assert [(step["reason"]) for step in record["redirections"]] == ["busy", "no_answer"]
    assert "en/trial/phone" in seen.outcome.prompts()
    assert seen.outcome.ringing > 10


def test_the_citizens_dialog_is_touched_by_nobody(seen: Seen, house: House) -> None:
    host = house.settings.network_host
    invites = {m.call_id for m in seen.sip if m.method == "INVITE" and m.source.host == host}
    assert len(invites) == 1
    mine = [m for m in seen.sip if m.call_id in invites]
    assert not [m for m in mine if m.is_reinvite]
    byes = [m for m in mine if m.method == "BYE"]
    assert [m.source.host for m in byes] == [host]
    assert [m.method for m in mine if m.method] == ["INVITE", "ACK", "BYE"]


def test_the_citizens_stream_never_stops(seen: Seen, house: House) -> None:
    citizen, packets = citizens_line(seen, house)
    own = gaps([packet for packet in seen.rtp if packet.source == citizen])
    assert len(own) > len(packets) / 2
    seconds, at = max(gaps(packets))
    assert seconds <= LONGEST_GAP + max(own)[0] + seen.late, f"{seconds:.3f} s at {at - packets[0].at:.1f} s"
    # Asterisk marks the hand-over from its own sound to the other person's by a new SSRC, once (RFC 3550, 8.2).
    assert len({packet.ssrc for packet in packets}) <= 2
