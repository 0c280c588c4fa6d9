"""The file of the overrides: history, several processes, kills, what is not an overrides file."""

import json
import signal
import sqlite3
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from ivr.routing.rules import Override, OverrideKind
from ivr.rulebook.overrides import (
    Cleared,
    Kept,
    OverrideStore,
    OverridesUnusable,
    OverrideUnknown,
    State,
    active,
    new_id,
)
from ivr.vocabulary import DestinationId, OverrideId

AT = datetime(2026, 11, 21, 12, 0, 0, 123456, tzinfo=UTC)
DESK = DestinationId("desk")


def order(name: str, hours: float = 2, **changes: object) -> Override:
    values: dict[str, object] = {
        "id": OverrideId(name),
        "destination": DESK,
        "kind": OverrideKind.CLOSED,
        "since": AT,
        "until": AT + timedelta(hours=hours),
        "reason": "burst pipe – Ķekava",
        "author": "anna",
    }
    return Override(**{**values, **changes})  # type: ignore[arg-type]


def add(store: OverrideStore, made: Override) -> Override:
    return store.add(lambda _: made)


def test_what_is_added_is_read_again(tmp_path: Path) -> None:
    store = OverrideStore(tmp_path / "new folder" / "overrides.sqlite3")
    assert store.known() == ()
    assert not store.path.exists(), "reading makes no file"
    first = add(store, order("a"))
    second = add(store, order("b", kind=OverrideKind.REDIRECT, redirect=DestinationId("other")))
    assert OverrideStore(store.path).known() == (Kept(first), Kept(second))


def test_cleared_and_expired_ones_stay_as_history(tmp_path: Path) -> None:
    store = OverrideStore(tmp_path / "overrides.sqlite3")
    for one in (order("gone", 1), order("ended", 3), order("holds", 3)):
        add(store, one)
    later = AT + timedelta(hours=2)
    ended = Cleared(later, "ivan", "mended")
    assert store.clear("ended", ended).id == "ended"
    known = store.known()
    assert [one.state(later) for one in known] == [State.EXPIRED, State.CLEARED, State.ACTIVE]
    assert known[1].cleared == ended
    assert active(known, later) == {DESK: (known[2].override,)}
    assert active(known, AT) == {DESK: (known[0].override, known[2].override)}, "the oldest first"


@pytest.mark.parametrize(("which", "message"), [("none", "there is no override 'none'"), ("a", "is expired already")])
def test_what_does_not_hold_cannot_be_cleared(tmp_path: Path, which: str, message: str) -> None:
    store = OverrideStore(tmp_path / "overrides.sqlite3")
    add(store, order("a"))
    with pytest.raises(OverrideUnknown, match=message):
        store.clear(which, Cleared(AT + timedelta(hours=2), "ivan", "x"))


def test_nothing_can_be_deleted(tmp_path: Path) -> None:
    store = OverrideStore(tmp_path / "overrides.sqlite3")
    add(store, order("a"))
    with sqlite3.connect(store.path) as file, pytest.raises(sqlite3.IntegrityError, match="kept as history"):
        file.execute("delete from overrides")
    file.close()


def test_an_order_that_is_refused_leaves_nothing(tmp_path: Path) -> None:
    store = OverrideStore(tmp_path / "overrides.sqlite3")

    def refuse(_known: tuple[Kept, ...]) -> Override:
        raise OverrideUnknown("no")

    with pytest.raises(OverrideUnknown):
        store.add(refuse)
    assert store.known() == ()
    assert add(store, order("a")).id == "a"


