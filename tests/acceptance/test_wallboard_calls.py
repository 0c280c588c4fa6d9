"""The wallboard on the real PBX: a caller waits, talks and goes, as the screen on the wall shows it in Chromium."""

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from playwright.async_api import Page, async_playwright

from ivr.supervision.access.tokens import TokenFile
from ivr.supervision.models import Role
from ivr.supervision.orders import HangUpOrder
from ivr.trial.plan import Outcome, Plan, Press
from tests.acceptance.conftest import TUESDAY_10, House, caller, on_network
from tests.acceptance.supervised import supervision
from tests.fakes.patience import until_asked
from tests.fakes.report_examples import OPTIONS
from tests.fakes.wallboard_screen import CHROMIUM, WALL

PHONES = ("none", "ok")  # the first does not answer, so that the caller waits for a while
HERE = "127.0.0.1"
ASK = """async ([method, path]) => {
  const order = method === "POST" ? { headers: { "Content-Type": "application/json" }, body: "{}" } : {};
  return (await fetch(path, { method, ...order })).status;
}"""


def free_port() -> int:
    with socket.create_server((HERE, 0)) as place:
        return int(place.getsockname()[1])


@asynccontextmanager
async def wall() -> AsyncIterator[Page]:
    async with async_playwright() as play:
        browser = await play.chromium.launch(executable_path=CHROMIUM, args=OPTIONS)
        page = await browser.new_page(viewport={"width": WALL[0], "height": WALL[1]})
        yield page
        await browser.close()


async def shows(page: Page, state: str, **figures: str) -> None:
    """Wait until the wall is in a state and has these figures."""

    async def there() -> bool:
        now = await page.get_attribute("body", "data-state")
        found = {name: await page.inner_text(f"#{name} .value") for name in figures}
        last[:] = [now, found]
        return last == [state, figures]

    last: list[object] = []
    await until_asked(there, told=lambda: last)


async def row(page: Page, destination: str) -> list[str]:
    cells = page.locator(f'tr[data-destination="{destination}"] .number')
    return [text.strip() for text in await cells.all_inner_texts()]


async def give(page: Page, token: str) -> None:
    await page.fill("#token", token)
    await page.press("#token", "Enter")


def test_a_caller_on_the_wall(house: House) -> None:
    address = f"{HERE}:{free_port()}"
    token = TokenFile(house.settings.supervision_tokens).add("wall", Role.ADMIN, TUESDAY_10, None)
    plan = Plan("8488", caller(), (Press("2", 1.0),), PHONES, talk=120.0)

    async def run() -> tuple[Outcome, str]:
        async with wall() as page, on_network(house) as trials, house.engine(TUESDAY_10):
            async with supervision(house, IVR_SUPERVISION_LISTEN=address) as made:
                await page.goto(f"http://{address}/wallboard?service=kekava&language=en")
                await give(page, token)
                await shows(page, "live", waiting="0", talking="0", longest="–")
                call = asyncio.ensure_future(trials.run(plan))
                await shows(page, "live", waiting="1", talking="0")
                assert (await row(page, "kekava-utility"))[:2] == ["1", "0"]
                await waits_longer(page)
                await only_looks(page, token)
                await shows(page, "live", waiting="0", talking="1", longest="–")
                assert (await row(page, "kekava-utility"))[:2] == ["0", "1"]
                assert await made.stopped() == 0
            await page.wait_for_selector("body[data-state=lost]")
            assert set(await page.locator("#rows td.number").all_inner_texts()) == {"–"}
            async with supervision(house, IVR_SUPERVISION_LISTEN=address) as again:
                await shows(page, "live", waiting="0", talking="1")  # by itself, with the session that it had
                (talking,) = (await again.client.calls()).calls
                await again.client.hangup(talking.call, HangUpOrder(reason="the test is over"))
                outcome = await call
                await shows(page, "live", waiting="0", talking="0")
                shown = await page.content()
        return outcome, shown

    outcome, shown = asyncio.run(run())
    assert outcome.record is not None
    assert (outcome.record["disposition"], outcome.trouble) == ("answered", "")
    assert plan.caller[-6:] not in shown


async def waits_longer(page: Page) -> None:
    """See that the longest wait goes on although nothing is sent."""
    first = await page.inner_text("#longest .value")
    assert first.startswith("0:")

    async def more() -> bool:
        return await page.inner_text("#longest .value") > first

    await until_asked(more, 10.0)


async def only_looks(page: Page, token: str) -> None:
    """See that the session of an admin's token may look and no more, and that the token is nowhere."""
    assert await page.evaluate(ASK, ["GET", "/api/calls"]) == 200
    for path in ("/api/rules/reload", "/api/overrides", "/api/announce"):
        assert await page.evaluate(ASK, ["POST", path]) in (401, 403)
    assert await page.evaluate(ASK, ["GET", "/api/audit"]) in (401, 403)
    assert token not in await page.content() + page.url + await page.evaluate("document.cookie")
