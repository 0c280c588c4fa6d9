"""The systemd units, the example settings and the documents about alarms, against the code."""

import re
from pathlib import Path

import pytest

from ivr.alarms.alarm import SEVERITY, AlarmId
from ivr.recorder import STOP_SECONDS
from ivr.settings import Settings, load

ROOT = Path(__file__).parents[2]
DEPLOY = ROOT / "deploy"
ENGINE, DIED, PURGE = "ivr-engine@.service", "ivr-engine-died@.service", "ivr-purge.service"
PAGE = (ROOT / "docs" / "alarms.md").read_text(encoding="utf-8")


def unit(name: str) -> dict[str, dict[str, list[str]]]:
    """Sections, keys, values in their order."""
    sections: dict[str, dict[str, list[str]]] = {}
    for line in (DEPLOY / name).read_text(encoding="utf-8").splitlines():
        if line.startswith("["):
            keys = sections.setdefault(line.strip("[]"), {})
        elif line and not line.startswith("#"):
            key, _, value = line.partition("=")
            keys.setdefault(key, []).append(value)
    return sections


def test_the_engine_tells_systemd_and_is_always_started_again() -> None:
    found = unit(ENGINE)
    service = found["Service"]
    assert service["Type"] == ["notify"]
    assert service["ExecStart"] == ["/opt/municipal-ivr/.venv/bin/ivr engine"]
    assert service["Restart"] == ["always"]
    assert found["Unit"]["StartLimitIntervalSec"] == ["0"]
    assert (service["KillSignal"], service["KillMode"]) == (["SIGTERM"], ["mixed"])
    assert service["EnvironmentFile"] == ["/etc/municipal-ivr/ivr.env", "-/etc/municipal-ivr/ivr-%i.env"]


def test_an_engine_may_drain_before_it_is_killed_and_a_short_block_is_no_death() -> None:
    service = unit(ENGINE)["Service"]
    defaults = Settings.model_fields
    assert float(service["TimeoutStopSec"][0]) > defaults["drain_seconds"].default + STOP_SECONDS
    assert float(service["WatchdogSec"][0]) >= 2 * defaults["lease_seconds"].default


@pytest.mark.parametrize("name", [ENGINE, DIED, PURGE])
def test_a_unit_gives_away_no_right(name: str) -> None:
    service = unit(name)["Service"]
    assert service["User"] == ["asterisk"]
    assert service["CapabilityBoundingSet"] == [""]
    for key in ("NoNewPrivileges", "ProtectHome", "PrivateTmp", "PrivateDevices"):
        assert service[key] == ["yes"], key
    assert service["ProtectSystem"] == ["strict"]


def test_a_dead_engine_is_told_of_by_another_unit_and_not_too_often() -> None:
    post = unit(ENGINE)["Service"]["ExecStopPost"][0]
    assert "--no-block ivr-engine-died@%i.service" in post
    assert '"$${SERVICE_RESULT}" = success' in post
    told = unit(DIED)
    assert told["Service"]["ExecStart"] == ["/opt/municipal-ivr/.venv/bin/python -m ivr.alarms.died %i"]
    assert (told["Unit"]["StartLimitIntervalSec"], told["Unit"]["StartLimitBurst"]) == (["600"], ["1"])


def test_the_example_settings_are_settings(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    text = (DEPLOY / "ivr.env.example").read_text(encoding="utf-8")
    lines = dict(re.findall(r"^#?(IVR_\w+)=(.*)$", text, re.MULTILINE))
    assert len(lines) > 15
    assert {name.removeprefix("IVR_").lower() for name in lines} <= set(Settings.model_fields)
    secret = tmp_path / "secret"
    secret.touch(mode=0o600)
    secret.write_text("s")
    for name, value in {**lines, "IVR_AMI_SECRET_FILE": str(secret)}.items():
        monkeypatch.setenv(name, value)
    assert load().drain_seconds == 30


def test_the_page_has_every_alarm_with_its_severity() -> None:
    rows = dict(re.findall(r"^\| `(\w+)` \| (warning|critical) \|", PAGE, re.MULTILINE))
    assert rows == {kind.value: SEVERITY[kind].value for kind in AlarmId}


def test_the_page_has_every_setting_with_its_default() -> None:
    fields = {name: field for name, field in Settings.model_fields.items() if name.startswith("alarm_")}
    rows = dict(re.findall(r"^\| `(IVR_ALARM_\w+)` \| (\S+) \|", PAGE, re.MULTILINE))
    wanted = {
        f"IVR_{name.upper()}": f"`{field.default}`" if field.default else "none" for name, field in fields.items()
    }
    assert rows == wanted
