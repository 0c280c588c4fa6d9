"""The engine's user at the real manager: what it must not do it cannot, and what it may do it needs."""

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from ivr.doctor.checks_manager import READ, WRITE
from tests.acceptance.conftest import House, hung_up
from tests.fakes.manager_client import ManagerClient
from tests.fakes.patience import blocked_until

REFUSED = {
    "console": ("Command", {"Command": "core show version"}),
    "read configuration": ("GetConfig", {"Filename": "manager.conf"}),
    "read configuration as JSON": ("GetConfigJSON", {"Filename": "manager.conf"}),
    "list configuration": ("ListCategories", {"Filename": "manager.conf"}),
    "write configuration": ("UpdateConfig", {"SrcFilename": "manager.conf", "DstFilename": "manager.conf"}),
    "make configuration": ("CreateConfig", {"Filename": "new.conf"}),
    "load modules": ("ModuleLoad", {"LoadType": "load", "Module": "app_system.so"}),
    "see modules": ("ModuleCheck", {"Module": "res_agi"}),
    "reload": ("Reload", {"Module": "manager"}),
    "write the database": ("DBPut", {"Family": "a", "Key": "b", "Val": "c"}),
    "add to the dialplan": (
        "DialplanExtensionAdd",
        {"Context": "from-trunk", "Extension": "1", "Priority": "1", "Application": "NoOp"},
    ),
    "remove from the dialplan": ("DialplanExtensionRemove", {"Context": "from-trunk", "Extension": "8488"}),
    "rotate logs": ("LoggerRotate", {}),
    "see settings": ("CoreSettings", {}),
    "record calls": ("MixMonitor", {"Channel": "none", "File": "/tmp/heard.wav"}),
    "send messages": ("MessageSend", {"To": "pjsip:x", "From": "y", "Body": "z"}),
    "see accounts": ("PJSIPShowAuths", {}),
    "see endpoints": ("PJSIPShowEndpoints", {}),
    "change its filters": ("Filter", {"Operation": "Add", "Filter": "Event: Hangup"}),
    "run a program": ("Originate", {"Application": "System", "Data": "true"}),
    "run a program in Exec": ("Originate", {"Application": "Exec", "Data": "System(true)"}),
    "run an AGI program": ("Originate", {"Application": "AGI", "Data": "/bin/true"}),
    "record by Originate": ("Originate", {"Application": "MixMonitor", "Data": "/tmp/heard.wav"}),
    "run SHELL": ("Originate", {"Application": "NoOp", "Data": "${SHELL(true)}"}),
    "read SHELL": ("Getvar", {"Variable": "SHELL(true)"}),
    "read EVAL": ("Getvar", {"Variable": "EVAL(${EPOCH})"}),
    "write SHELL": ("Setvar", {"Variable": "SHELL(true)", "Value": "1"}),
    "write FILE": ("Setvar", {"Variable": "FILE(/tmp/written)", "Value": "1"}),
    "write ENV": ("Setvar", {"Variable": "ENV(PATH)", "Value": "/"}),
    "write DB": ("Setvar", {"Variable": "DB(a/b)", "Value": "1"}),
}
"""What a thief of the secret would try, and each is answered by an error."""
PASSED = "Authentication accepted"


@pytest.fixture
def client(house: House) -> Iterator[ManagerClient]:
    with ManagerClient(house.pair.pbx.ami) as made:
        assert made.login(house.settings.ami_user, house.pair.secrets.ami) == PASSED
        yield made


@pytest.mark.parametrize("what", REFUSED)
def test_what_the_engine_does_not_need_is_refused(client: ManagerClient, what: str) -> None:
    action, headers = REFUSED[what]
    if action == "Originate":
        headers = {"Channel": "Local/boot@ivr-mark/n", "Async": "true", **headers}
    answer = client.ask(action, **headers)
    assert answer["Response"] == "Error", f"{what}: {answer}"


def test_files_stay_closed_and_texts_stay_texts(client: ManagerClient, house: House) -> None:
    assert client.ask("Getvar", Variable="FILE(/etc/passwd,0,20)").get("Value") == ""
    assert client.ask("Getvar", Variable="ENV(PATH)").get("Value") == ""
    mark = "${SHELL(echo ran)}"
    assert client.ask("Setvar", Variable="IVR_TRIED", Value=mark)["Response"] == "Success"
    assert f"IVR_TRIED={mark}" in (house.pair.pbx.cli("dialplan show globals") or "")
    house.pair.pbx.cli("dialplan set global IVR_TRIED")


def test_nobody_logs_in_from_elsewhere_or_with_another_name(house: House) -> None:
    found, secret = house.settings.ami_user, house.pair.secrets.ami
    for source, user, said in (
        ("127.0.0.9", found, secret),
        ("127.0.0.1", found, secret[:-1]),
        ("127.0.0.1", found, ""),
        ("127.0.0.1", "admin", secret),
    ):
        with ManagerClient(house.pair.pbx.ami, source) as stranger:
            assert stranger.login(user, said) == "Authentication failed"


