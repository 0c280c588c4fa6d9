"""Marks in the store: the same rows however the journal is cut, repeated, put in another order, or reading is killed."""

import asyncio
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from cdr.record.record import Disposition
from cdr.recorder import ingest_once
from cdr.store.store import Store
from tests.fakes.call_pieces import IN, TALKS, ends
from tests.fakes.call_table import lines_of, linkedid_of
from tests.fakes.examples import seldom
from tests.fakes.journal_marks import around, folded
from tests.fakes.killed_ingest import killed
from tests.fakes.restless_journal import moved, restless_journal
from tests.fakes.store_dump import dump
from tests.postgresql import NewPlace

SEEDS = range(4)
Rows = dict[str, list[tuple[object, ...]]]
UNSHRUNK = (Phase.explicit, Phase.reuse, Phase.generate)  # a smaller example costs minutes of writing stores


async def ingest(place: str, journal: Path) -> int:
    async with Store(place) as opened:
        return (await ingest_once(journal, opened)).lines


def held(place: str) -> Rows:
    found = dump(place)
    assert found.pop("positions")
    return found


def whole(folder: Path, data: bytes, place: str) -> Rows:
    (folder / "whole.csv").write_bytes(data)
    asyncio.run(ingest(place, folder / "whole.csv"))
    return held(place)


@pytest.fixture(scope="module")
def known(tmp_path_factory: pytest.TempPathFactory) -> Callable[[int, str], Rows]:
    """Give what tells the rows of a seed's whole journal in a store such as the one at a new place; each is made once."""
    found: dict[tuple[int, bool], Rows] = {}

    def rows(seed: int, place: str) -> Rows:
        key = seed, place.endswith(".sqlite3")
        if key not in found:
            found[key] = whole(tmp_path_factory.mktemp("whole"), b"".join(restless_journal(seed)), place)
        return found[key]

    return rows


@pytest.mark.parametrize("seed", SEEDS)
def test_the_store_holds_what_the_fold_of_the_whole_journal_gives(
    tmp_path: Path, new_place: NewPlace, seed: int
) -> None:
    lines, place = restless_journal(seed), new_place()
    whole(tmp_path, b"".join(lines), place)
    plain = folded(lines)
    assert {Disposition.PBX_LOST, Disposition.JOURNAL_GAP} & {one.disposition for one in plain.values()}

    async def stored() -> dict[str, object]:
        async with Store(place) as opened:
            return {one.linkedid: one for one in await opened.records()}

    assert asyncio.run(stored()) == plain


async def read_all(place: str, files: list[Path]) -> None:
    async with Store(place) as opened:
        for file in files:
            await ingest_once(file, opened)


def in_order(folder: Path, parts: dict[str, list[bytes]], order: str, place: str) -> Rows:
    """Give what a store holds that read files in an order, one letter for each."""
    for name, lines in parts.items():
        (folder / f"{name}.csv").write_bytes(b"".join(lines))
    asyncio.run(read_all(place, [folder / f"{name}.csv" for name in order]))
    return held(place)


STEPPED = [*lines_of(IN)[:8], *(moved(line, 3_600_000_000) for line in lines_of(IN + ends(9))[8:])]
TOLD = around("IVR_CLOCK", "3609.2", seconds="3600.0")
LATE = {
    "the end of a call was read before the step that lies in it": ("ABC", "ACB", [STEPPED[:10], TOLD, STEPPED[10:]]),
    "a call ended after the step and before the telling": ("ABC", "BCA", [STEPPED[:10], STEPPED[10:], TOLD]),
    "what ended a call first is read last": (
        "ABC",
        "ACB",
        [lines_of(IN), around("IVR_OLDEST", "90.0"), around("IVR_BOOT", "100.0", "pbx-1795000100.0")],
    ),
}


@pytest.mark.parametrize(("forth", "back", "parts"), LATE.values(), ids=LATE)
def test_marks_that_are_read_late_act_on_what_is_there(
    tmp_path: Path, new_place: NewPlace, forth: str, back: str, parts: list[list[bytes]]
) -> None:
    files = dict(zip("ABC", parts, strict=True))
    expected = in_order(tmp_path, files, forth, new_place())
    assert in_order(tmp_path, files, back, new_place()) == expected
    assert len(expected["calls"]) == 1


def test_a_step_in_a_call_that_ended_before_it_was_told_is_taken_out(tmp_path: Path, new_place: NewPlace) -> None:
    journal, place = tmp_path / "journal.csv", new_place()
    journal.write_bytes(b"".join(STEPPED))
    asyncio.run(ingest(place, journal))
    assert "3609" in repr(asyncio.run(totals(place)))
    with journal.open("ab") as file:
        file.writelines(TOLD)
    asyncio.run(ingest(place, journal))
    assert asyncio.run(totals(place)) == [(9.0, 3600.0)]


async def totals(place: str) -> list[tuple[float, float]]:
    async with Store(place) as opened:
        return [(one.total.total_seconds(), one.stepped.total_seconds()) for one in await opened.records()]


def test_line_by_line_gives_the_same_rows(tmp_path: Path, new_place: NewPlace) -> None:
    lines = restless_journal(3, calls=6)
    journal, place = tmp_path / "journal.csv", new_place()

    async def one_by_one() -> None:
        async with Store(place) as opened:
            for line in lines:
                with journal.open("ab") as file:
                    file.write(line)
                await ingest_once(journal, opened)

    asyncio.run(one_by_one())
    assert held(place) == whole(tmp_path, b"".join(lines), new_place())


