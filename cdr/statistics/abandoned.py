"""Where callers hung up before they got what they wanted. EDGE."""

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncConnection

from cdr.record.words import Disposition
from cdr.statistics.figures import Abandoned, Stage
from cdr.statistics.scope import Scope
from cdr.statistics.spreads import listed, spread_of
from cdr.statistics.statements import ENDED, TOTAL, number, values, within
from cdr.store.tables import calls

STAGES = {
    "welcome": Disposition.ABANDONED_WELCOME,
    "announcement": Disposition.ABANDONED_ANNOUNCEMENT,
    "menu": Disposition.ABANDONED_MENU,
    "ringing": Disposition.ABANDONED_RINGING,
    "message": Disposition.ABANDONED_MESSAGE,
}
"""The stages in the order of a call."""

_WORDS = [one.value for one in STAGES.values()]


async def abandoned(connection: AsyncConnection, scope: Scope) -> Abandoned:
    """Count the callers of a scope who hung up early, by stage."""
    ended = select(number()).where(within(calls, scope), ENDED)
    query = (
        select(calls.c.disposition, values(TOTAL))
        .where(within(calls, scope), calls.c.disposition.in_(_WORDS))
        .group_by(calls.c.disposition)
    )
    found = {row[0]: listed(row[1]) for row in await connection.execute(query)}
    stages = ((stage, found.get(one.value, listed(None))) for stage, one in STAGES.items())
    return Abandoned(
        calls=(await connection.execute(ended)).scalar_one(),
        stages=tuple(Stage(stage, len(after), spread_of(after)) for stage, after in stages),
    )