def test_only_events_of_the_classes_given_arrive(client: ManagerClient) -> None:
    client.ask("Originate", Channel="Local/boot@ivr-mark/n", Context="ivr-mark", Exten="i", Priority="1", Async="true")
    client.wait("Hangup")
    assert client.heard("Hangup")
    classes = {name for event in client.events for name in event.get("Privilege", "all").split(",")}
    assert classes <= {*READ, "all"}


def test_a_call_in_our_hands_gives_no_shell(client: ManagerClient, house: House) -> None:
    """The right `agi` runs applications in a call. Those that run programs are not loaded in the embedded PBX."""
    mark = house.pair.pbx.directory / "spool/ran"
    channel = in_the_engine(client)
    for number, command in enumerate((f"EXEC System touch\\ {mark}", f"GET FULL VARIABLE ${{SHELL(touch {mark})}}")):
        client.ask("AGI", Channel=channel, Command=command, CommandID=f"rights:{number}:b")
        client.wait("AsyncAGIExec")
    client.ask("Hangup", Channel=channel)
    assert not mark.exists()
    modules = house.pair.pbx.cli("module show") or ""
    assert not re.search(r"app_system|func_shell|app_externalivr|func_env|func_curl", modules)


def in_the_engine(client: ManagerClient) -> str:
    """Let a channel come to the place where callers wait for the engine; give its name."""
    client.ask(
        "Originate", Channel="Local/engine@ivr-call/n", Context="ivr-mark", Exten="i", Priority="1", Async="true"
    )
    return client.wait("AsyncAGIStart")["Channel"]


def test_each_right_is_needed(house: House) -> None:
    """Take one right away, and what `ivr doctor` says of it comes true: the thing named here no longer works."""
    pbx = house.pair.pbx
    file = pbx.directory / "etc/manager.conf"
    text = file.read_text()
    try:
        assert works(house, patient=True) == {
            f"{kind} {name}" for kind, names in (("read", READ), ("write", WRITE)) for name in names
        }
        for kind, names in (("read", READ), ("write", WRITE)):
            for name in names:
                set_rights(file, text, kind, [one for one in names if one != name])
                pbx.cli("manager reload")
                assert f"{kind} {name}" not in works(house)
    finally:
        file.write_text(text)
        pbx.cli("manager reload")


def set_rights(file: Path, text: str, kind: str, names: list[str]) -> None:
    file.write_text(re.sub(rf"^{kind} = .*$", f"{kind} = {','.join(names)}", text, flags=re.MULTILINE))


def works(house: House, *, patient: bool = False) -> set[str]:
    """Try what the engine does; name the rights by which it went well. If patient, wait for each event to come."""
    with ManagerClient(house.pair.pbx.ami) as client:

        def comes(event: str) -> bool:
            while patient and not client.heard(event):
                client.wait(event)
            return client.heard(event)

        assert client.login(house.settings.ami_user, house.pair.secrets.ami) == PASSED
        good = {"read system"} if comes("FullyBooted") else set()
        if client.ask("Setvar", Variable="IVR_TRIED", Value="")["Response"] == "Success":
            good.add("write call")
        if client.ask("UserEvent", UserEvent="Tried")["Response"] == "Success":
            good.add("write user")
            good |= {"read user"} if comes("UserEvent") else set()
        answer = client.ask("AGI", Channel="none", Command="NOOP")
        good |= {"write agi"} if "does not exist" in answer["Message"] else set()
        return good | called(client, house, comes)


def called(client: ManagerClient, house: House, comes: Callable[[str], bool]) -> set[str]:
    """Originate a channel that waits for the engine, press a key, and let it end."""
    where = {"Context": "ivr-mark", "Exten": "i", "Priority": "1", "Async": "true"}
    answer = client.ask(
        "Originate", Channel="Local/engine@ivr-call/n", ChannelId="tried-1", OtherChannelId="tried-2", **where
    )
    if answer["Response"] != "Success":
        return set()
    good = {"write originate"}
    client.ask("PlayDTMF", Channel=waiting(house), Digit="5", Duration="100", Receive="true")
    for event, right in (("AsyncAGIStart", "read agi"), ("DTMFEnd", "read dtmf")):
        good |= {right} if comes(event) else set()
    hung_up(house.pair.pbx)
    return good | ({"read call"} if comes("Hangup") else set())


def waiting(house: House) -> str:
    """Wait until a channel waits for the engine; give its name."""

    def channel() -> str:
        shown = (house.pair.pbx.cli("core show channels concise") or "").splitlines()
        return next((one[0] for one in (line.split("!") for line in shown) if one[5:6] == ["AGI"]), "")

    return blocked_until(channel, told=lambda: "no channel came to the engine's place")
