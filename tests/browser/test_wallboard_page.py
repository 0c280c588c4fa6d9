"""The wallboard in Chromium: what it shows of what it hears, in every language, and nothing that it must not."""

import re
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from cdr.statistics.today import DestinationDay
from ivr.rulebook.read import read, years_around
from ivr.supervision.models import Stage
from ivr.supervision.now.destinations import Seen, destination_now, fixed, phones_of, services_of
from ivr.supervision.wallboard.page import LANGUAGES, words_of
from tests.fakes.rules_text import FULL, read_text
from tests.fakes.wallboard_examples import (
    CALLER,
    NOW,
    TOWN,
    call,
    destination,
    health,
    of_call,
    of_calls,
    of_destinations,
    of_end,
    of_health,
    of_today,
    service,
    talking,
    waiting,
)
from tests.fakes.wallboard_screen import seconds, show, value
from tests.fakes.wallboard_server import WallboardServer

SECOND = 1000  # milliseconds
SHIPPED = Path(__file__).parents[2] / "routing_rules.yaml"
ENGLISH = re.compile(
    r"\b(is open|only|has no|open hours|public holiday|day off|worked like|safety|by|unreachable|nobody)\b"
)


def row(page: Page, name: str) -> list[str]:
    cells = page.query_selector_all(f'tr[data-destination="{name}"] > *')
    return [one.inner_text().strip() for one in cells]


def figures(page: Page) -> dict[str, str]:
    return {name: value(page, name) for name in ("waiting", "talking", "level", "missed")}


def lasts(text: str, since: int) -> bool:
    """Tell whether something lasted so many seconds when the page was opened, by what is shown a while later."""
    return since <= seconds(text) < since + 25


def test_the_big_figures(wall: Page, server: WallboardServer) -> None:
    show(wall, server, "?language=en")
    assert figures(wall) == {"waiting": "3", "talking": "5", "level": "87%", "missed": "9"}
    assert lasts(value(wall, "longest"), 34)
    assert wall.inner_text("h1") == "Jelgavas informatīvais tālrunis"
    assert wall.inner_text("#state") == "●Live"
    assert wall.inner_text("#clock") == "10:15"
    assert "longer than 20 s" in wall.inner_text("#longest .note")
    assert "in 20 s" in wall.inner_text("#level .note")


def test_a_row_for_each_destination_in_the_order_of_the_rules(wall: Page, server: WallboardServer) -> None:
    show(wall, server, "?language=en")
    shown = wall.eval_on_selector_all("tr[data-destination]", "all => all.map(one => one.dataset.destination)")
    assert shown == [one.destination for one in TOWN]
    assert row(wall, "construction") == ["Būvvalde", "●Open · 08:00–17:00", "17:00", "1", "0", "1"]
    assert row(wall, "gardens") == ["Mazdārziņi", "■Closed · 13:00–18:00", "13:00", "0", "0", "0"]
    assert row(wall, "social")[1] == "■Closed · ordered: sapulce"
    assert row(wall, "property-tax")[1] == "▲1 of 2 phones unreachable · Open"
    waits, *rest = row(wall, "reception")[1:]
    assert rest == ["17:00", "2", "2", "4"]
    assert re.fullmatch(r"◆waiting 0:\d\d · Open · 08:00–17:00", waits)
    assert lasts(waits, 34)
    assert row(wall, "police")[1:3] == ["●Open · always, a safety line", ""]
    assert row(wall, "taxi")[1:3] == ["■Closed · not on this weekday", "Wed 09:00"]


def test_every_change_is_shown_and_time_goes_on_by_itself(wall: Page, server: WallboardServer) -> None:
    show(wall, server)
    server.news.tell(of_call(waiting("c10", "survey", 50)), of_end("c1"), of_call(talking("c2", "construction")))
    expect(wall.locator("#waiting .value")).to_have_text("2")
    assert value(wall, "talking") == "6"
    assert lasts(value(wall, "longest"), 50)
    assert row(wall, "construction")[3:5] == ["0", "1"]
    wall.clock.run_for(15 * SECOND)
    assert lasts(value(wall, "longest"), 65)
    assert wall.get_attribute("#longest", "data-mood") == "bad"
    server.news.tell(of_end("c10"), of_end("c3"))
    expect(wall.locator("#longest")).to_have_attribute("data-mood", "")
    assert value(wall, "longest") == "–"
    assert value(wall, "waiting") == "0"


