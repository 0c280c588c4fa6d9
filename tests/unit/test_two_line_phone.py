"""The telephone of the transfer tests: what it says to an INVITE that a busy PBX sends again (RFC 3261, 17.2.1)."""

import asyncio

from tests.fakes.two_line_phone import Message, Ring, TwoLinePhone

HEADERS = {
    "Via": "SIP/2.0/UDP 127.0.0.1:5060;branch=z9hG4bK1",
    "From": "<sip:citizen@127.0.0.1>;tag=pbx",
    "To": "<sip:desk@127.0.0.1>",
    "Call-ID": "one",
    "CSeq": "1 INVITE",
    "Contact": "<sip:pbx@127.0.0.1:5060>",
}


class Told(TwoLinePhone):
    """Keeps what it says instead of sending it."""

    def __init__(self, *, patient: bool) -> None:
        super().__init__(("127.0.0.1", 5060), "desk", "secret")
        self.patient, self.address = patient, "127.0.0.1:5062"
        self.said: list[str] = []

    def _send(self, first: str, headers: dict[str, str], body: str = "", extra: str = "") -> None:
        self.said.append(first)

    def invited(self, **changes: str) -> None:
        self._asked(Message("INVITE sip:desk@127.0.0.1 SIP/2.0", HEADERS | changes))


async def rings(phone: Told) -> Ring:
    async with asyncio.timeout(5):
        return await phone.next_ring()


async def test_while_it_rings_it_goes_on_ringing() -> None:
    phone = Told(patient=True)
    phone.invited()
    phone.invited()
    assert phone.said == ["SIP/2.0 180 Ringing"] * 2
    (await rings(phone)).answer()
    phone.invited()
    assert phone.said[2:] == ["SIP/2.0 200 OK"] * 2
    assert phone._ringing.empty()


async def test_it_stays_refused() -> None:
    phone = Told(patient=True)
    phone.invited()
    (await rings(phone)).refuse()
    phone.invited()
    assert phone.said[1:] == ["SIP/2.0 486 Busy Here"] * 2


async def test_one_within_the_call_is_answered() -> None:
    phone = Told(patient=True)
    phone.invited()
    ring = await rings(phone)
    phone.invited(To=f"{ring.line.ours}", CSeq="2 INVITE")
    assert phone.said[1:] == ["SIP/2.0 200 OK"]


async def test_one_that_answers_at_once_is_called_once() -> None:
    phone = Told(patient=False)
    phone.invited()
    phone.invited()
    assert phone.said == ["SIP/2.0 200 OK"] * 2
    assert phone._calls.qsize() == 1
