"""Rows are counted by what they say, the same on both databases and for whatever stands in them."""

from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import ColumnElement, func, select

from cdr.statistics.counted import PIECE, SEPARATOR, counted
from cdr.statistics.scope import Scope
from cdr.store.store import Store
from cdr.store.tables import calls, visits
from cdr.times import to_micros
from tests.fakes.call_rows import add
from tests.postgresql import NewPlace

SINCE = datetime(2026, 10, 1, tzinfo=UTC)
SCOPE = Scope(None, SINCE, SINCE + 2 * PIECE, ZoneInfo("UTC"))
TEXTS = ("", "information", "поліція", "a,b", f"a{SEPARATOR}b", SEPARATOR, "\x1f")


@pytest.mark.parametrize("destinations", [("", "a", "a"), TEXTS, (SEPARATOR,), ()], ids=repr)
async def test_each_text_is_counted(new_place: NewPlace, destinations: tuple[str, ...]) -> None:
    async with Store(new_place()) as store:
        await fill(store, destinations)
        found = await count(store, (visits.c.destination, visits.c.rule))
        assert found == {(one, "r"): [number] for one, number in Counter(destinations).items()}


@pytest.mark.parametrize("separator", ["", SEPARATOR], ids=["quickly", "by the database"])
async def test_conditions_are_counted_beside_the_rows_and_other_rows_left_out(
    new_place: NewPlace, separator: str
) -> None:
    async with Store(new_place()) as store:
        await fill(store, ("left out", "a", "a", "b", f"c{separator}"))
        conditions = (visits.c.destination == "a", visits.c.destination != "b")
        found = await count(store, (visits.c.destination,), conditions, visits.c.destination != "left out")
        assert found == {("a",): [2, 2, 2], ("b",): [1, 0, 0], (f"c{separator}",): [1, 0, 1]}


async def test_names_without_a_value_are_counted(new_place: NewPlace) -> None:
    async with Store(new_place()) as store:
        await fill(store, ("a", "b"))
        nothing = select(calls.c.service).where(calls.c.linkedid == "nobody").scalar_subquery()
        found = await count(store, (visits.c.service, nothing))
        assert [(*names, *counts) for names, counts in found.items()] == [("s", None, 2)]


async def test_a_name_without_a_value_and_a_separator_do_not_make_up_for_each_other(new_place: NewPlace) -> None:
    async with Store(new_place()) as store:
        await fill(store, ("", f"a{SEPARATOR}b"))
        found = await count(store, (func.nullif(visits.c.destination, ""),))
        assert found == {(None,): [1], (f"a{SEPARATOR}b",): [1]}


async def test_both_ends_of_every_piece_of_a_long_scope_count_once(new_place: NewPlace) -> None:
    async with Store(new_place()) as store:
        edges = (timedelta(0), PIECE - timedelta.resolution, PIECE, 2 * PIECE - timedelta.resolution, 2 * PIECE)
        await fill(store, ("a", "a", "a", "b", "a"), edges)
        assert await count(store, (visits.c.destination,)) == {("a",): [3], ("b",): [1]}


async def fill(store: Store, destinations: tuple[str, ...], after: tuple[timedelta, ...] = ()) -> None:
    """Put a visit of a call of its own into the store for each destination, begun so long after the scope's beginning."""
    rows: list[dict[str, Any]] = [
        {
            "started_us": to_micros(SINCE + (after[number] if after else timedelta(0))),
            "node": "",
            "linkedid": f"{number}",
            "place": 0,
            "service": "s",
            "at_us": 0,
            "destination": destination,
            "rule": "r",
            "waiting_us": 0,
            "talking_us": 0,
        }
        for number, destination in enumerate(destinations)
    ]
    await add(store, visits, rows)


async def count(
    store: Store,
    names: tuple[ColumnElement[str], ...],
    conditions: tuple[ColumnElement[bool], ...] = (),
    *where: ColumnElement[bool],
) -> dict[tuple[str, ...], list[int]]:
    async with store.reading() as connection:
        return await counted(connection, SCOPE, visits, names, conditions, *where)
