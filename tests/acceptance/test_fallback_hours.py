"""The rendered office hours on the real Asterisk: the same ruling as `ruling_at` at thousands of instants."""

import asyncio
import random
import re
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta

from ivr.app import now
from ivr.asterisk.network import TelephoneNetwork
from ivr.asterisk.render_hours import hours_context
from ivr.routing.hours import ruling_at
from ivr.routing.office_hours import OfficeHours
from ivr.vocabulary import RulesVersion
from tests.acceptance.conftest import House
from tests.fakes.asterisk_log import AsteriskLog
from tests.fakes.hours_samples import CLOCK_CHANGES, drawn, instants, tables

STARTS = (date(2026, 3, 1), date(2026, 11, 22), date(2027, 3, 1), date(2028, 2, 1))
"""Days on which a dialplan is rendered: each is asked about the 400 days that follow."""
EACH = 60  # instants of one set of hours and one start
LONGEST = 240.0  # seconds
NUMBER = "7009"


def questions() -> Iterator[tuple[str, OfficeHours, datetime]]:
    """Yield context, hours and instant."""
    chance = random.Random(20261122)
    for number, start in enumerate(STARTS):
        for hours in (*tables(), *drawn(10, number)):
            context = f"ivr-asked{number}-h-{hours.id}"
            last = start + timedelta(days=399)
            changes = [at for at in CLOCK_CHANGES if start < at.date() < last]
            for at in (*instants(hours, start, 400, EACH, chance), *changes):
                yield context, hours, at


def rendered(asked: list[tuple[str, OfficeHours, datetime]]) -> str:
    """Render the hours, and one call that asks all questions and writes the answers into Asterisk's log."""
    sets = {context: hours for context, hours, _ in asked}
    blocks = [
        "\n".join(hours_context(RulesVersion(context.split("-")[1]), hours, STARTS[int(context.split("-")[1][-1])]))
        for context, hours in sets.items()
    ]
    lines = ["[ivr-asked]", "exten => s,1,Answer()"]
    for number, (context, _, at) in enumerate(asked):
        lines.append(f" same => n,Gosub({context},start,1({int(at.timestamp())}))")
        lines.append(f" same => n,Log(NOTICE,HOURS {number} ${{GOSUB_RETVAL}})")
    lines += [" same => n,Hangup()", "[ivr-numbers](+)", f"exten => {NUMBER},1,Goto(ivr-asked,s,1)"]
    return "\n".join([*blocks, *lines]) + "\n"


async def _call(house: House) -> None:
    network = TelephoneNetwork(house.pair, now)
    await network.open()
    try:
        citizen = await network.call(NUMBER, "37127500001")
        async with asyncio.timeout(LONGEST):
            await citizen.ended.wait()
    finally:
        await network.close()


def test_rendered_hours_rule_as_the_engine_does_at_every_instant(house: House) -> None:
    asked = list(questions())
    assert len(asked) > 4000
    file = house.pair.pbx.directory / "etc/generated/rules-zz-hours.conf"
    log = AsteriskLog(house.pair.pbx.log)
    try:
        file.write_text(rendered(asked))
        house.pair.pbx.cli("dialplan reload")
        asyncio.run(_call(house))
        answers = dict(re.findall(r"HOURS (\d+) (\S+)", "\n".join(log.until(f"HOURS {len(asked) - 1} "))))
    finally:
        file.unlink(missing_ok=True)
        house.pair.pbx.cli("dialplan reload")
    assert len(answers) == len(asked)
    wrong = [
        (context, at.astimezone(UTC), answers[str(number)], ruling.rule, ruling.open)
        for number, (context, hours, at) in enumerate(asked)
        if (ruling := ruling_at(hours, at))
        and answers[str(number)] != (ruling.rule.removeprefix(f"hours.{hours.id}.") if ruling.open else "closed")
    ]
    assert wrong == []
