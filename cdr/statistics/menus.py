"""What came of the menus: keys, mistakes, silence, callers who left; and how long a key took. EDGE."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from cdr.statistics.figures_content import KeyCount, MenuFunnel
from cdr.statistics.scope import Scope
from cdr.statistics.spreads import listed, spread_of
from cdr.statistics.statements import descending, first_of_call, number, number_of, values, within
from cdr.store.tables import keys

if TYPE_CHECKING:
    from cdr.statistics.spreads import Micros

_PRESSED = ("valid", "invalid")


@dataclass(frozen=True, slots=True)
class _Answers:
    """The rows of one menu that say the same: how many, the calls in which they were the first, the showings."""

    key: str
    result: str
    answers: int
    calls: int
    shown: int
    waited: "Micros"


async def menus(connection: AsyncConnection, scope: Scope) -> tuple[MenuFunnel, ...]:
    """Give what came of each menu in the calls of a scope, the menu that most calls met first."""
    names = (keys.c.service, keys.c.menu, keys.c.key, keys.c.result)
    once = number_of(first_of_call(keys, scope, "menu"))
    shown = number_of(keys.c.waited_us.is_not(None))
    query = select(*names, number(), once, shown, values(keys.c.waited_us)).where(within(keys, scope)).group_by(*names)
    found: dict[tuple[str, str], list[_Answers]] = {}
    for row in await connection.execute(query):
        found.setdefault((row[0], row[1]), []).append(_Answers(row[2], row[3], row[4], row[5], row[6], listed(row[7])))
    funnels = (_funnel(*menu, answers) for menu, answers in found.items())
    return tuple(sorted(funnels, key=lambda one: descending(one.calls, one.service, one.menu)))


def _funnel(service: str, menu: str, answers: Sequence[_Answers]) -> MenuFunnel:
    pressed = sorted((one for one in answers if one.result in _PRESSED), key=lambda one: (one.key, one.result))
    return MenuFunnel(
        service=service,
        menu=menu,
        calls=sum(one.calls for one in answers),
        shown=sum(one.shown for one in answers),
        valid=_sum(answers, "valid"),
        invalid=_sum(answers, "invalid"),
        no_input=_sum(answers, "no_input"),
        left=_sum(answers, "left"),
        waited=spread_of(*(one.waited for one in pressed)),
        keys=tuple(KeyCount(one.key, one.result == "valid", one.answers, spread_of(one.waited)) for one in pressed),
    )


def _sum(answers: Sequence[_Answers], result: str) -> int:
    return sum(one.answers for one in answers if one.result == result)
