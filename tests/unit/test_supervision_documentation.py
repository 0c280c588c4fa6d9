"""docs/api.md, the unit and the example settings, against the code."""

import re
from pathlib import Path

from ivr.settings import Settings
from ivr.supervision.access import audit
from ivr.supervision.api import events, shapes, wire
from ivr.supervision.api.openapi import ERRORS
from ivr.supervision.api.permissions import PERMISSIONS

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "api.md").read_text(encoding="utf-8")
UNIT = (ROOT / "deploy" / "ivr-supervision.service").read_text(encoding="utf-8")


def test_the_page_has_every_route_with_its_role() -> None:
    rows = re.findall(r"^\| `([A-Z]+) (/\S+)` \| (\w+) \|", PAGE, re.MULTILINE)
    assert {(method, path): role for method, path, role in rows} == {
        place: str(one) for place, one in PERMISSIONS.items()
    }


def test_the_page_has_every_setting() -> None:
    named = {name.removeprefix("IVR_").lower() for name in re.findall(r"`(IVR_SUPERVISION_\w+)`", PAGE)}
    assert named == {name for name in Settings.model_fields if name.startswith("supervision_")}


def test_the_page_has_every_status() -> None:
    section = PAGE.partition("| status | when |")[2].partition("## Events")[0]
    rows = re.findall(r"^\| ([\d, ]+) \|", section, re.MULTILINE)
    assert {code for row in rows for code in row.split(", ")} == {*ERRORS, "405"}


def test_the_page_has_the_bounds() -> None:
    bounds = dict(re.findall(r"^\| ([^|]+) \| ([^|]+) \|$", PAGE.partition("## Bounds")[2], re.MULTILINE))
    assert bounds["headers of a request"] == f"{wire.MOST_HEADER_BYTES // 1024} KiB"
    assert bounds["body"].startswith(f"{shapes.MOST_BODY_BYTES // 1024} KiB")
    assert bounds["time to send a request"] == f"{wire.REQUEST_SECONDS:g} s"
    assert bounds["time without reading what is sent"] == f"{wire.ANSWER_SECONDS:g} s"
    assert bounds["time without a request"] == f"{wire.IDLE_SECONDS} s"
    assert bounds["connections"] == f"{wire.MOST_CONNECTIONS} on each socket, {wire.MOST_OF_AN_ADDRESS} of one address"
    assert f"Full files ({audit.MOST_BYTES // 1024**2} MiB)" in PAGE
    assert f"a comment comes every {events.HEARTBEAT:g} seconds" in PAGE


def _values(key: str) -> list[str]:
    return re.findall(rf"^{key}=(.*)$", UNIT, re.MULTILINE)


def test_the_unit_gives_away_no_right_and_depends_on_nothing_that_may_be_dead() -> None:
    for key in (
        "NoNewPrivileges",
        "ProtectHome",
        "PrivateTmp",
        "PrivateDevices",
        "RestrictNamespaces",
        "LockPersonality",
    ):
        assert _values(key) == ["yes"], key
    assert _values("User") == _values("Group") == ["asterisk"]
    assert _values("CapabilityBoundingSet") == [""]
    assert _values("ProtectSystem") == ["strict"]
    assert _values("ExecStart") == ["/opt/municipal-ivr/.venv/bin/ivr supervision"]
    assert (_values("Type"), _values("Restart"), _values("StartLimitIntervalSec")) == (["notify"], ["always"], ["0"])
    assert not re.findall(r"^(BindsTo|Requires|PartOf)=", UNIT, re.MULTILINE)


def test_calls_come_before_supervision_when_something_is_short() -> None:
    engine = (ROOT / "deploy" / "ivr-engine@.service").read_text(encoding="utf-8")
    (theirs,) = re.findall(r"^OOMScoreAdjust=(.*)$", engine, re.MULTILINE)
    assert int(theirs) < 0 < int(_values("OOMScoreAdjust")[0])
    assert int(_values("Nice")[0]) > 0
    assert _values("MemoryMax")