def test_figures_of_the_day_and_destinations_change(wall: Page, server: WallboardServer) -> None:
    show(wall, server, "?language=en")
    server.news.tell(
        of_today(service(lost=10, service_level=0.7991)), of_destinations(destination("survey", open=False))
    )
    expect(wall.locator("#missed .value")).to_have_text("10")
    assert value(wall, "level") == "79%"
    assert "under 80%" in wall.inner_text("#level .note")
    assert wall.locator("tr[data-destination]").count() == 1
    assert row(wall, "survey")[1].startswith("■Closed")
    server.news.tell(of_today(service(service_level=None, lost=0)))
    expect(wall.locator("#level .value")).to_have_text("–")
    server.news.tell(of_calls([waiting("x", "survey", 1)]))
    expect(wall.locator("#waiting .value")).to_have_text("1")
    assert value(wall, "talking") == "0"


def test_the_target_of_the_address(wall: Page, server: WallboardServer) -> None:
    show(wall, server, "?language=en&target=90")
    assert "under 90%" in wall.inner_text("#level .note")


def test_of_several_services_the_worst_is_named_and_one_can_be_chosen(wall: Page, server: WallboardServer) -> None:
    other = service("plovdiv", "Пловдив", service_level=0.5, lost=2, within=30)
    calls = of_calls([waiting("a", "survey", 5), waiting("b", "taxes", 9, "plovdiv"), talking("c", "taxes", "plovdiv")])
    taxes = destination("taxes", services=("plovdiv",), title="Данъци")
    server.news.whole = (calls, of_destinations(*TOWN, taxes), of_today(service(), other))
    show(wall, server, "?language=en")
    assert figures(wall) == {"waiting": "2", "talking": "1", "level": "50%", "missed": "11"}
    assert "lowest: Пловдив" in wall.inner_text("#level .note")
    show(wall, server, "?service=plovdiv")
    assert figures(wall) == {"waiting": "1", "talking": "1", "level": "50%", "missed": "2"}
    assert wall.inner_text("h1") == "Пловдив"
    assert wall.locator("tr[data-destination]").count() == 1
    assert wall.get_attribute("html", "lang") == "bg"
    show(wall, server, "?service=plovdiv,jelgava&language=en")
    assert value(wall, "waiting") == "2"


def test_a_service_that_is_none_is_told(wall: Page, server: WallboardServer) -> None:
    wall.goto(f"{server.url}/wallboard?service=jelgawa&language=en")
    expect(wall.locator("#troubles")).to_have_text("▲ There is no service jelgawa.")
    assert value(wall, "waiting") == "0"


def test_who_only_speaks_has_no_row_until_somebody_is_there(wall: Page, server: WallboardServer) -> None:
    server.news.whole = (of_calls([]), of_destinations(destination("survey"), destination("menu", phones=())))
    show(wall, server)
    assert wall.locator("tr[data-destination]").count() == 1
    server.news.tell(of_call(waiting("a", "menu", 3)))
    expect(wall.locator("tr[data-destination]")).to_have_count(2)


def test_troubles_are_said_in_words_and_no_more_than_fit(wall: Page, server: WallboardServer) -> None:
    show(wall, server, "?language=en")
    assert wall.is_hidden("#troubles")
    server.news.tell(of_health(health("no engine answers: the fallback leads the calls; see `ivr status`")))
    expect(wall.locator("#troubles")).to_have_text("▲ No engine leads calls; the fallback does")
    server.news.tell(of_health(health(*(f"records: {n}" for n in range(9)))))
    expect(wall.locator("#troubles li")).to_have_count(4)
    assert wall.inner_text("#troubles li:last-child") == "▲ and 6 more"
    alarms = ("phone_unreachable (survey-1): the phone", "records_stopped (records): none is written")
    server.news.tell(of_health(health(ok=False, alarms=alarms)))
    expect(wall.locator("#troubles")).to_have_text("▲ none is written")
    server.news.tell(of_health(health()))
    expect(wall.locator("#troubles")).to_be_hidden()


@pytest.mark.parametrize("wrong", [{"pbx": "does not answer"}, {"journal_lag": 60.0}])
def test_figures_that_may_be_old_are_not_called_live(
    wall: Page, server: WallboardServer, wrong: dict[str, Any]
) -> None:
    show(wall, server, "?language=en")
    server.news.tell(of_health(health("the PBX: does not answer", **wrong)))
    expect(wall.locator("#state")).to_have_text("▲Figures may be old")
    assert wall.get_attribute("body", "data-state") == "old"
    assert wall.title().startswith("Figures may be old")
    server.news.tell(of_health(health()))
    expect(wall.locator("#state .text")).to_have_text("Live")


