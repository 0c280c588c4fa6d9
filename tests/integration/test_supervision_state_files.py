"""The rules file as the state reads it when no engine is there: broken at first, or in pieces."""

from pathlib import Path

from tests.fakes.rules_text import FULL
from tests.fakes.supervised_house import House


async def test_it_begins_with_a_broken_file_and_has_the_rules_once_they_are_mended(tmp_path: Path) -> None:
    house = House(tmp_path)
    house.write("services: [")
    await house.look()
    assert house.state.destinations() == ()
    assert "nothing is known of the rules" in house.state.health().rules
    await house.state.look_at_records()
    assert house.state.today() is None
    house.write(FULL)
    await house.look(2)
    assert len(house.state.destinations()) == 6
    await house.state.close()


async def test_an_included_file_counts(tmp_path: Path) -> None:
    house = House(tmp_path)
    part = tmp_path / "part.yaml"
    part.write_text(FULL.replace("max_hops: 4\nmax_menus: 20\n", ""), encoding="utf-8")
    house.write("include: [part.yaml]\nmax_hops: 4\n")
    await house.look()
    assert len(house.state.destinations()) == 6
    text = part.read_text(encoding="utf-8").replace("lv: Birojs", "lv: Kanceleja")
    part.write_text(text, encoding="utf-8")
    await house.look(2)
    assert house.state.destinations()[0].title == "Kanceleja"
    await house.state.close()