@settings(max_examples=8, suppress_health_check=[HealthCheck.function_scoped_fixture], phases=UNSHRUNK)
@given(seed=st.sampled_from(SEEDS), cuts=st.lists(st.floats(0, 1), max_size=6), again=st.floats(0, 1))
def test_any_split_and_repetition_gives_the_same_rows(
    tmp_path_factory: pytest.TempPathFactory,
    new_place: NewPlace,
    known: Callable[[int, str], Rows],
    seed: int,
    cuts: list[float],
    again: float,
) -> None:
    folder = tmp_path_factory.mktemp("split")
    data = b"".join(restless_journal(seed))
    edges = [0, *sorted(int(cut * len(data)) for cut in cuts), len(data)]
    journal, place = folder / "pieces.csv", new_place()
    journal.touch()
    (folder / "copy.csv").write_bytes(data[: data.rfind(b"\n", 0, int(again * len(data))) + 1])

    async def in_pieces() -> None:
        async with Store(place) as opened:
            for start, end in pairwise(edges):
                with journal.open("ab") as file:
                    file.write(data[start:end])
                await ingest_once(journal, opened)
                await ingest_once(folder / "copy.csv", opened)

    asyncio.run(in_pieces())
    assert held(place) == known(seed, new_place())


@settings(max_examples=6, suppress_health_check=[HealthCheck.function_scoped_fixture], phases=UNSHRUNK)
@given(
    seed=st.sampled_from(SEEDS),
    cuts=st.lists(st.floats(0, 1), min_size=1, max_size=3),
    order=st.randoms(use_true_random=False),
)
def test_files_in_any_order_give_the_same_rows(
    tmp_path_factory: pytest.TempPathFactory, new_place: NewPlace, seed: int, cuts: list[float], order: object
) -> None:
    folder = tmp_path_factory.mktemp("order")
    lines = restless_journal(seed)
    edges = [0, *sorted(int(cut * len(lines)) for cut in cuts), len(lines)]
    parts = [b"".join(lines[start:end]) for start, end in pairwise(edges) if end > start]
    files = [folder / f"part{number}.csv" for number in range(len(parts))]
    for file, part in zip(files, parts, strict=True):
        file.write_bytes(part)

    mixed = list(files)
    order.shuffle(mixed)  # type: ignore[attr-defined]
    forth, shuffled, again = (new_place() for _ in range(3))
    for place, some in ((forth, files), (shuffled, mixed), (again, [*mixed, *files])):
        asyncio.run(read_all(place, some))
    expected = held(forth)
    assert held(shuffled) == expected
    assert held(again) == expected


@pytest.mark.parametrize("fatal", [3, 36, 85, *seldom(14, 25, 47, 58, 69)])
def test_killed_at_any_statement_the_rows_are_the_same(
    tmp_path: Path, new_place: NewPlace, known: Callable[[int, str], Rows], fatal: int
) -> None:
    journal, place = tmp_path / "journal.csv", new_place()
    journal.write_bytes(b"".join(restless_journal(1)))
    assert killed(journal, place, fatal)
    asyncio.run(ingest(place, journal))
    assert held(place) == known(1, new_place())


async def test_a_mark_that_comes_alone_ends_the_calls_that_were_open(tmp_path: Path, new_place: NewPlace) -> None:
    journal, place = tmp_path / "journal.csv", new_place()
    journal.write_bytes(b"".join([*lines_of(IN, 1), *lines_of(IN + TALKS, 2)]))
    async with Store(place) as opened:
        await ingest_once(journal, opened)
        assert {one.disposition for one in await opened.records()} == {Disposition.OPEN}
        with journal.open("ab") as file:
            file.writelines(around("IVR_BOOT", "100.0", "pbx-1795000100.0"))
        done = await ingest_once(journal, opened)
        assert (done.calls, done.lines) == (2, 2)
        assert {one.disposition for one in await opened.records()} == {Disposition.PBX_LOST}
        assert len(await opened.records()) == 2
        assert await opened.journal_of(linkedid_of(1)) == b"".join(lines_of(IN, 1))
        assert await opened.find("pbx-1795000100.0") == []
        with journal.open("ab") as file:  # a call that was believed lost goes on
            file.writelines(lines_of(IN + TALKS, 1)[-3:])
        await ingest_once(journal, opened)
        again = await opened.record(linkedid_of(1))
    assert again is not None
    assert again.disposition is Disposition.OPEN


async def test_a_mark_of_another_pbx_in_the_same_store_changes_nothing(tmp_path: Path, new_place: NewPlace) -> None:
    one, other = tmp_path / "one.csv", tmp_path / "other.csv"
    one.write_bytes(b"".join(lines_of(IN)))
    other.write_bytes(b"".join(around("IVR_BOOT", "100.0", "north-1795000100.0")))
    async with Store(new_place()) as opened:
        await ingest_once(one, opened)
        await ingest_once(other, opened)
        (record,) = await opened.records()
    assert record.disposition is Disposition.OPEN


def test_files_that_overlap_give_the_same_rows_in_any_order(tmp_path: Path, new_place: NewPlace) -> None:
    data = b"".join(restless_journal(2))
    (tmp_path / "plain.csv").write_bytes(data)
    (tmp_path / "joined.csv").write_bytes(b"".join(lines_of(IN, 77)) + data)
    files = [tmp_path / "plain.csv", tmp_path / "joined.csv"]

    forth, back = new_place(), new_place()
    asyncio.run(read_all(forth, files))
    asyncio.run(read_all(back, files[::-1]))
    assert held(forth) == held(back)