EVIL = '<img src=x onerror="document.title=1"><script>document.title=2</script>&amp;\u202e'


def test_markup_in_any_text_stays_text(wall: Page, server: WallboardServer) -> None:
    evil = destination("survey", title=EVIL, why=EVIL, trouble=EVIL)
    one = call("c", Stage.RINGING, "survey", 5).model_copy(update={"reason": EVIL, "caller": EVIL, "menu": EVIL})
    server.news.whole = (
        of_calls([one]),
        of_destinations(evil, destination("taxi", title=EVIL, why=f"closed by {EVIL}: {EVIL}", open=False)),
        of_today(service(title=EVIL)),
        of_health(health(EVIL)),
    )
    show(wall, server, "?language=en&service=%3Cimg%20src=x%20onerror=1%3E,jelgava")
    assert row(wall, "survey")[0] == EVIL
    assert EVIL in wall.inner_text("#troubles")
    assert wall.inner_text("h1") == EVIL
    assert wall.locator("body img, body script, body svg").count() == 0


def test_no_callers_number_is_anywhere_on_the_page(wall: Page, server: WallboardServer) -> None:
    show(wall, server)
    assert "2912" in CALLER
    assert "2912" not in wall.content()


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_language_is_whole(wall: Page, server: WallboardServer, language: str) -> None:
    show(wall, server, f"?language={language}")
    words = words_of(language)
    assert wall.get_attribute("html", "lang") == language
    assert wall.inner_text("#waiting dt") == words.get("Waiting", "Waiting")
    shown = wall.inner_text("body")
    if language != "en":
        left = [one for one in words if len(one) > 3 and re.search(rf"\b{re.escape(one)}\b", shown)]
        assert left == []
        assert not ENGLISH.search(shown), shown


def reasons() -> set[str]:
    """Give every reason and trouble that the destinations of a town have in a year."""
    rules = read_text(FULL)
    services = services_of(rules)
    found: set[str] = set()
    for hour in range(0, 365 * 24, 5):
        at = NOW - timedelta(days=365) + timedelta(hours=hour)
        found |= {one.standing.why for one in fixed(rules, services, at)}
    return found


def troubles() -> list[str]:
    """Give every trouble that the shipped destinations can have: with one phone away, with all, full, and not answered."""
    rules = read(SHIPPED, years=years_around(NOW.year))
    all_fixed = fixed(rules, services_of(rules), NOW)
    first = frozenset(phones_of(one.destination)[0] for one in all_fixed if one.destination.lines)
    every = frozenset(phone for one in all_fixed for phone in phones_of(one.destination))
    busy = DestinationDay(in_a_row=9)
    seen = [Seen(99, 99, busy, away) for away in (frozenset[str](), first, every)]
    return sorted({found for one in all_fixed for at in seen if (found := destination_now(one, at).trouble)})


def test_what_the_rules_say_of_a_year_is_said_in_the_pages_language(wall: Page, server: WallboardServer) -> None:
    show(wall, server, "?language=uk")
    every = sorted(reasons())
    assert len(every) > 15
    say = (
        "async all => { const m = await import('/wallboard/static/reasons.js'); return all.map(one => m.reason(one)); }"
    )
    for why, said in zip(every, wall.evaluate(say, every), strict=True):
        assert said != why
        assert not ENGLISH.search(said), f"{why} -> {said}"


def test_the_troubles_of_phones_are_said_in_the_pages_language(wall: Page, server: WallboardServer) -> None:
    every = troubles()
    assert len(every) > 4
    show(wall, server, "?language=bg")
    say = "async all => { const m = await import('/wallboard/static/reasons.js'); return all.map(one => m.trouble(one)); }"
    for english, said in zip(every, wall.evaluate(say, every), strict=True):
        assert not ENGLISH.search(said), f"{english} -> {said}"


def test_orders_are_told_without_who_gave_them(wall: Page, server: WallboardServer) -> None:
    show(wall, server, "?language=en")
    every = ["closed by anna: flood: cellar", "open by anna: fair", "redirected to desk by anna: fair", "unheard of"]
    say = (
        "async all => { const m = await import('/wallboard/static/reasons.js'); return all.map(one => m.reason(one)); }"
    )
    told = ["ordered: flood: cellar", "ordered: fair", "redirected: fair", "unheard of"]
    assert wall.evaluate(say, every) == told
