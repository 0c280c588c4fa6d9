"""The client of supervision, both of its forms: every request, refusals, a supervision that goes and comes back."""

import socket
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from ivr.errors import SettingsError
from ivr.settings import Settings, load
from ivr.supervision import models, orders
from ivr.supervision.acting import rule_actions
from ivr.supervision.api.examples import EXAMPLES
from ivr.supervision.client import AsyncClient, Client, NoSupervision, NotDone
from ivr.supervision.client.methods import AsyncMethods, Methods
from ivr.supervision.models import Change, Role
from ivr.supervision.refusals import ActionRefused
from tests.fakes.supervision_parts import CALL, NUMBER, Fakes, Served, fakes, serving


def example(name: str) -> Any:
    found = getattr(orders if name.endswith("Order") else models, name)
    return found.model_validate(EXAMPLES[name])


REQUESTS: list[tuple[str, tuple[Any, ...], type[Any]]] = [
    ("calls", (), models.Calls),
    ("call", (CALL,), models.CallDetail),
    ("destinations", (), tuple),
    ("today", (), models.Today),
    ("health", (), models.Health),
    ("rules", (), models.RulesNow),
    ("overrides", (), tuple),
    ("listenings", (), tuple),
    ("listen", (CALL, example("ListenOrder")), models.Listening),
    ("end_listening", ("l1",), models.Listening),
    ("transfer", (CALL, example("TransferOrder")), models.Done),
    ("send", (CALL, example("TransferOrder")), models.Done),
    ("hangup", (CALL, example("HangUpOrder")), models.Done),
    ("topic", (CALL, example("TopicOrder")), models.Done),
    ("caller", (CALL, example("CallerOrder")), models.CallerNumber),
    ("announce", (example("AnnounceOrder"),), models.Done),
    ("override_add", (example("OverrideOrder"),), models.Done),
    ("override_clear", ("1a2b3c4d", example("ClearOrder")), models.Done),
    ("rules_check", (), models.Done),
    ("rules_reload", (example("ReloadOrder"),), models.Done),
    ("explain", (example("ExplainOrder"),), models.Done),
    ("audit", (), tuple),
    ("metrics", (), str),
]


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """Give the settings of the instance `s`, whose socket is where the fakes serve."""
    return load(state=tmp_path, instance="s")


@pytest.fixture
def made(settings: Settings) -> Fakes:
    return fakes(settings.state)


@contextmanager
def up(made: Fakes, settings: Settings) -> Iterator[Served]:
    """Serve at the instance's socket."""
    settings.supervision_socket.unlink(missing_ok=True)
    with serving(made) as served:
        settings.supervision_socket.symlink_to(served.unix)
        yield served
    served.unix.unlink()


def test_every_request_has_a_method_in_both_forms() -> None:
    wanted = {name for name, _, _ in REQUESTS} - {"metrics"}
    for kind in (Methods, AsyncMethods):
        assert {name for name in vars(kind) if not name.startswith("_")} - {"ask"} == wanted


def test_every_request(made: Fakes, settings: Settings) -> None:
    with up(made, settings), Client(settings) as client:
        for name, given, kind in REQUESTS:
            assert isinstance(getattr(client, name)(*given), kind), name
        assert [one.id for one in client.overrides(every=True)] == ["1a2b3c4d", "older"]
        assert client.caller(CALL, example("CallerOrder")).caller == NUMBER
        assert [one.what for one in client.audit(what="hangup", limit=5)] == ["hangup"]
    assert ("hang_up", CALL, example("HangUpOrder")) in [one[:3] for one in made.actions.done]


async def test_every_request_of_coroutines(made: Fakes, settings: Settings) -> None:
    with up(made, settings):
        async with AsyncClient(settings) as client:
            for name, given, kind in REQUESTS:
                assert isinstance(await getattr(client, name)(*given), kind), name


def test_over_the_network_with_a_token(made: Fakes, settings: Settings, tmp_path: Path) -> None:
    with up(made, settings) as served:
        url = f"http://127.0.0.1:{served.port}"
        with Client(load(supervision_url=url, supervision_token=made.secrets[Role.VIEWER])) as viewer:
            assert viewer.calls().calls
            with pytest.raises(NotDone, match="role supervisor") as refused:
                viewer.hangup(CALL, example("HangUpOrder"))
            assert refused.value.problem.status == 403
        file = tmp_path / "token"
        file.touch(mode=0o600)
        file.write_text(made.secrets[Role.ADMIN] + "\n")
        with Client(load(supervision_url=url, supervision_token_file=file)) as admin:
            assert admin.audit() == ()
        with Client(load(supervision_url=url)) as nobody, pytest.raises(NotDone, match="token"):
            nobody.calls()


def test_a_token_goes_nowhere_without_encryption() -> None:
    with pytest.raises(SettingsError, match="https"):
        Client(load(supervision_url="http://ivr.example", supervision_token="secret"))
    Client(load(supervision_url="https://ivr.example", supervision_token="secret")).close()


def test_a_token_is_not_in_what_settings_show() -> None:
    assert "hidden-token" not in repr(load(supervision_token="hidden-token"))
    with pytest.raises(SettingsError) as wrong:
        load(supervision_token=["hidden-token"])
    assert "hidden-token" not in str(wrong.value)


@pytest.mark.parametrize(("status", "detail"), [(404, "there is no call"), (409, "not now"), (504, "not confirmed")])
def test_a_refusal_has_its_words(made: Fakes, settings: Settings, status: int, detail: str) -> None:
    made.actions.refusal = ActionRefused(status, detail)
    with up(made, settings), Client(settings) as client, pytest.raises(NotDone, match=detail) as refused:
        client.send(CALL, example("TransferOrder"))
    assert refused.value.problem.status == status


