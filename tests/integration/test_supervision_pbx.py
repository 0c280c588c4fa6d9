"""Supervision's own link against a made-up manager: its name and secret, its coming and going, what it asks and hears."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest

from ivr.asterisk.framing import Message
from ivr.errors import SettingsError
from ivr.install.town import supervisor_secret
from ivr.settings import Settings, load
from ivr.supervision.acting import pbx as pbx_module
from ivr.supervision.acting.pbx import Pbx
from ivr.supervision.refusals import ActionRefused
from tests.fakes.ami_server import SECRET, USER, FakeAmi, message
from tests.fakes.patience import until

AT = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)


def settings_of(server: FakeAmi, folder: Path, **changes: str) -> Settings:
    given = {"ami_port": server.port, "state": folder, "supervisor_user": USER, "supervisor_secret": SECRET, **changes}
    return load(**given)


@asynccontextmanager
async def linked(settings: Settings) -> AsyncIterator[tuple[Pbx, list[str]]]:
    told: list[str] = []
    pbx = Pbx(settings, lambda: AT, told.append)
    running = asyncio.ensure_future(pbx.run())
    try:
        yield pbx, told
    finally:
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)


async def test_it_comes_and_goes_and_comes_back(tmp_path: Path) -> None:
    async with FakeAmi() as server, linked(settings_of(server, tmp_path)) as (pbx, told):
        attached: list[int] = []
        pbx.hears(lambda _: None, lambda: attached.append(1))
        await until(lambda: pbx.up)
        server.cut()
        await until(lambda: len(told) >= 3)
        assert told[0] == told[2] == "up"
        assert told[1].startswith("lost: ")
        assert "next attempt" not in told[1]
        assert len(attached) >= 2


async def test_without_the_pbx_every_order_says_so(tmp_path: Path) -> None:
    async with FakeAmi() as server:
        settings = settings_of(server, tmp_path)
    async with linked(settings) as (pbx, told):
        await until(lambda: pbx.why.startswith("lost"))
        assert (pbx.up, await pbx.channels(), told) == (False, None, [])
        with pytest.raises(ActionRefused, match="the PBX cannot be asked") as refused:
            await pbx.ask({"Action": "Ping"})
        assert refused.value.status == 503


async def test_a_refused_login_is_tried_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pbx_module, "LOGIN_AGAIN", 0.01)
    async with FakeAmi() as server, linked(settings_of(server, tmp_path, supervisor_secret="wrong")) as (pbx, _):
        await until(lambda: server.names().count("Login") >= 3)
        assert pbx.why.startswith("refused: ")
        assert "wrong" not in pbx.why


async def test_only_what_bears_an_orders_id_answers_it(tmp_path: Path) -> None:
    async with FakeAmi() as server, linked(settings_of(server, tmp_path)) as (pbx, _):
        heard: list[Message] = []
        pbx.hears(heard.append)
        await until(lambda: pbx.up)
        async with pbx.order() as (name, future):
            server.event("UserEvent", UserEvent="IvrOrdered", Order="another")
            server.event("Hangup", Uniqueid=name + "0")
            server.event("UserEvent", UserEvent="IvrOrdered", Order=name, Kind="supervisor")
            assert (await pbx.confirmed(future, "it")).get("Kind") == "supervisor"
        assert [one.name for one in heard] == ["UserEvent", "Hangup", "UserEvent"]


async def test_a_call_has_the_name_that_its_lines_have_though_the_clock_was_set_back(tmp_path: Path) -> None:
    async with FakeAmi() as server, linked(settings_of(server, tmp_path)) as (pbx, _):
        await until(lambda: pbx.up)
        server.silent = {"Status"}
        asking = asyncio.ensure_future(pbx.channels())
        asked = (await server.seen("Status"))["ActionID"]
        server.say(message(Response="Success", ActionID=asked, EventList="start"))
        for uniqueid, linkedid, service in (
            ("pbx-200.5", "pbx-200.5", "kekava"),
            ("pbx-200.6", "pbx-100.9", "kekava"),  # joined with a call that was made after a step back
            ("pbx-200.8", "pbx-200.5", "kekava"),  # two citizens in one conversation
            ("pbx-200.9", "pbx-200.9", ""),
        ):
            told = {"Uniqueid": uniqueid, "Linkedid": linkedid, "Variable": f"IVR_SERVICE={service}"}
            server.event("Status", ActionID=asked, **told)
        server.event("StatusComplete", ActionID=asked, EventList="Complete")
        assert await asking == {"pbx-200.5", "pbx-200.6"}


def test_ids_are_ours_and_differ(tmp_path: Path) -> None:
    pbx = Pbx(load(state=tmp_path), lambda: AT)
    ids = {pbx.new_id() for _ in range(50)}
    assert len(ids) == 50
    assert all(one.startswith("ivr-supervision-1795348800.") for one in ids)


def test_its_secret_is_made_once_beside_the_engines_or_comes_from_a_setting(tmp_path: Path) -> None:
    found = load(state=tmp_path, instance="here")
    made = supervisor_secret(found)
    assert made == supervisor_secret(found)
    kept = tmp_path / "secrets/here/supervisor"
    assert kept.read_text().strip() == made
    assert kept.stat().st_mode & 0o777 == 0o600
    file = tmp_path / "given"
    file.touch(mode=0o600)
    file.write_text("from-a-file\n")
    assert supervisor_secret(load(state=tmp_path, supervisor_secret_file=str(file))) == "from-a-file"
    with pytest.raises(SettingsError, match="IVR_SUPERVISOR_SECRET and IVR_SUPERVISOR_SECRET_FILE"):
        load(state=tmp_path, supervisor_secret="x", supervisor_secret_file=str(file))
    with pytest.raises(SettingsError, match="IVR_SUPERVISOR_PHONE"):
        load(state=tmp_path, supervisor_phone="a b")
