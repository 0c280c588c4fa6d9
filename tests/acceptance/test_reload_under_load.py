"""A hundred reloads, ten of them broken, while twenty citizens a second call: nobody notices."""

import asyncio
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from cdr.fold.fold import fold
from cdr.journal.line import JournalEvent, parse_line, unpacked
from ivr.live.client import ask
from tests.acceptance.conftest import House
from tests.acceptance.test_engine_dies import engine_process
from tests.fakes.sipp_load import CALLERS, load, scenario

RELOADS, EVERY_BROKEN = 100, 10
RATE = 20  # calls a second
KEY_AT, TALK = 900, 2600  # milliseconds
FIRST_RING = 21  # seconds that the first phone rings in the first version; each version has its own


@dataclass(frozen=True)
class Files:
    """A copy of one municipality's rules, for a test to change."""

    root: Path
    town: Path

    @classmethod
    def copied(cls, folder: Path) -> "Files":
        town = folder / "kekava.yaml"
        shutil.copy("routing_rules/kekava.yaml", town)
        made = cls(folder / "rules.yaml", town)
        made.mend()
        made.version(0)
        return made

    def mend(self) -> None:
        """Write the root file as it should be."""
        self.root.write_text("include: [kekava.yaml]\n")

    def version(self, number: int) -> None:
        """Write a good version: the utility line's first phone rings as long as no other version says."""
        lines = self.town.read_text().splitlines(keepends=True)
        at = next(i for i, line in enumerate(lines) if "phone: kekava-utility-1," in line)
        lines[at] = f"      - {{phone: kekava-utility-1, ring: {FIRST_RING + number}}}\n"
        self.town.write_text("".join(lines))

    def changed(self, old: str, new: str) -> None:
        text = self.town.read_text()
        assert old in text
        self.town.write_text(text.replace(old, new, 1))


def breaks(files: Files) -> Iterator[tuple[Callable[[], object], str]]:
    """Give ways to break the files, each with what the reload has to say."""
    police = "    phones:\n      - {phone: kekava-police-1"
    yield lambda: files.root.write_text("include: ["), "this is not YAML"
    yield lambda: files.root.write_text(""), "empty"
    yield lambda: files.root.write_bytes(b"include: [\xff]"), "this is not UTF-8 text"
    yield files.root.unlink, "there is no such file"
    yield lambda: files.root.write_text("include: [kekava.yaml, gone.yaml]"), "there is no such file"
    yield lambda: files.changed("welcome: kekava/welcome", "welcom: kekava/welcome"), "welcom"
    yield lambda: files.changed("menu: kekava-main", "menu: kekava-mian"), 'did you mean "kekava-main"'
    yield lambda: files.changed(f"    safety: true\n{police}", police), "would lose `safety: true`"
    yield lambda: files.changed('keys: "1", destination:', 'keys: "2", destination:'), "expectations"
    yield lambda: files.town.write_text(files.town.read_text()[:3000]), "kekava.yaml"


@dataclass
class Tally:
    """What the reloads came to: which version rings how long, and all versions that were ever in use."""

    rings: dict[str, int]
    refused: int = 0


async def reloaded(house: House) -> dict[str, Any]:
    return await asyncio.to_thread(ask, house.settings.control, {"do": "reload"})


async def reload_often(house: House, files: Files, tally: Tally) -> None:
    broken = breaks(files)
    current = (await reloaded(house))["after"]
    tally.rings[current] = FIRST_RING
    for number in range(1, RELOADS + 1):
        if number % EVERY_BROKEN == 0:
            good = files.town.read_text()
            how, message = next(broken)
            how()
            answer = await reloaded(house)
            assert answer["problems"], "a broken file was taken"
            assert message in str(answer["problems"])
            assert answer["after"] == current
            tally.refused += 1
            files.town.write_text(good)
            files.mend()
        else:
            files.version(number)
            answer = await reloaded(house)
            assert answer["problems"] == []
            current = answer["after"]
            assert current not in tally.rings, "it is a version of its own"
            tally.rings[current] = FIRST_RING + number


def test_nobody_notices_a_hundred_reloads(house: House, tmp_path: Path) -> None:
    files = Files.copied(tmp_path)
    own = replace(house, environment={**house.environment, "IVR_RULES": str(files.root)})
    tally = Tally({})
    start = house.pair.journal.stat().st_size if house.pair.journal.exists() else 0

    async def run() -> tuple[int | None, int]:
        server = f"{house.settings.sip_host}:{house.settings.sip_port}"
        async with engine_process(own), load(tmp_path, "8488", RATE, server, scenario("2", KEY_AT, TALK)) as made:
            await reload_often(house, files, tally)
        return made.failed, made.made

    try:
        failed, calls = asyncio.run(run())
    finally:
        asyncio.run(house.restore())
    house.settled()
    assert (failed, tally.refused) == (0, RELOADS // EVERY_BROKEN)
    judge(calls_since(house.pair.journal, start), calls, tally)


def calls_since(journal: Path, start: int) -> dict[str, list[JournalEvent]]:
    """Read the calls of the load from a byte of the journal on."""
    with journal.open("rb") as lines:
        lines.seek(start)
        events = [one for line in lines for one in parse_line(line.rstrip(b"\n")) if isinstance(one, JournalEvent)]
    ours: dict[str, list[JournalEvent]] = {
        one.linkedid: [] for one in events if one.type == "CHAN_START" and one.caller_number.startswith(CALLERS)
    }
    for one in events:
        if one.linkedid in ours:
            ours[one.linkedid].append(one)
    return ours


def judge(found: dict[str, list[JournalEvent]], calls: int, tally: Tally) -> None:
    """Every call was answered, led by the engine, and on one known version from its beginning to its end."""
    assert len(found) == calls
    used = set()
    for lines in found.values():
        record = fold(lines)
        notes = [note for line in lines for note in unpacked(line)]
        versions = {note.get("rules") for note in notes if note.type in ("IVR_CALL", "IVR_ENGINE")}
        rings = {int(note.get("seconds")) for note in notes if note.type == "IVR_RING"}
        told = (record.linkedid, record.as_dict())
        assert (record.complete, record.led_by.value, record.disposition.value) == (True, "engine", "answered"), told
        assert versions == {record.rules}, told
        assert rings == {tally.rings[record.rules]}, told
        used.add(record.rules)
    assert len(used) > RELOADS / 3, "the calls did not meet the reloads"
