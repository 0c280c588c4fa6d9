"""The prover of the acceptance tests, beside the real one: it gives the same answers, and asks when something is new."""

import os
import shutil
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from ivr.live.prover import Prover
from ivr.routing.rules import Override, OverrideKind
from ivr.rulebook.live import LiveRules
from ivr.rulebook.read import years_around
from ivr.rulebook.reload import Checked, Task
from ivr.vocabulary import DestinationId, OverrideId
from tests.fakes.recordings import built
from tests.fakes.remembering_prover import RememberingProver

AT = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
DESK = DestinationId("kekava-information")
OLD = (AT - timedelta(hours=1)).timestamp()


class Counted(RememberingProver):
    """Counts what the real process was asked."""

    asked = 0

    async def _asked(self, message: bytes) -> bytes:
        self.asked += 1
        return await super()._asked(message)


def written(path: Path, text: str, at: float) -> None:
    path.write_text(text)
    os.utime(path, (at, at))


async def test_it_answers_as_the_real_one_and_asks_once(tmp_path: Path) -> None:
    built()
    town, root = tmp_path / "kekava.yaml", tmp_path / "rules.yaml"
    shutil.copy("routing_rules/kekava.yaml", town)
    written(root, "include: [kekava.yaml]\n", OLD)
    written(town, town.read_text(), OLD)
    live = LiveRules(root, lambda: years_around(2026))
    order = Override(OverrideId("0badcafe"), DESK, OverrideKind.CLOSED, AT, AT + timedelta(hours=1), "x", "y")
    real = Prover(Path("recordings/prompts"), "127.0.0.1:5060")
    ours = Counted(Path("recordings/prompts"), "127.0.0.1:5060")
    first = Task(root, live.years(), live.current, live.kept, live.overrides, frozenset(), AT)
    try:

        async def same(task: Task, asked: int) -> Checked:
            found = await ours.check(task)
            assert found == await real.check(task)
            assert ours.asked == asked
            return found

        await same(first, 1)
        await same(first, 1)
        await same(replace(first, path=None), 2)
        await same(replace(first, overrides={DESK: (order,)}), 3)
        await same(replace(first, at=AT + timedelta(days=1)), 4)
        written(town, town.read_text().replace("kekava-utility-1, ring: 20", "kekava-utility-1, ring: 25"), OLD + 60)
        changed = await same(first, 5)
        assert changed.rules is not None
        assert changed.rules.version != live.current.version
        written(town, town.read_text().replace("menu: kekava-main", "menu: kekava-mian"), OLD + 120)
        assert [(await same(first, asked)).problems != () for asked in (6, 7)] == [True, True]
    finally:
        await real.close()
        await ours.close()


@pytest.mark.parametrize("late", [0.0, 5.0])
async def test_a_file_that_is_written_meanwhile_is_read_again(tmp_path: Path, late: float) -> None:
    built()
    town, root = tmp_path / "kekava.yaml", tmp_path / "rules.yaml"
    shutil.copy("routing_rules/kekava.yaml", town)
    written(root, "include: [kekava.yaml]\n", OLD)
    written(town, town.read_text(), AT.timestamp() + late)
    live = LiveRules(root, lambda: years_around(2026))
    ours = Counted(Path("recordings/prompts"), "127.0.0.1:5060")
    try:
        for asked in (1, 2):
            await ours.check(Task(root, live.years(), live.current, live.kept, live.overrides, frozenset(), AT))
            assert ours.asked == asked
    finally:
        await ours.close()
