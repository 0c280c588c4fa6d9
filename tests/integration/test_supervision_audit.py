"""The audit: on the disk before the answer, whole lines only, never deleted, read from its end."""

import asyncio
import json
import os
from datetime import UTC, datetime
from pathlib import Path

import pytest

from ivr.errors import LinkLost
from ivr.supervision.access.audit import UNKNOWN_END, Audit, Wanted
from ivr.supervision.api.gate import Gate
from ivr.supervision.models import AuditEntry, Role
from ivr.supervision.refusals import ActionRefused, AuditUnwritable
from tests.fakes.supervision_asks import client
from tests.fakes.supervision_parts import CALL, NUMBER, Fakes, fakes

AT = datetime(2026, 11, 24, 8, 0, tzinfo=UTC)
REASON = {"reason": "the caller shouts"}


def entry(number: int = 1, **changes: str) -> AuditEntry:
    values = {"who": "anna", "role": "supervisor", "what": "hangup", "call": f"c-{number}", "result": "done"} | changes
    return AuditEntry.model_validate({"at": AT, **values})


def content(path: Path) -> bytes | None:
    """Give what is in a file; None if there is none."""
    return path.read_bytes() if path.exists() else None


def mode(path: Path) -> int:
    return path.stat().st_mode & 0o777


def linked(path: Path) -> Path:
    """Make the path a link to another file, and give that."""
    other = path.with_name("other")
    other.touch()
    path.symlink_to(other)
    return other


@pytest.fixture
def made(tmp_path: Path) -> Fakes:
    return fakes(tmp_path)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "audit.jsonl"


@pytest.fixture
def audit(path: Path) -> Audit:
    return Audit(path)


async def test_it_is_read_newest_first_and_by_what_is_wanted(audit: Audit) -> None:
    for number in range(4):
        await audit.write(entry(number, who="anna" if number % 2 else "bert", what="send" if number == 3 else "hangup"))
    assert [one.call for one in await audit.read(Wanted())] == ["c-3", "c-2", "c-1", "c-0"]
    assert [one.call for one in await audit.read(Wanted(limit=2))] == ["c-3", "c-2"]
    assert [one.call for one in await audit.read(Wanted(who="bert"))] == ["c-2", "c-0"]
    assert [one.call for one in await audit.read(Wanted(who="anna", what="hangup"))] == ["c-1"]
    assert [one.call for one in await audit.read(Wanted(call="c-0"))] == ["c-0"]
    assert await audit.read(Wanted(who="nobody")) == ()


async def test_nothing_is_there_before_the_first(audit: Audit, path: Path) -> None:
    assert await audit.read(Wanted()) == ()
    assert content(path) is None


async def test_only_its_owner_may_read_it(audit: Audit, path: Path) -> None:
    before = os.umask(0)
    try:
        await audit.write(entry())
    finally:
        os.umask(before)
    assert mode(path) == 0o600


async def test_what_began_has_its_end_or_says_that_it_is_not_known(audit: Audit) -> None:
    first, _ = await audit.begin(entry(1)), await audit.begin(entry(2))
    await first.end("the call was ended")
    assert {one.call: one.result for one in await audit.read(Wanted())} == {
        "c-1": "the call was ended",
        "c-2": UNKNOWN_END,
    }


async def test_a_full_file_gets_a_number_and_nothing_is_lost(path: Path) -> None:
    audit = Audit(path, most_bytes=500)
    begun = await audit.begin(entry(0))
    for number in range(1, 30):
        await audit.write(entry(number))
    await begun.end("at last")
    found = await audit.read(Wanted(limit=1000))
    assert [one.call for one in found] == [f"c-{number}" for number in reversed(range(30))]
    assert found[-1].result == "at last"
    files = sorted(path.parent.glob("audit.jsonl*"))
    assert len(files) > 10
    assert all(one.stat().st_size <= 500 and one.stat().st_mode & 0o777 == 0o600 for one in files)


