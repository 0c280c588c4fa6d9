"""Where following begins: from the store or from the journal's end, it shows what the whole journal says."""

import asyncio
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cdr.journal.reader import Journal
from cdr.live.call import LiveCall
from cdr.live.start import start_of
from cdr.privacy.keeper import Keeper
from cdr.privacy.sealing import TOKEN, Mode
from cdr.recorder import ingest_once
from cdr.store.store import Store
from tests.fakes.call_pieces import IN, RINGS, TALKS, ends
from tests.fakes.call_table import lines_of, linkedid_of
from tests.fakes.journal_load import busy_journal
from tests.fakes.journal_marks import mark
from tests.fakes.live_lines import by_the_fold, placed, told
from tests.fakes.live_screen import following, grow, until
from tests.fakes.restless_journal import moved, restless_journal

CALL = linkedid_of()
TRACE = Path(__file__).parents[1] / "traces" / "blind_transfer_to_destination.csv"


async def stored(folder: Path, data: bytes, keeper: Keeper | None = None) -> tuple[Path, Path]:
    """Bring a journal into a store."""
    journal, store = folder / "journal.csv", folder / "records.sqlite3"
    journal.write_bytes(data)
    async with Store(store, sealer=keeper) as opened:
        await ingest_once(journal, opened)
    return journal, store


@settings(max_examples=12, deadline=None)
@given(seed=st.integers(0, 1000), part=st.floats(0.05, 1.0), restless=st.booleans())
def test_late_start_from_the_store_shows_what_the_journal_says(
    tmp_path_factory: pytest.TempPathFactory, seed: int, part: float, restless: bool
) -> None:
    lines = restless_journal(seed) if restless else busy_journal(12, seed).splitlines(keepends=True)
    cut = max(1, int(len(lines) * part))
    folder = tmp_path_factory.mktemp("late")

    async def run() -> dict[str, LiveCall]:
        journal, store = await stored(folder, b"".join(lines[:cut]))
        grow(journal, lines[cut:])
        async with following(Journal(journal), store) as (_, screen):
            return dict(screen.calls)

    assert asyncio.run(run()) == by_the_fold(placed(b"".join(lines)))


async def test_calls_that_began_before_the_tail_are_known_from_the_store(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("cdr.live.follow.TAIL", 3000)
    first, others = lines_of(IN + TALKS), [line for n in range(2, 30) for line in lines_of(IN + ends(9), n)]
    journal, store = await stored(tmp_path, b"".join([*first, *others]))
    async with following(Journal(journal), store) as (_, screen):
        assert [told(call) for call in screen.calls.values()] == ["talking info info-1"]
    for missing in (None, tmp_path / "none.sqlite3"):
        async with following(Journal(journal), missing) as (_, screen):
            before = len(screen.calls)
            assert CALL not in screen.calls
            grow(journal, lines_of(IN, 40 if missing else 50))
            await until(None, screen, lambda: len(screen.calls) > before)  # noqa: B023 - waited for at once


@pytest.mark.parametrize("mode", [Mode.ENCRYPTED, Mode.HASHED])
async def test_a_sealed_store_gives_tokens_and_what_may_be_shown(tmp_path: Path, mode: Mode) -> None:
    lines = TRACE.read_bytes().splitlines(keepends=True)
    journal, store = await stored(tmp_path, b"".join(lines[:20]), Keeper(mode, tmp_path / "records.key"))
    async with following(Journal(journal), store) as (follower, screen):
        ((name, call),) = screen.calls.items()
        assert (bool(TOKEN.fullmatch(call.caller)), follower.number_of(name), call.stage) == (True, "", "talking")
        assert follower.shown[call.caller] == ("37…12" if mode is Mode.ENCRYPTED else "…")
        grow(journal, lines[20:24])
        await until(None, screen, lambda: screen.calls[name].caller == follower.number_of(name) == "37128321112")


async def test_a_store_that_cannot_be_read_is_no_hindrance(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    store = tmp_path / "records.sqlite3"
    store.write_bytes(b"this is no database" * 100)
    journal = tmp_path / "journal.csv"
    grow(journal, lines_of(IN))
    async with following(Journal(journal), store) as (_, screen):
        assert list(screen.calls) == [CALL]
    assert "looked for in the end of the journal" in caplog.text


async def test_a_store_of_another_journal_says_nothing(tmp_path: Path) -> None:
    journal, store = await stored(tmp_path, b"".join(lines_of(IN)))
    other = tmp_path / "other.csv"
    grow(other, lines_of(IN, 2))
    async with following(Journal(other), store) as (_, screen):
        assert list(screen.calls) == [linkedid_of(2)]
    assert (await start_of(store, str(other))).calls == ()
    assert len((await start_of(store, str(journal))).calls) == 1


async def test_a_step_of_the_clock_before_the_beginning_counts(tmp_path: Path) -> None:
    first, later = lines_of(IN), lines_of(IN + RINGS)[len(lines_of(IN)) :]
    told_of = mark("IVR_CLOCK", "3606.05", seconds="3600")
    lines = [*first, told_of, *(moved(line, 3_600_000_000) for line in later)]
    journal, store = await stored(tmp_path, b"".join(lines[:-1]))
    grow(journal, lines[-1:])
    async with following(Journal(journal), store) as (_, screen):
        assert screen.calls == by_the_fold(placed(b"".join(lines)))
        assert (screen.calls[CALL].since - screen.calls[CALL].started).total_seconds() < 60


async def test_a_journal_that_was_cut_back_is_read_again_and_no_line_counts_twice(tmp_path: Path) -> None:
    lines = TRACE.read_bytes().splitlines(keepends=True)
    journal, store = await stored(tmp_path, b"".join(lines[:20]), Keeper(Mode.ENCRYPTED, tmp_path / "records.key"))
    journal.write_bytes(b"".join(lines[:15]))
    async with following(Journal(journal), store) as (follower, screen):
        ((name, call),) = screen.calls.items()
        record = follower.record(name)
        assert record is not None
        assert (call.stage, len(record.steps)) == (
            "talking",
            len({(one.at, one.kind, one.name) for one in record.steps}),
        )