@pytest.mark.parametrize("content", [b"this is no database" * 100, b""])
def test_what_is_no_overrides_file(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "overrides.sqlite3"
    path.write_bytes(content)
    store = OverrideStore(path)
    if not content:  # as another process leaves it before its first commit
        assert store.known() == ()
        return
    with pytest.raises(OverridesUnusable, match="set IVR_OVERRIDES to another one"):
        store.known()
    with pytest.raises(OverridesUnusable):
        add(store, order("a"))
    assert path.read_bytes() == content


def test_a_newer_file_is_not_touched(tmp_path: Path) -> None:
    store = OverrideStore(tmp_path / "overrides.sqlite3")
    add(store, order("a"))
    file = sqlite3.connect(store.path)
    file.execute("pragma user_version = 2")
    file.close()
    with pytest.raises(OverridesUnusable, match="newer version"):
        store.known()


def test_ids_are_eight_hexadecimal_digits() -> None:
    made = {new_id() for _ in range(100)}
    assert len(made) == 100
    assert all(len(name) == 8 and int(name, 16) >= 0 for name in made)


_WRITER = """
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from ivr.routing.rules import Override, OverrideKind
from ivr.rulebook.overrides import OverrideStore
from ivr.vocabulary import DestinationId, OverrideId
store, name, count = OverrideStore(Path(sys.argv[1])), sys.argv[2], int(sys.argv[3])
at = datetime(2026, 11, 21, tzinfo=UTC)
def make(known):
    return Override(OverrideId(f"{name}-{number}"), DestinationId("desk"), OverrideKind.OPEN, at, at + timedelta(days=1),
        f"after {len(known)}", name)
for number in range(count):
    store.add(make)
    print(number, flush=True)
"""


def writer(path: Path, name: str, count: int) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        [sys.executable, "-c", _WRITER, str(path), name, str(count)], stdout=subprocess.PIPE, text=True
    )


def test_several_processes_write_one_after_the_other(tmp_path: Path) -> None:
    path = tmp_path / "overrides.sqlite3"
    writers = [writer(path, name, 8) for name in "abc"]
    assert [process.communicate()[0].split() for process in writers] == [[str(i) for i in range(8)]] * 3
    known = OverrideStore(path).known()
    assert [one.override.reason for one in known] == [f"after {number}" for number in range(24)]


def test_a_killed_writer_leaves_whole_overrides(tmp_path: Path) -> None:
    path = tmp_path / "overrides.sqlite3"
    process = writer(path, "a", 100_000)
    assert process.stdout is not None
    told = [process.stdout.readline() for _ in range(5)]
    process.send_signal(signal.SIGKILL)
    told += process.stdout.readlines()
    process.communicate()
    known = OverrideStore(path).known()
    assert len(told) <= len(known) <= len(told) + 1, "what was told is there"
    add(OverrideStore(path), order("b"))


def run(path: Path, *arguments: str, **environment: str) -> "subprocess.CompletedProcess[str]":
    program = [sys.executable, "-c", "from ivr.cli.main import main; main()", "override", *arguments]
    return subprocess.run(
        program,
        capture_output=True,
        text=True,
        env={"PATH": "/usr/bin:/bin", "IVR_OVERRIDES": str(path), "COLUMNS": "200", **environment},
    )


def test_the_commands_add_list_and_clear(tmp_path: Path) -> None:
    path = tmp_path / "overrides.sqlite3"
    words = ("kekava-information", "closed", "--until", "2h", "--reason", "burst pipe", "--output", "json")
    done = run(path, "add", *words, SUDO_USER="anna")
    assert done.returncode == 0, done.stderr
    (made,) = json.loads(done.stdout)
    assert (made["destination"], made["kind"], made["state"]) == ("kekava-information", "closed", "active")
    assert made["author"] == "anna"
    shown = run(path, "list").stdout
    assert made["id"] in shown
    assert "burst pipe" in shown
    cleared = run(path, "clear", made["id"], "--reason", "mended")
    assert cleared.returncode == 0, cleared.stderr
    assert run(path, "list", "--output", "json").stdout.strip() == "[]"
    (kept,) = json.loads(run(path, "list", "--all", "--output", "json").stdout)
    assert (kept["state"], kept["cleared"]["reason"]) == ("cleared", "mended")


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("add", "kekava-police", "closed", "--until", "2h", "--reason", "x"), "kekava-police is a safety line"),
        (("clear", "00000000"), "--reason is missing"),
    ],
)
def test_what_the_commands_refuse(tmp_path: Path, words: tuple[str, ...], message: str) -> None:
    done = run(tmp_path / "overrides.sqlite3", *words)
    assert (done.returncode, done.stdout) == (2, "")
    assert message in done.stderr
    assert "Traceback" not in done.stderr