def test_what_takes_supervision_long_may_take_as_long(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    given: dict[str, float | None] = {}

    def request(_: str, path: str, **more: Any) -> httpx.Response:
        given[path] = more.get("timeout")
        raise httpx.ReadTimeout("")

    with Client(settings) as client:
        monkeypatch.setattr(client, "_unix", None)
        monkeypatch.setattr(client._http, "request", request)
        for ask in (client.rules_check, lambda: client.rules_reload(example("ReloadOrder")), client.calls):
            with pytest.raises(NoSupervision, match="took longer than it may"):
                ask()
    check, reload, calls = given.values()
    assert calls is None
    assert check is not None
    assert reload is not None
    assert (check > rule_actions.CHECKED, reload > rule_actions.RELOADED) == (True, True)


def test_nobody_answers(settings: Settings) -> None:
    with Client(settings) as client, pytest.raises(NoSupervision, match="start it"):
        client.calls()
    with Client(settings) as client, pytest.raises(NoSupervision, match="start it"):
        client.metrics()


@pytest.mark.parametrize("answer", ["{}", "<html>", '{"at": 1}', ""])
def test_what_answers_is_something_else(settings: Settings, monkeypatch: pytest.MonkeyPatch, answer: str) -> None:
    client = Client(settings)
    monkeypatch.setattr(client, "_unix", None)
    monkeypatch.setattr(
        client,
        "_http",
        httpx.Client(transport=httpx.MockTransport(lambda _: httpx.Response(200, text=answer)), base_url="http://s"),
    )
    with pytest.raises(NoSupervision, match="no supervision of this release"):
        client.calls()
    bad = httpx.MockTransport(lambda _: httpx.Response(502, text="<html>" * 100))
    monkeypatch.setattr(client, "_http", httpx.Client(transport=bad, base_url="http://s"))
    with pytest.raises(NotDone) as refused:
        client.calls()
    assert refused.value.problem.status == 502
    assert len(str(refused.value)) <= 300


def test_who_waits_too_long_is_told_that_it_may_be_done(settings: Settings) -> None:
    silent = socket.socket(socket.AF_UNIX)
    silent.bind(str(settings.supervision_socket))
    silent.listen()
    with silent, Client(settings, timeout=0.1) as client, pytest.raises(NoSupervision, match="not known"):
        client.hangup(CALL, example("HangUpOrder"))


def test_who_may_not_use_the_socket_is_told_what_to_do(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    def denied(*_: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(socket.socket, "connect", denied)
    with Client(settings) as client, pytest.raises(NoSupervision, match="members of its group"):
        client.calls()


# --- streams


def kinds(found: list[Change]) -> list[str]:
    """Tell the kinds of changes; a notice made here is `lost` or `back`."""
    return [
        ("lost" if one.notice.trouble else "back") if one.notice and not one.sequence else one.kind for one in found
    ]


def test_a_stream_goes_on_when_supervision_comes_back(made: Fakes, settings: Settings) -> None:
    """Two servers, one after the other: lost is told once, however often it is tried."""
    pauses: list[float] = []
    come: list[Callable[[], Any]] = []

    def pause(seconds: float) -> None:
        pauses.append(seconds)
        if len(pauses) == 3:
            come.pop(0)()

    again = up(made, settings)
    come.append(again.__enter__)
    found: list[Change] = []
    with Client(settings, pause=pause) as client:
        changes = client.events()
        with up(made, settings):
            found.append(next(changes))
        for change in changes:
            found.append(change)
            if change.kind == "calls":
                break
        changes.close()  # type: ignore[attr-defined]
    again.__exit__(None, None, None)
    assert kinds(found) == ["calls", "lost", "back", "calls"]
    assert "does not answer" in (found[1].notice.text if found[1].notice else "")
    assert len(pauses) >= 3


async def test_a_stream_of_coroutines_goes_on_too(made: Fakes, settings: Settings) -> None:
    pauses: list[float] = []
    again = up(made, settings)

    async def pause(seconds: float) -> None:
        pauses.append(seconds)
        if len(pauses) == 3:
            again.__enter__()

    found: list[Change] = []
    async with AsyncClient(settings, pause=pause) as client:
        changes = client.events()
        with up(made, settings):
            found.append(await anext(changes))
        async for change in changes:
            found.append(change)
            if change.kind == "calls":
                break
        await changes.aclose()  # type: ignore[attr-defined]
    again.__exit__(None, None, None)
    assert kinds(found) == ["calls", "lost", "back", "calls"]


def test_a_stream_from_nobody_says_so_first(settings: Settings) -> None:
    class Enough(Exception):
        pass

    pauses: list[float] = []

    def pause(seconds: float) -> None:
        pauses.append(seconds)
        if len(pauses) == 6:
            raise Enough

    found: list[Change] = []
    with Client(settings, pause=pause) as client, pytest.raises(Enough):
        deque(map(found.append, client.events()))
    assert kinds(found) == ["lost"]
    assert pauses[5] > pauses[0]


def test_a_stream_that_is_refused_ends(made: Fakes, settings: Settings) -> None:
    with up(made, settings) as served:
        wrong = load(supervision_url=f"http://127.0.0.1:{served.port}", supervision_token="wrong")
        with Client(wrong) as client, pytest.raises(NotDone):
            next(client.events())


def test_the_models_of_a_stream_are_whole(made: Fakes, settings: Settings) -> None:
    """What is None and has no default must not be left out on the way."""
    found: list[Change] = []
    destinations = (example("DestinationNow"),)
    assert destinations[0].until is None
    with up(made, settings) as served, Client(settings) as client:
        served.on_loop(lambda: made.hub.publish("destinations", destinations))
        for change in client.events():
            found.append(change)
            if change.kind == "destinations":
                break
    assert found[-1].destinations == destinations
