"""The commands of the README, as a person types them."""

import json
from pathlib import Path

from tests.acceptance.conftest import House
from tests.acceptance.test_bad_input import ivr


def test_try_makes_a_call_on_a_private_pbx_at_another_date(house: House) -> None:
    arguments = (
        "--press",
        "1,2",
        "--after",
        "1",
        "--at",
        "2026-12-24 16:30",
        "--answer",
        "busy,ok",
        "--output",
        "json",
    )
    done = ivr(house, "try", "8488", *arguments)
    assert done.returncode == 0, done.stderr
    assert "THE OFFICE CLOCK IS SHIFTED" in done.stderr
    told = json.loads(done.stdout)
    assert "lv/kekava/closed" in [item["prompt"] for item in told["heard"]]
    assert (told["record"]["path"], told["record"]["answered_by"]) == ("1,2", "kekava-utility-2")


def test_try_says_no_when_the_number_is_none(house: House) -> None:
    done = ivr(house, "try", "9999", "--live")
    assert done.returncode == 1
    assert "the call did not reach a service" in done.stdout


def test_run_once_makes_its_demonstration_call(house: House, tmp_path: Path) -> None:
    own = {"IVR_STORE": str(tmp_path / "records.sqlite3")}  # else two PBXs of one name write into one store
    own |= {
        f"IVR_{name.upper()}": str(getattr(house.settings, name) + 50)
        for name in ("sip_port", "ami_port", "network_port", "network_ami_port")
    }
    done = ivr(house, "run", ONCE="1", IVR_INSTANCE=f"{house.settings.instance}-run", **own)
    assert done.returncode == 0, done.stderr
    assert "both heard each other" in done.stdout
    assert "answered by kekava-utility-2" in done.stdout


def test_the_pbx_shows_its_state(house: House) -> None:
    done = ivr(house, "pbx", "status", "--output", "json")
    assert done.returncode == 0, done.stderr
    assert [item["name"] for item in json.loads(done.stdout)] == [
        f"{house.settings.instance}-{end}" for end in ("pbx", "network")
    ]
    gone = ivr(house, "pbx", "status", IVR_INSTANCE="not-up")
    assert gone.returncode == 1
    assert "does not run" in gone.stdout
