"""Numbers in the store: once, sealed, let go by retention, given out and erased; on both databases."""

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest

from cdr.errors import KeyUnusable
from cdr.journal.reader import Journal
from cdr.privacy.audit import Entry, entries, note
from cdr.privacy.keeper import Keeper, keeper_of
from cdr.privacy.keys import KeyFiles
from cdr.privacy.retention import purge_numbers
from cdr.privacy.sealing import TOKEN, Mode
from cdr.privacy.shown import callers_shown, full_numbers, looking
from cdr.privacy.subject import erased, exported, subject_of
from cdr.recorder import ingest_once
from cdr.store.store import Store
from tests.fakes.callers_week import ANNA, BEGAN, BORIS, WEEK, callers_of, journal_of
from tests.fakes.store_dump import dump
from tests.postgresql import NewPlace


@pytest.fixture
def keys(tmp_path: Path) -> KeyFiles:
    return KeyFiles(tmp_path / "keys" / "records.key")


@pytest.fixture
async def store(new_place: NewPlace, keys: KeyFiles, tmp_path: Path) -> AsyncIterator[Store]:
    path = tmp_path / "journal.csv"
    path.write_bytes(WEEK)
    async with Store(new_place(), sealer=Keeper(Mode.ENCRYPTED, keys.path)) as opened:
        await ingest_once(path, opened)
        yield opened


async def test_no_number_stands_in_the_store(new_place: NewPlace, keys: KeyFiles, tmp_path: Path) -> None:
    place, path = new_place(), tmp_path / "journal.csv"
    path.write_bytes(WEEK)
    async with Store(place, sealer=Keeper(Mode.ENCRYPTED, keys.path)) as opened:
        await ingest_once(path, opened)
        found = await callers_of(opened)
        kept = [await opened.journal_of(one.linkedid) for one in await opened.records()]
    held = repr(dump(place)) + repr(kept)
    for number in (ANNA, BORIS):
        assert number[1:] not in held
    assert [bool(TOKEN.fullmatch(one)) for one in found] == [True] * 4 + [False, True, False]
    assert found[0] == found[2] == found[3] != found[1] == found[5]
    assert (found[4], found[6]) == ("103", "102")


TORN = [
    b'"CHAN_START","1795311670.123456","' + ANNA.encode() + b'","8488","from-tru\n',
    b'"ANSWER","'
    + ANNA.encode()
    + b'","1795311670.5","8488","x","y","","","pbx-1795311670.7","pbx-1795311670.7","","","",""\n',
    ANNA[1:].encode() + b'" call me\n',
]


async def test_no_number_stands_in_quarantine_and_a_piece_comes_once(
    new_place: NewPlace, keys: KeyFiles, tmp_path: Path
) -> None:
    place, path = new_place(), tmp_path / "journal.csv"
    path.write_bytes(b"".join(TORN))
    (tmp_path / "copy.csv").write_bytes(b"".join(TORN))
    async with Store(place, sealer=Keeper(Mode.ENCRYPTED, keys.path)) as opened:
        done = await ingest_once(path, opened)
        again = await ingest_once(tmp_path / "copy.csv", opened)
        kept = await opened.quarantined()
    assert (done.bad_lines, again.bad_lines) == (len(kept), 0)
    assert kept
    assert ANNA[1:] not in repr(dump(place)) + repr(kept)
    assert "1795311670.123456" in repr(kept)
    async with Store(new_place()) as plain:
        await ingest_once(path, plain)
        assert ANNA[1:] in repr(await plain.quarantined())


async def test_sealing_twice_changes_nothing(store: Store, tmp_path: Path, keys: KeyFiles) -> None:
    before = await callers_of(store)
    copy = tmp_path / "copy.csv"
    copy.write_bytes(WEEK)
    async with Store(store.place, sealer=Keeper(Mode.ENCRYPTED, keys.path)) as again:
        read = await ingest_once(copy, again)
    assert read.calls == 0
    assert await callers_of(store) == before


