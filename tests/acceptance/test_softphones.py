"""A person's own softphone, as `make run` offers it: as a citizen, and as a department's phone."""

import asyncio
from collections.abc import Iterator

import pytest

from ivr.cli.run import PHONE
from ivr.trial.plan import Outcome, Plan, Press
from ivr.vocabulary import PhoneId
from tests.acceptance.conftest import TUESDAY_10, House, caller, on_network
from tests.fakes.patience import until_asked
from tests.fakes.softphone import Softphone

HOST = "127.0.0.5"


def softphone(house: House, user: str, password: str) -> Softphone:
    return Softphone(HOST, (house.settings.sip_host, house.settings.sip_port), user, password)


def test_a_softphone_calls_as_a_citizen(house: House) -> None:
    with softphone(house, "citizen", house.pair.secrets.citizen) as phone:
        assert phone.call("8488") == "SIP/2.0 200 OK"
    house.quiet()  # it has not hung up


def test_the_citizens_account_reaches_only_service_numbers(house: House) -> None:
    with softphone(house, "citizen", house.pair.secrets.citizen) as phone:
        assert phone.call("112").startswith("SIP/2.0 404")
    with softphone(house, PHONE, house.pair.secrets.phone) as phone:
        assert phone.call("8488").startswith("SIP/2.0 404")


@pytest.mark.parametrize("user", ["citizen", PHONE, "nobody", "trunk"])
def test_a_wrong_password_gets_nowhere(house: House, user: str) -> None:
    with softphone(house, user, "guess") as phone:
        assert phone.register().startswith(("SIP/2.0 401", "SIP/2.0 403"))
        assert phone.call("8488").startswith(("SIP/2.0 401", "SIP/2.0 403"))


@pytest.fixture
def simulated_phone_back(house: House) -> Iterator[None]:
    """Register the simulated phone again afterwards."""
    yield
    house.plugged_in(PHONE)


@pytest.mark.usefixtures("simulated_phone_back")
def test_a_softphone_takes_the_place_of_a_departments_phone(house: House) -> None:
    async def run(phone: Softphone) -> Outcome:
        async with on_network(house) as trials, house.engine(TUESDAY_10):
            call = asyncio.ensure_future(trials.run(Plan("8488", caller(), (Press("1", 0.5),), phones=("ok",))))
            first, headers = await asyncio.to_thread(phone.next_call)
            assert first.startswith(f"INVITE sip:{PHONE}@{HOST}")
            phone.answer(headers, "486 Busy Here")
            return await call

    with softphone(house, PHONE, house.pair.secrets.phone) as phone:
        assert phone.register() == "SIP/2.0 200 OK"
        outcome = asyncio.run(run(phone))
    assert outcome.record is not None
    assert outcome.record["answered_by"] == "kekava-information-2"
    assert [step["reason"] for step in outcome.record["redirections"]] == ["busy"]


def test_a_phone_that_is_unplugged_is_passed_over_at_once(house: House) -> None:
    async def run() -> Outcome:
        async with on_network(house) as trials:
            await trials.network.unplug(PhoneId("kekava-police-1"))
            await gone(house, "kekava-police-1")
            return await trials.run(Plan("8488", caller(), (Press("3", 0.5),)))

    try:
        outcome = asyncio.run(run())
    finally:
        house.plugged_in("kekava-police-1")
    assert outcome.record is not None
    assert outcome.record["answered_by"] == "kekava-police-2"
    assert [step["reason"] for step in outcome.record["redirections"]] == ["unreachable"]


async def gone(house: House, phone: str) -> None:
    """Wait until the PBX has no contact of a phone."""

    def is_gone() -> bool:
        shown = house.pair.pbx.cli("pjsip show contacts")
        return shown is not None and f"{phone}@" not in shown

    await until_asked(lambda: asyncio.to_thread(is_gone))
