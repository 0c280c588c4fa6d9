"""Orders about the rules: the same store, engines and answers as the commands'; refusals say what to do."""

import asyncio
import os
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from ivr.errors import IvrError
from ivr.live.client import NoEngine
from ivr.rulebook.overrides import OverrideStore
from ivr.rulebook.read import read, years_around
from ivr.settings import load
from ivr.supervision.access.auth import Who
from ivr.supervision.acting import rule_actions
from ivr.supervision.acting.rule_actions import RuleOrders
from ivr.supervision.models import Role
from ivr.supervision.orders import ClearOrder, ExplainOrder, OverrideOrder, ReloadOrder
from ivr.supervision.refusals import ActionRefused
from tests.fakes.patience import until

AT = datetime(2026, 11, 24, 8, 0, tzinfo=UTC)  # 10:00 in Riga
BO = Who("bo", Role.ADMIN, "token")
RULES = read(Path("routing_rules.yaml"), years=years_around(2026))


@pytest.fixture
def orders(tmp_path: Path) -> RuleOrders:
    settings = load(state=tmp_path, overrides=tmp_path / "overrides.sqlite3", rules=tmp_path / "rules.yaml")
    return RuleOrders(settings, lambda: RULES, lambda: AT)


def closed(**changes: str) -> OverrideOrder:
    given = {"destination": "kekava-information", "order": "closed", "until": "2h", "reason": "burst pipe", **changes}
    return OverrideOrder.model_validate(given)


async def test_an_override_is_added_and_cleared_by_the_name_of_who_asks(orders: RuleOrders, tmp_path: Path) -> None:
    made = await orders.override_add(closed(), BO)
    (kept,) = OverrideStore(tmp_path / "overrides.sqlite3").known()
    assert made.values["id"] == kept.override.id
    assert (kept.override.author, kept.override.until) == ("bo", AT + timedelta(hours=2))
    await orders.override_clear(kept.override.id, ClearOrder(reason="mended"), BO)
    (kept,) = OverrideStore(tmp_path / "overrides.sqlite3").known()
    assert kept.cleared is not None
    assert (kept.cleared.author, kept.cleared.reason) == ("bo", "mended")
    with pytest.raises(ActionRefused, match="cleared already") as refused:
        await orders.override_clear(kept.override.id, ClearOrder(reason="again"), BO)
    assert refused.value.status == 409
    with pytest.raises(ActionRefused, match="no override") as refused:
        await orders.override_clear("ffffffff", ClearOrder(reason="x"), BO)
    assert refused.value.status == 404
    await asyncio.to_thread((tmp_path / "overrides.sqlite3").write_bytes, b"no database" * 100)
    with pytest.raises(ActionRefused, match="cannot be used") as refused:
        await orders.override_clear("ffffffff", ClearOrder(reason="x"), BO)
    assert refused.value.status == 503


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"destination": "nowhere"}, "no destination"),
        ({"destination": "kekava-duty"}, "safety line"),
        ({"until": "yesterday"}, "no time"),
        ({"until": "2020-01-01 00:00"}, "past"),
    ],
)
async def test_overrides_that_are_refused(orders: RuleOrders, changes: dict[str, str], said: str) -> None:
    with pytest.raises(ActionRefused, match=said) as refused:
        await orders.override_add(closed(**changes), BO)
    assert refused.value.status == 400


async def test_a_store_that_cannot_be_used(tmp_path: Path) -> None:
    file = tmp_path / "overrides.sqlite3"
    file.write_text("no database, and longer than a header of one would be")
    orders = RuleOrders(load(state=tmp_path, overrides=file), lambda: RULES, lambda: AT)
    with pytest.raises(ActionRefused, match="cannot be used") as refused:
        await orders.override_add(closed(), BO)
    assert refused.value.status == 503


async def test_the_file_is_checked_by_another_process(orders: RuleOrders, tmp_path: Path) -> None:
    file = tmp_path / "rules.yaml"
    file.write_text("services: {}\n")
    done = await orders.rules_check()
    assert done.values["problems"] != "0"
    assert f"{file} has " in done.text
    good = RuleOrders(load(state=tmp_path), lambda: RULES, lambda: AT)
    done = await good.rules_check()
    assert (done.values, "no mistakes found" in done.text) == ({"version": str(RULES.version)}, True)