async def test_rows_made_again_from_sealed_lines_are_the_same(store: Store, keys: KeyFiles) -> None:
    before = dump(store.place)
    async with Store(store.place, sealer=Keeper(Mode.ENCRYPTED, keys.path)) as again:
        assert await again.make_stale() == 7
        assert await again.refold() == 7
    assert dump(store.place) == before


async def test_numbers_of_a_plain_store_are_sealed_when_its_rows_are_made_again(
    new_place: NewPlace, keys: KeyFiles, tmp_path: Path, store: Store
) -> None:
    place = new_place()
    async with Store(place) as plain:
        await ingest_once(tmp_path / "journal.csv", plain)
        assert (await callers_of(plain))[0] == ANNA
    async with Store(place, sealer=Keeper(Mode.ENCRYPTED, keys.path)) as again:
        await again.make_stale()
        while await again.refold():
            pass
    assert dump(place) == dump(store.place)


async def test_numbers_are_shown_masked_and_whole_only_for_the_audit(store: Store, keys: KeyFiles) -> None:
    found = await callers_of(store)
    shown = await callers_shown(store, found)
    assert [shown[one] for one in found] == [
        "+371 29…11",
        "+371 29…22",
        "+371 29…11",
        "+371 29…11",
        "1…",
        "+371 29…22",
        "1…",
    ]
    whole = await full_numbers(store, found, keys, looking("olga", "call back", BEGAN))
    assert [whole[one] for one in found] == [ANNA, BORIS, ANNA, ANNA, "103", BORIS, "102"]
    (entry,) = await entries(store)
    assert (entry.at, entry.who, entry.what, entry.why) == (BEGAN, "olga", "full_numbers", "call back")
    assert ANNA not in repr(entry)


async def test_hashed_numbers_are_nobodys_to_read(new_place: NewPlace, keys: KeyFiles, tmp_path: Path) -> None:
    path = tmp_path / "journal.csv"
    path.write_bytes(WEEK)
    async with Store(new_place(), sealer=keeper_of("hashed", keys.path)) as opened:
        await ingest_once(path, opened)
        found = await callers_of(opened)
        whole = await full_numbers(opened, found, keys, looking("olga", "call back", BEGAN))
    assert {whole[one] for one in found} == {"+371…", "103", "102"}


async def test_another_key_is_refused_before_anything_is_written(store: Store, tmp_path: Path) -> None:
    other = tmp_path / "more.csv"
    other.write_bytes(journal_of([("+37129333333", 50)]))
    async with Store(store.place, sealer=Keeper(Mode.ENCRYPTED, tmp_path / "other.key")) as again:
        with pytest.raises(KeyUnusable, match="sealed with another key"):
            await ingest_once(other, again)
    assert len(await callers_of(store)) == 7
    wrong = KeyFiles(tmp_path / "other.key")
    with pytest.raises(KeyUnusable, match="not the key of this store"):
        await full_numbers(store, await callers_of(store), wrong, looking("olga", "", BEGAN))
    assert await entries(store) == []


async def test_without_a_key_nothing_more_is_written(store: Store, tmp_path: Path) -> None:
    other = tmp_path / "more.csv"
    other.write_bytes(journal_of([("+37129333333", 50)]))
    async with Store(store.place) as again:
        with pytest.raises(KeyUnusable, match="IVR_RECORDS_KEY"):
            await ingest_once(other, again)
    assert len(await callers_of(store)) == 7


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o666])
def test_a_key_that_others_may_read_is_refused(keys: KeyFiles, mode: int) -> None:
    keys.keys()
    assert keys.path.stat().st_mode & 0o777 == 0o600
    keys.path.chmod(mode)
    with pytest.raises(KeyUnusable, match="others may read it"):
        keys.keys()


