"""An independent witness on the same manager: it hears the call as the journal tells it, and its rights are few."""

import asyncio
import sys

from ivr.trial.plan import Outcome, Plan, Press
from tests.acceptance.conftest import TUESDAY_10, House, caller, on_network


def test_the_witness_hears_the_call_that_the_engine_leads(house: House) -> None:
    number = caller()

    async def run() -> tuple[Outcome, list[str]]:
        host, port = house.pair.pbx.ami
        witness = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "tests.fakes.witness", host, str(port), house.settings.ami_user, number),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
        )
        assert witness.stdin is not None
        assert witness.stdout is not None
        witness.stdin.write(house.pair.secrets.ami.encode() + b"\n")
        lines = []
        while (line := (await witness.stdout.readline()).decode().strip()) != "ready":
            assert line, "the witness ended before it was ready"
            lines.append(line)
        async with on_network(house) as trials, house.engine(TUESDAY_10):
            outcome = await trials.run(Plan("8488", number, (Press("3", 0.5),), talk=0.5))
        rest, _ = await asyncio.wait_for(witness.communicate(), 120)
        return outcome, [*lines, *rest.decode().splitlines()]

    outcome, lines = asyncio.run(run())
    rights = {name: answer for word, name, answer in (line.split() for line in lines if line.startswith("right"))}
    assert rights == {"Command": "no", "GetConfig": "no", "ModuleLoad": "no", "CoreSettings": "no"}
    heard = [line.split() for line in lines if not line.startswith("right")]
    assert {linkedid for _, linkedid in heard} == {outcome.linkedid}
    assert [name for name, _ in heard] == ["AsyncAGIStart", "DTMFEnd", "AsyncAGIEnd", "BridgeEnter", "Hangup"]