async def test_a_check_that_takes_too_long_is_ended(orders: RuleOrders, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rule_actions, "CHECKED", 0.01)
    with pytest.raises(ActionRefused, match="took longer") as refused:
        await orders.rules_check()
    assert refused.value.status == 504


async def test_a_check_that_nobody_waits_for_any_more_is_ended(
    orders: RuleOrders, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    told = tmp_path / "pid"
    monkeypatch.setattr(rule_actions, "_COMMAND", ("/bin/sh", "-c", f"echo $$ > {told}; exec sleep 60"))
    checking = asyncio.ensure_future(orders.rules_check())
    await until(lambda: told.exists() and told.read_text().strip())
    checking.cancel()
    await asyncio.wait([checking])
    with pytest.raises(ProcessLookupError):
        os.kill(int(told.read_text()), 0)


async def test_a_check_without_an_answer(orders: RuleOrders, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rule_actions, "_COMMAND", ("/bin/sh", "-c", "echo broken >&2"))
    with pytest.raises(ActionRefused, match="broken") as refused:
        await orders.rules_check()
    assert refused.value.status == 503


RELOADED: dict[str, Any] = {"ok": True, "before": "a", "after": "b", "changed": True, "problems": []}


@pytest.mark.parametrize(
    ("answer", "status", "said"),
    [
        (RELOADED, 0, "rules b are in use for new calls"),
        ({**RELOADED, "changed": False}, 0, "rules b are in use, as before"),
        ({**RELOADED, "problems": [{"text": "f:1:1: wrong"}]}, 409, "f:1:1: wrong"),
        ({"ok": False, "error": "no such line"}, 409, "the engine refused: no such line"),
        (NoEngine("nobody"), 503, "nobody"),
    ],
)
async def test_a_reload_is_the_engines(
    orders: RuleOrders, monkeypatch: pytest.MonkeyPatch, answer: dict[str, Any] | IvrError, status: int, said: str
) -> None:
    asked: list[dict[str, Any]] = []

    def ask(_: Path, request: dict[str, Any]) -> dict[str, Any]:
        asked.append(request)
        if isinstance(answer, IvrError):
            raise answer
        return answer

    monkeypatch.setattr(rule_actions, "ask", ask)
    order = ReloadOrder(release=("kekava-duty",))
    if status:
        with pytest.raises(ActionRefused) as refused:
            await orders.rules_reload(order, BO)
        assert (refused.value.status, refused.value.detail) == (status, said)
    else:
        assert (await orders.rules_reload(order, BO)).text == said
    assert asked == [{"do": "reload", "release": ["kekava-duty"]}]


async def test_a_reload_that_takes_long_goes_on(orders: RuleOrders, monkeypatch: pytest.MonkeyPatch) -> None:
    over = asyncio.Event()
    monkeypatch.setattr(rule_actions, "RELOADED", 0.01)

    async def slow(*_: object) -> None:
        await over.wait()

    monkeypatch.setattr(rule_actions.asyncio, "to_thread", slow)
    with pytest.raises(ActionRefused, match="not finished yet") as refused:
        await orders.rules_reload(ReloadOrder(), BO)
    assert refused.value.status == 504


async def test_where_a_call_would_go(orders: RuleOrders) -> None:
    told = await orders.explain(ExplainOrder(number="8488", press="3"))
    assert "kekava-police" in told.text
    assert told.values["service"] == "kekava"
    assert told.values["at"].startswith("2026-11-24T10:00:00+02:00")
    at = await orders.explain(ExplainOrder(number="8488", at="2026-12-24 16:30"))
    assert at.values["at"] == "2026-12-24T16:30:00+02:00"
    with pytest.raises(ActionRefused, match="no service") as refused:
        await orders.explain(ExplainOrder(number="112"))
    assert refused.value.status == 404
    for wrong, said in (("noon", "no time"), ("0001-01-01 00:00", "2025 to 2029"), ("9999-12-31 23:59", "too far")):
        with pytest.raises(ActionRefused, match=said) as refused:
            await orders.explain(ExplainOrder(number="8488", at=wrong))
        assert refused.value.status == 400
