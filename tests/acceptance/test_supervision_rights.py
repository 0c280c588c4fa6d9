"""Supervision's user at the real manager: each right is needed, nothing else is given, and little is sent to it."""

import re
from collections.abc import Iterator

import pytest

from tests.acceptance.conftest import House
from tests.acceptance.test_manager_rights import PASSED, REFUSED
from tests.fakes.manager_client import ManagerClient

READ, WRITE = ("system", "call", "user"), ("call", "originate")
MORE = {
    "lead a call": ("AGI", {"Channel": "none", "Command": "NOOP"}),
    "speak as an engine": ("UserEvent", {"UserEvent": "IvrEngineLeft", "Engine": "x"}),
}
"""What the engine may do and supervision may not."""
SENT = {"FullyBooted", "Hangup", "OriginateResponse", "UserEvent"}
MARK = {"Channel": "Local/boot@ivr-mark/n", "Context": "ivr-mark", "Exten": "i", "Priority": "1", "Async": "true"}
SAYS = {**MARK, "Channel": "Local/say@ivr-mark/n", "Variable": "IVR_SUPERVISED=tried,IVR_PROMPT=none,IVR_LANGUAGE=en"}


@pytest.fixture
def client(house: House) -> Iterator[ManagerClient]:
    with ManagerClient(house.pair.pbx.ami) as made:
        assert made.login(house.settings.supervisor_user, house.pair.secrets.supervisor) == PASSED
        yield made


@pytest.mark.parametrize("what", [*REFUSED, *MORE])
def test_what_supervision_does_not_need_is_refused(client: ManagerClient, what: str) -> None:
    action, headers = {**REFUSED, **MORE}[what]
    if action == "Originate":
        headers = {"Channel": "Local/boot@ivr-mark/n", "Async": "true", **headers}
    answer = client.ask(action, **headers)
    assert answer["Response"] == "Error", f"{what}: {answer}"


def test_its_secret_is_not_the_engines(house: House) -> None:
    secrets = house.pair.secrets
    assert secrets.supervisor != secrets.ami
    for user, secret in ((house.settings.supervisor_user, secrets.ami), (house.settings.ami_user, secrets.supervisor)):
        with ManagerClient(house.pair.pbx.ami) as stranger:
            assert stranger.login(user, secret) == "Authentication failed"


def test_little_is_sent_to_it(client: ManagerClient) -> None:
    client.ask("Originate", **SAYS)
    client.wait("Hangup")
    assert client.heard("Hangup")
    assert {event["Event"] for event in client.events if "Event" in event} <= SENT


def test_each_right_is_needed(house: House) -> None:
    """Take one right away, and what docs/hardening.md says of it no longer works."""
    pbx = house.pair.pbx
    file = pbx.directory / "etc/manager.conf"
    text = file.read_text()
    try:
        assert works(house, patient=True) == {
            f"{kind} {name}" for kind, names in (("read", READ), ("write", WRITE)) for name in names
        }
        for kind, names in (("read", READ), ("write", WRITE)):
            for name in names:
                file.write_text(without(text, kind, [one for one in names if one != name]))
                pbx.cli("manager reload")
                assert f"{kind} {name}" not in works(house)
    finally:
        file.write_text(text)
        pbx.cli("manager reload")


def without(text: str, kind: str, names: list[str]) -> str:
    engine, start, supervisor = text.partition("[ivr-supervisor]")
    return engine + start + re.sub(rf"^{kind} = .*$", f"{kind} = {','.join(names)}", supervisor, flags=re.MULTILINE)


def works(house: House, *, patient: bool = False) -> set[str]:
    """Try what supervision does; name the rights by which it went well. If patient, wait for each event to come."""
    with ManagerClient(house.pair.pbx.ami) as client:

        def comes(event: str) -> bool:
            while patient and not client.heard(event):
                client.wait(event)
            return client.heard(event)

        assert client.login(house.settings.supervisor_user, house.pair.secrets.supervisor) == PASSED
        good = {"read system"} if comes("FullyBooted") else set()
        if client.ask("Setvar", Variable="IVR_TRIED", Value="")["Response"] == "Success":
            good.add("write call")
        if client.ask("Originate", **SAYS)["Response"] != "Success":
            return good
        good.add("write originate")
        good |= {"read user"} if comes("UserEvent") else set()
        house.settled()
        return good | ({"read call"} if comes("Hangup") else set())