async def test_a_file_that_gets_its_number_while_it_is_read_is_read_all_the_same(
    audit: Audit, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    await audit.write(entry(1))

    class Full:
        """Lets somebody else find the file full as soon as it is free."""

        def __enter__(self) -> None:
            pass

        def __exit__(self, *_: object) -> None:
            Audit(path, most_bytes=1)._append(b"[]\n")

    monkeypatch.setattr(audit, "_alone", Full())
    assert [one.call for one in await audit.read(Wanted())] == ["c-1"]
    assert len(list(path.parent.glob("audit.jsonl*"))) == 2


async def test_a_line_that_was_torn_spoils_no_other(audit: Audit, path: Path) -> None:
    await audit.write(entry(1))
    with path.open("ab") as handle:
        handle.write(b'{"id": "x", "at": "2026')
    await audit.write(entry(2))
    with path.open("ab") as handle:
        handle.write(b'[]\n7\n\xff\n{"id": "y"}\n')
    assert [one.call for one in await audit.read(Wanted())] == ["c-2", "c-1"]


async def test_a_full_disk_leaves_the_file_as_it_was(audit: Audit, path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    await audit.write(entry(1))
    before = content(path)
    write = os.write
    monkeypatch.setattr(os, "write", lambda handle, line: write(handle, line[:10]))
    with pytest.raises(AuditUnwritable, match="nothing was done"):
        await audit.write(entry(2))
    assert content(path) == before
    monkeypatch.undo()
    await audit.write(entry(3))
    assert [one.call for one in await audit.read(Wanted())] == ["c-3", "c-1"]


async def test_it_follows_no_link_to_another_file(audit: Audit, path: Path) -> None:
    other = linked(path)
    with pytest.raises(AuditUnwritable):
        await audit.write(entry())
    assert content(other) == b""


async def test_many_at_once_make_whole_lines(audit: Audit, path: Path) -> None:
    await asyncio.gather(*(audit.write(entry(number, result="ž" * 200)) for number in range(50)))
    rows = [json.loads(line) for line in (content(path) or b"").splitlines()]
    assert sorted(row["call"] for row in rows) == sorted(f"c-{number}" for number in range(50))


# --- as the API writes it


async def hung_up(gate: Gate, made: Fakes) -> int:
    async with client(gate) as asks:
        return (
            await asks.post(f"/api/calls/{CALL}/hangup", json=REASON, headers=made.bearer(Role.SUPERVISOR))
        ).status_code


async def test_it_is_on_the_disk_before_anything_is_done(made: Fakes, path: Path) -> None:
    seen: list[bytes] = []

    async def look() -> None:
        seen.append(content(path) or b"")

    made.actions.first = look
    assert await hung_up(made.gate(), made) == 200
    begun = json.loads(seen[0])
    assert (begun["who"], begun["what"], begun["call"], begun["result"]) == ("a-supervisor", "hangup", CALL, "begun")
    assert begun["details"] == REASON
    (found,) = await made.parts.audit.read(Wanted())
    assert found.result == "hang_up was done"
    assert made.counted == [("hangup", "done")]


async def test_what_was_refused_is_in_it(made: Fakes) -> None:
    made.actions.refusal = ActionRefused(409, "it is in nobody's hands")
    assert await hung_up(made.gate(), made) == 409
    (found,) = await made.parts.audit.read(Wanted())
    assert found.result == "refused: it is in nobody's hands"
    assert made.counted == [("hangup", "refused")]


@pytest.mark.parametrize("error", [ActionRefused(504, "Asterisk did not say"), LinkLost("the link went")])
async def test_what_may_have_been_done_is_not_called_refused(made: Fakes, error: Exception) -> None:
    made.actions.refusal = error
    assert await hung_up(made.gate(), made) == 504
    (found,) = await made.parts.audit.read(Wanted())
    assert found.result == f"unknown: {error}"
    assert made.counted == [("hangup", "unknown")]


async def test_what_is_broken_off_is_not_called_a_fault(made: Fakes) -> None:
    reached = asyncio.Event()

    async def stuck() -> None:
        reached.set()
        await asyncio.Event().wait()

    made.actions.first = stuck
    asking = asyncio.ensure_future(hung_up(made.gate(), made))
    await reached.wait()
    asking.cancel()
    await asyncio.wait([asking])
    (found,) = await made.parts.audit.read(Wanted())
    assert found.result.startswith("unknown: supervision ended")


async def test_what_was_done_is_told_though_its_end_cannot_be_written(
    made: Fakes, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    async def full() -> None:
        monkeypatch.setattr(os, "fsync", _no_space)

    made.actions.first = full
    assert await hung_up(made.gate(), made) == 200
    monkeypatch.undo()
    (found,) = await made.parts.audit.read(Wanted())
    assert found.result == UNKNOWN_END
    assert "not in the audit" in caplog.text


def _no_space(_: int) -> None:
    raise OSError(28, "No space left on device")


async def test_without_room_for_it_nothing_is_done(made: Fakes, monkeypatch: pytest.MonkeyPatch, path: Path) -> None:
    monkeypatch.setattr(os, "fsync", _no_space)
    assert await hung_up(made.gate(), made) == 503
    assert made.actions.done == []
    assert content(path) == b""


async def test_a_whole_number_is_told_for_a_reason_and_not_written_down(made: Fakes, path: Path) -> None:
    async with client(made.gate()) as asks:
        headers = made.bearer(Role.SUPERVISOR)
        found = await asks.post(f"/api/calls/{CALL}/caller", json=REASON, headers=headers)
        assert found.json() == {"call": CALL, "caller": NUMBER}
        assert (await asks.post(f"/api/calls/{CALL}/caller", json={}, headers=headers)).status_code == 400
        told = await asks.get(f"/api/audit?call={CALL}&what=caller", headers=made.bearer(Role.ADMIN))
    (one,) = told.json()
    assert (one["who"], one["details"], one["result"]) == ("a-supervisor", REASON, "told")
    assert NUMBER.encode() not in (content(path) or b"")


async def test_looking_is_not_written_down(made: Fakes, path: Path) -> None:
    async with client(made.gate()) as asks:
        for place in ("/api/calls", f"/api/calls/{CALL}", "/api/destinations", "/api/audit", "/metrics"):
            assert (await asks.get(place, headers=made.bearer(Role.ADMIN))).status_code == 200
    assert content(path) is None