def test_a_key_is_made_once(keys: KeyFiles) -> None:
    with pytest.raises(KeyUnusable):
        keys.keys(make=False)
    assert keys.keys() == keys.keys(make=False)
    keys.path.write_text("short\n")
    with pytest.raises(KeyUnusable, match="does not hold a key"):
        keys.keys()


async def test_a_citizen_gets_everything_and_nobody_elses(store: Store, keys: KeyFiles) -> None:
    found = await exported(store, subject_of(ANNA, keys), "olga", "request 7", BEGAN)
    told = found["calls"]
    assert isinstance(told, list)
    assert len(told) == 3
    assert all(one["caller"] == ANNA and ANNA in one["journal"] for one in told)
    assert BORIS not in repr(found)
    assert [(one.what, one.why) for one in await entries(store)] == [("subject_export", "request 7")]


async def test_a_citizen_gets_the_journal_of_his_own_pbx(new_place: NewPlace, keys: KeyFiles, tmp_path: Path) -> None:
    async with Store(new_place(), sealer=Keeper(Mode.ENCRYPTED, keys.path)) as store:
        for node, number in (("north", BORIS), ("south", ANNA)):  # each has a call of the same name
            path = tmp_path / f"{node}.csv"
            path.write_bytes(journal_of([(number, 0)]).replace(b"pbx-1795", b"1795"))
            await ingest_once(Journal(path, node=node), store)
        found = await exported(store, subject_of(ANNA, keys), "olga", "request 7", BEGAN)
    (call,) = found["calls"]  # type: ignore[misc, attr-defined]
    assert call["node"] == "south"
    assert ANNA in call["journal"]


async def test_a_citizen_is_found_after_the_number_was_let_go_while_the_months_key_is_there(
    store: Store, keys: KeyFiles
) -> None:
    await purge_numbers(store, keys, BEGAN + timedelta(days=2), dry_run=False)
    if keys.months():
        found = await exported(store, subject_of(ANNA, keys), "olga", "request 7", BEGAN)
        assert len(found["calls"]) == 3  # type: ignore[arg-type]


async def test_an_erased_citizen_is_nowhere(store: Store, keys: KeyFiles, tmp_path: Path) -> None:
    path = tmp_path / "journal.csv"
    before = await store.records()
    done = await erased(store, subject_of(ANNA, keys), [path], "olga", "request 7", BEGAN)
    assert (done.calls, done.files) == (3, (path,))
    after = await store.records()
    assert [one.total for one in after] == [one.total for one in before]
    assert [one.caller for one in reversed(after)][:4:2] == ["", ""]
    assert len(path.read_bytes()) == len(WEEK)
    assert ANNA.encode() not in path.read_bytes()
    assert BORIS.encode() in path.read_bytes()
    assert len((await exported(store, subject_of(ANNA, keys), "olga", "", BEGAN))["calls"]) == 0  # type: ignore[arg-type]
    async with Store(store.place, sealer=Keeper(Mode.ENCRYPTED, keys.path)) as again:
        await ingest_once(path, again)
    assert [one.caller for one in await store.records()] == [one.caller for one in after]
    assert [one.what for one in await entries(store)] == ["subject_export", "subject_erase"]
    assert Journal(path).read_once() is not None


@pytest.mark.parametrize("number", ["102", "", "~0123456789abcdef"])
def test_only_a_citizens_number_is_a_subject(keys: KeyFiles, number: str) -> None:
    keys.keys()
    with pytest.raises(ValueError, match="no citizen's number"):
        subject_of(number, keys)


async def test_the_audit_gives_the_newest_first(store: Store) -> None:
    async with store.writing() as connection:
        for minute in range(3):
            await note(connection, Entry(BEGAN + timedelta(minutes=minute), "a", "b", "c", "d", "e"))
    assert [one.at.minute - BEGAN.minute for one in await entries(store, since=BEGAN + timedelta(minutes=1))] == [2, 1]
    assert len(await entries(store, limit=1)) == 1
