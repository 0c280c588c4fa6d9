"""Transfers led by the engine and by the fallback: same places, same ways back, same exits, on the real PBX."""

import asyncio
from datetime import date, timedelta

from tests.acceptance.conftest import House
from tests.fakes.dialled import Dialled
from tests.fakes.everything import TUESDAY, everything
from tests.fakes.two_leaders import both, installed

REFUSED_BACK = ("busy", "busy")
"""A telephone that gets a caller back and is busy is asked twice."""


def passed_on(to: str, *then: str, keys: str = "1") -> Dialled:
    """Let the first colleague pass the caller on; the other phones follow."""
    return Dialled("7001", keys, (f"refer.{to}", *then))


CALLS = {
    "to oneself": passed_on("alldesk"),
    "feature code": Dialled("7001", "1", ("blind.21",)),
    "open": passed_on("allopened"),
    "single phone": passed_on("kekavainformation2"),
    "single phone, busy": passed_on("kekavainformation2", "busy"),
    "outside": passed_on("alloutside", "busy"),
    "redirected": passed_on("allled"),
    "closed": passed_on("allclosed"),
    "closed, not taken back": passed_on("allclosed", *REFUSED_BACK),
    "closed by order, not taken back": passed_on("allshut", *REFUSED_BACK),
    "busy, not taken back": passed_on("alltogether", "busy", "busy", *REFUSED_BACK),
    "second phone": passed_on("alldesk", "busy"),
    "both phones busy": passed_on("alldesk", "busy", "busy"),
    "message": passed_on("allmessage"),
    "message, not taken back": passed_on("allmessage", *REFUSED_BACK),
    "refusal, not taken back": passed_on("allrefused", *REFUSED_BACK),
    "menu": passed_on("allbehind"),
    "menu, and then a key": passed_on("allbehind", "busy", keys="11"),
    "too many": passed_on("allopened", "refer.allopened", "refer.allopened"),
    "too many, not taken back": passed_on("allopened", "refer.allopened", "refer.allopened", *REFUSED_BACK),
    "a safety line after too many": passed_on("allopened", "refer.allopened", "refer.allsafety"),
    "circle of exits": passed_on("allchain", *REFUSED_BACK),
}


def test_transfers_lead_to_the_same_places(house: House) -> None:
    rules = everything()
    with installed(house.pair, rules, date(2026, 11, 24)):
        pairs = asyncio.run(both(house.pair, [rules], TUESDAY + timedelta(minutes=1), tuple(CALLS.values())))
    told = dict(zip(CALLS, pairs, strict=True))
    assert [f"{name}\n  {led}\n  {fell}" for name, (led, fell) in told.items() if led != fell] == []
    lines = {name: led for name, (led, _) in told.items()}
    for name, call in lines.items():
        assert sum(line.startswith("TRANSFER") for line in call) >= 1, (name, call)
    for name, last in ENDS.items():
        assert lines[name][-1] == last, name


ME = "kekava-information-1"
ENDS = {
    "to oneself": f"RING destination=all-desk phone={ME} seconds=15",
    "feature code": f"RING destination=all-desk phone={ME} seconds=15",
    "single phone": "RING destination=kekava-information-2 phone=kekava-information-2 seconds=16",
    "single phone, busy": f"RETURN phone={ME} reason=busy",
    "outside": f"RETURN phone={ME} reason=busy",
    "redirected": f"RING destination=all-desk phone={ME} seconds=15",
    "closed": f"RETURN phone={ME} reason=closed",
    "closed, not taken back": "MENU menu=all-night language=lv welcome=",
    "closed by order, not taken back": "MENU menu=all-night language=lv welcome=",
    "busy, not taken back": "EXIT reason=busy prompt=kekava/all-busy",
    "second phone": "RING destination=all-desk phone=kekava-information-2 seconds=16",
    "both phones busy": f"RETURN phone={ME} reason=busy",
    "message": f"RETURN phone={ME} reason=refused",
    "message, not taken back": "EXIT reason=busy prompt=kekava/all-busy",
    "menu": "MENU menu=all-night language=lv welcome=",
    "menu, and then a key": "EXIT reason=busy prompt=kekava/all-busy",
    "too many": "RETURN phone=kekava-information-3 reason=too_many",
    "a safety line after too many": "RING destination=all-safety phone=kekava-utility-2 seconds=20",
    "circle of exits": "EXIT reason=closed prompt=kekava/all-busy",
}
