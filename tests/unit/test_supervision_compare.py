"""The live view held against Asterisk's channels: ghosts are taken out after two looks, missing calls are counted once."""

import asyncio
from dataclasses import dataclass, field

import pytest

from ivr.supervision.live.compare import LOOK, Comparer


@dataclass
class House:
    """What the journal tells of, what Asterisk has, and what the comparer did."""

    live: set[str] = field(default_factory=set)
    there: frozenset[str] | None = frozenset()
    told: int = 0
    notices: list[str] = field(default_factory=list)
    corrected: list[str] = field(default_factory=list)

    def shown(self) -> frozenset[str]:
        return frozenset(self.live)

    def drop(self, name: str) -> None:
        self.live.remove(name)

    async def channels(self) -> frozenset[str] | None:
        return self.there

    def tell(self) -> None:
        self.told += 1

    def comparer(self) -> Comparer:
        return Comparer(lambda: self, self, self.tell, self.notices.append, self.corrected.append)


async def test_what_both_have_stays() -> None:
    house = House({"a", "b"}, frozenset("ab"))
    comparer = house.comparer()
    for _ in range(3):
        await comparer.look()
    assert (house.live, comparer.ghosts, comparer.missing, house.told) == ({"a", "b"}, 0, 0, 0)


async def test_a_ghost_is_taken_out_at_the_second_look_and_said() -> None:
    house = House({"a", "b"}, frozenset("b"))
    comparer = house.comparer()
    await comparer.look()
    assert house.live == {"a", "b"}
    await comparer.look()
    assert (house.live, comparer.ghosts, house.told, house.corrected) == ({"b"}, 1, 1, ["ghost"])
    assert house.notices == ["a: Asterisk has no such call any more, and its end is not in the journal; taken out"]


async def test_a_call_that_begins_or_ends_between_is_no_ghost() -> None:
    house = House({"a"}, frozenset())
    comparer = house.comparer()
    await comparer.look()
    house.there = frozenset("a")
    await comparer.look()
    house.there, house.live = frozenset(), {"a", "c"}
    await comparer.look()
    assert (house.live, comparer.ghosts) == ({"a", "c"}, 0)


async def test_many_ghosts_are_one_notice() -> None:
    house = House(set("abcde"), frozenset())
    comparer = house.comparer()
    await comparer.look()
    await comparer.look()
    assert house.notices[0].startswith("a, b, c and 2 more: ")


async def test_nothing_is_compared_while_asterisk_says_nothing() -> None:
    house = House({"a"}, frozenset())
    comparer = house.comparer()
    await comparer.look()
    house.there = None
    await comparer.look()
    house.there = frozenset()
    await comparer.look()
    assert house.live == {"a"}
    await comparer.look()
    assert house.live == set()


async def test_a_missing_call_counts_once_however_long_it_is_missing() -> None:
    house = House({"a"}, frozenset("am"))
    comparer = house.comparer()
    for expected in (0, 1, 1, 1):
        await comparer.look()
        assert comparer.missing == expected
    house.live.add("m")
    await comparer.look()
    assert (comparer.missing, house.corrected, house.notices) == (1, ["missing"], [])


async def test_it_looks_every_few_seconds() -> None:
    pauses: list[float] = []
    house = House({"a"}, frozenset())

    async def wait(seconds: float) -> None:
        pauses.append(seconds)
        if len(pauses) == 3:
            raise asyncio.CancelledError

    comparer = Comparer(lambda: house, house, house.tell, house.notices.append, wait=wait)
    with pytest.raises(asyncio.CancelledError):
        await comparer.run()
    assert (pauses, house.live) == ([LOOK] * 3, set())
