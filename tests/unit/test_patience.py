"""Waiting in tests: it gives what was waited for, and what does not come is a failure that says what was there."""

import pytest

from tests.fakes.patience import a_turn, blocked_until, until, until_asked


async def test_what_comes_is_given() -> None:
    answers = iter([0, 0, 7])
    assert await until(lambda: next(answers), look=a_turn) == 7
    looks = 0

    async def look() -> None:
        nonlocal looks
        looks += 1

    async def ask() -> list[int]:
        return [looks] if looks == 3 else []

    assert await until_asked(ask, look=look) == [3]
    later = iter(["", "there"])
    assert blocked_until(lambda: next(later)) == "there"


async def test_what_does_not_come_is_told() -> None:
    with pytest.raises(AssertionError, match=r"not within 0.01 s: only this"):
        await until(lambda: None, 0.01, look=a_turn, told=lambda: "only this")
    with pytest.raises(AssertionError, match=r"not within 0 s: nothing else is known"):
        blocked_until(lambda: False, 0)


async def test_who_asks_and_is_not_answered_does_not_wait_for_ever() -> None:
    async def silent() -> bool:
        while True:
            await a_turn()

    with pytest.raises(AssertionError, match="not within"):
        await until_asked(silent, 0.01)
