"""What Asterisk's console printed (22.10.1), and what is read from it; and what the doctor sees in files."""

import os
from pathlib import Path

import pytest

from ivr.doctor import console_text, gather
from ivr.doctor.facts import Cel, Manager, ManagerUser
from ivr.doctor.gather_manager import ahead

USER = """
          username: ivr-engine
            secret: <Set>
               ACL: yes
         read perm: system,call,dtmf,agi
        write perm: call,originate,agi
   displayconnects: yes
"""
SETTINGS = """
Global Settings:
----------------
  Manager (AMI):             Yes
  Web Manager (AMI/HTTP):    No
  TCP Bindaddress:           127.0.0.1:16301
  TLS Enable:                No
  TLS Bindaddress:           Disabled
"""
STATUS = """CEL Logging: Enabled
CEL Tracking Event: ALL
CEL Tracking Event: CHAN_START
CEL Tracking Application: agi
CEL Tracking Application: Dial
CEL Event Subscriber: CEL Custom CSV Logging
"""
MODULES = """Module                         Description                              Use Count  Status      Support Level
app_dial.so                    Dialing Application                      0          Running              core
app_gone.so                    An application                           0          Not Running          core
2 modules loaded
"""


def test_the_console_is_understood() -> None:
    assert console_text.version("Asterisk 22.10.1+dfsg+~cs6.17 built by nobody @ x on a y") == "22.10.1"
    assert console_text.version("Asterisk certified/20.7-cert4 built") == "20.7"
    assert console_text.modules(MODULES) == {"app_dial.so"}
    assert console_text.manager_user(USER) == ManagerUser(
        frozenset({"system", "call", "dtmf", "agi"}), frozenset({"call", "originate", "agi"}), limited=True
    )
    assert console_text.manager_user("There is no manager called x") is None
    assert console_text.manager(SETTINGS) == Manager("127.0.0.1:16301", "", web=False)
    secured = SETTINGS.replace("TLS Enable:                No", "TLS Enable:                Yes").replace(
        "Disabled", "0.0.0.0:5039"
    )
    assert console_text.manager(secured).tls == "0.0.0.0:5039"
    assert console_text.cel(STATUS) == Cel(
        enabled=True,
        events=frozenset({"ALL", "CHAN_START"}),
        applications=frozenset({"agi", "dial"}),
        writers=("CEL Custom CSV Logging",),
    )
    assert console_text.dialplan_globals("   IVR_RULES_NOW=d1ba\n   X=a=b\n\n    -- 2 variable(s)\n") == {
        "IVR_RULES_NOW": "d1ba",
        "X": "a=b",
    }
    assert console_text.contexts("[ Context 'ivr-call' created by 'pbx_config' ]\n  'x' => ...") == {"ivr-call"}
    assert console_text.channels("12 active channels\n3 active calls\n") == 12
    assert console_text.channels("1 active channel\n") == 1
    assert console_text.language_prefix("  Language prefix:             Enabled\n")
    assert not console_text.language_prefix("  Language prefix:             Disabled\n")


@pytest.mark.parametrize(
    "read", [console_text.version, console_text.modules, console_text.manager_user, console_text.channels]
)
def test_a_text_that_is_not_understood_gives_nothing(read: object) -> None:
    assert callable(read)
    assert not read("Unable to connect to remote asterisk")


@pytest.mark.parametrize(
    ("told", "before", "after", "expected"),
    [
        ("100", 100.2, 100.3, 0.0),
        ("100", 99.9, 100.1, 0.0),
        ("100", 101.0, 101.2, 0.0),
        ("100", 160.5, 160.6, -59.5),
        ("160", 100.5, 100.6, 59.4),
        ("", 1.0, 2.0, None),
    ],
)
def test_clocks_are_compared(told: str, before: float, after: float, expected: float | None) -> None:
    assert ahead(told, before, after) == (None if expected is None else pytest.approx(expected))


def test_the_end_of_a_journal_is_read(tmp_path: Path) -> None:
    path = tmp_path / "journal.csv"
    assert not gather.journal(path, 100.0).exists
    path.touch()
    assert gather.journal(path, 100.0).age is None
    path.write_text('"CHAN_START","90.5","a ""b"", c"\n' * 2000)
    found = gather.journal(path, 100.0)
    assert (found.age, found.columns, found.size) == (pytest.approx(9.5), 3, path.stat().st_size)
    path.write_text("no journal at all\n")
    os.utime(path, (50.0, 50.0))
    assert gather.journal(path, 100.0).age == pytest.approx(50.0)


def test_secrets_that_others_can_read_are_named(tmp_path: Path) -> None:
    path = tmp_path / "secret"
    path.touch(mode=0o600)
    assert list(gather.secrets([path, tmp_path / "none"])) == []
    path.chmod(0o640)
    assert str(path) in next(gather.secrets([path]))


def test_disks_of_what_does_not_exist_yet_are_those_above(tmp_path: Path) -> None:
    (found,) = gather.disks([("records", tmp_path / "a" / "b")])
    assert found.path == tmp_path
    assert 0 < found.free <= found.total
