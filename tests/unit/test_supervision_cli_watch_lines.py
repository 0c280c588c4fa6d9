"""What `ivr calls watch` says of each change."""

from datetime import timedelta, timezone
from typing import Any

import pytest

from ivr.cli.calls_told import Told
from ivr.supervision.models import Call, Calls, Change, Ended, Notice, NoticeKind, Stage
from tests.fakes.supervision_server import AT, call, destination, health

FIRST = call("pbx-1.0")
OTHER = call("pbx-2.0", service="jelgava", stage=Stage.MENU, menu="jelgava-main", destination="", phone="", caller="")
ZONE = timezone(timedelta(hours=2))


def view(*calls: Call) -> Change:
    return Change(sequence=1, kind="calls", calls=Calls(at=AT, sequence=1, calls=calls))


def changed(one: Call) -> Change:
    return Change(sequence=2, kind="call", call=one)


def over(one: Call, **values: Any) -> Change:
    ended = Ended(call=one.call, service=one.service, destination=one.destination, disposition="answered", at=AT)
    return Change(sequence=3, kind="ended", ended=ended.model_copy(update=values))


def told(told_: Told, *changes: Change) -> list[str]:
    return [line for change in changes for line in told_.lines(change)]


def test_a_view_is_told_a_line_for_each_call_and_later_each_change() -> None:
    talks = FIRST.model_copy(update={"stage": Stage.TALKING, "since": AT, "listened": ("duty-1",)})
    assert told(Told(zone=ZONE), view(FIRST, OTHER), changed(talks), over(talks), over(OTHER)) == [
        "13:59:48 pbx-1.0  kekava  29…56  ringing  at kekava-utility (kekava-utility-1)",
        "13:59:48 pbx-2.0  jelgava  -  menu  at jelgava-main",
        "14:00:00 pbx-1.0  kekava  29…56  talking  at kekava-utility (kekava-utility-1)  heard by duty-1",
        "14:00:00 pbx-1.0  kekava  29…56  over: answered at kekava-utility",
        "14:00:00 pbx-2.0  jelgava  -  over: answered",
    ]


def test_nothing_is_told_twice() -> None:
    unseen = FIRST.model_copy(update={"redirections": 1, "language": "ru"})
    assert len(told(Told(), view(FIRST), view(FIRST), changed(unseen))) == 1


def test_a_view_after_a_loss_tells_what_came_and_what_is_over() -> None:
    third = call("pbx-3.0")
    lines = told(Told(zone=ZONE), view(FIRST, OTHER), view(third, OTHER))
    assert lines[2:] == [
        "14:00:00 pbx-1.0  kekava  29…56  over",
        "13:59:48 pbx-3.0  kekava  29…56  ringing  at kekava-utility (kekava-utility-1)",
    ]


def test_one_service_and_one_call_narrow_it() -> None:
    changes = (view(FIRST, OTHER), changed(OTHER), over(FIRST), over(OTHER))
    assert [line.split()[1] for line in told(Told(service="jelgava"), *changes)] == ["pbx-2.0", "pbx-2.0"]
    assert [line.split()[1] for line in told(Told(call="pbx-1.0"), *changes)] == ["pbx-1.0", "pbx-1.0"]


@pytest.mark.parametrize(
    ("changes", "ended"),
    [
        ((view(FIRST, OTHER),), False),
        ((view(FIRST, OTHER), over(OTHER)), False),
        ((view(FIRST), over(FIRST)), True),
        ((view(FIRST), view(OTHER)), True),
        ((view(OTHER),), True),
    ],
)
def test_the_call_that_is_watched_is_known_to_be_over(changes: tuple[Change, ...], ended: bool) -> None:
    for form in ("lines", "facts"):
        watched = Told(call="pbx-1.0")
        for change in changes:
            list(watched.lines(change)) if form == "lines" else watched.facts(change)
        assert watched.over is ended


def test_a_door_that_closes_or_gets_into_trouble_is_told_with_a_sign() -> None:
    def doors(**values: Any) -> Change:
        return Change(sequence=1, kind="destinations", destinations=(destination(**values),))

    watched = Told()
    lines = told(
        watched,
        doors(),
        doors(waiting=7),
        doors(open=False, why="a holiday"),
        doors(open=True, trouble="nobody answers"),
    )
    assert lines == [
        "--:--:-- kekava-utility  closed: a holiday",
        "--:--:-- kekava-utility  open: at every hour  ! nobody answers",
    ]
    assert told(Told(call="pbx-1.0"), doors(), doors(open=False)) == []


def test_programs_get_the_change_and_only_what_they_want() -> None:
    whole = Told().facts(view(FIRST, OTHER))
    assert whole is not None
    assert list(whole) == ["sequence", "kind", "calls"]
    assert [one["call"] for one in whole["calls"]["calls"]] == ["pbx-1.0", "pbx-2.0"]
    narrow = Told(service="jelgava")
    part = narrow.facts(view(FIRST, OTHER))
    assert part is not None
    assert [one["call"] for one in part["calls"]["calls"]] == ["pbx-2.0"]
    assert narrow.facts(changed(FIRST)) is None
    assert narrow.facts(over(FIRST)) is None
    assert narrow.facts(over(OTHER)) is not None
    figures = Change(sequence=4, kind="health", health=health())
    assert narrow.facts(figures) is None
    assert Told().facts(figures) == {"sequence": 4, "kind": "health", "health": health().model_dump(mode="json")}
    notice = Notice(kind=NoticeKind.DROPPED, at=AT, text="too slow")
    assert narrow.facts(Change(sequence=5, kind="notice", notice=notice)) is not None
