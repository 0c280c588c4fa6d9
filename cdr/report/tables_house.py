"""The tables for the municipality itself: safety lines, menus, people passed on, rules, quality of the data. PURE.

Rule 1: of these only `safety` stands in the public variant; single calls never do.
Rule 2: a table without rows is left out: the functions give None.
"""

from zoneinfo import ZoneInfo

from cdr.report.cells import Cells, Counted, counts, label, number
from cdr.report.gathered import Gathered
from cdr.report.model import Row, Table
from cdr.report.terms import LEADERS, PASS_RESULTS, PASSES, VISITS


def safety(given: Gathered, cells: Cells) -> Table | None:
    """Tell how fast the emergency lines answered. None if nobody was sent there."""
    words = cells.words
    rows: list[Row] = []
    behind: list[tuple[str, int]] = []
    for one in given.figures.safety.lines:
        if not one.sent:
            continue
        key = f"safety:{one.destination}"
        parts = (("answered", one.answered), ("within_10", one.within_10), ("within_20", one.within_20))
        behind += [(f"{key}:{name}", part) for name, part in parts]
        behind += [(f"{key}:not_{name}", one.sent - part) for name, part in parts]
        rows.append(
            Row(
                one.destination,
                (
                    cells.text(given.names.destinations.get(one.destination, one.destination), one.destination),
                    cells.count(one.sent, key),
                    *(cells.share(part, one.sent, key, f"{key}:{name}", f"{key}:not_{name}") for name, part in parts),
                ),
            )
        )
    if not rows:
        return None
    columns = (
        label(words.say("Line")),
        number("sent", words.say("calls")),
        number("answered", words.say("answered")),
        number("within_10", words.say("within 10 s")),
        number("within_20", words.say("within 20 s")),
    )
    return Table("safety", words.say("Calls to emergency lines"), columns, tuple(rows), "safety", behind=tuple(behind))


def unanswered(given: Gathered, cells: Cells, zone: ZoneInfo) -> Table | None:
    """List the calls to emergency lines that nobody took, without their callers. None if there were none."""
    words = cells.words
    rows = tuple(
        Row(
            one.linkedid,
            (
                cells.text(words.moment(one.started.astimezone(zone)), one.started.isoformat()),
                cells.text(given.names.destinations.get(one.destination, one.destination), one.destination),
                cells.text(words.say(VISITS[one.result]) if one.result in VISITS else one.result, one.result),
                cells.span(one.waited),
                cells.text(one.linkedid),
            ),
        )
        for one in given.figures.safety.unanswered
    )
    columns = (
        label(words.say("Time")),
        label(words.say("Line"), "line"),
        label(words.say("Outcome"), "result"),
        number("waited", words.say("Waiting")),
        label(words.say("Call"), "call"),
    )
    caption = words.say("Emergency calls that nobody took")
    return Table("unanswered", caption, columns, rows, "safety") if rows else None


def menus(given: Gathered, cells: Cells) -> Table | None:
    """Tell what came of each menu. None if none was played."""
    words = cells.words
    rows = tuple(
        Row(
            one.menu,
            (
                cells.text(given.names.menus.get(one.menu, one.menu), one.menu),
                *(
                    cells.count(count, f"menu:{one.menu}:{name}")
                    for name, count in (
                        ("shown", one.shown),
                        ("valid", one.valid),
                        ("invalid", one.invalid),
                        ("no_input", one.no_input),
                        ("left", one.left),
                    )
                ),
                cells.span(one.waited.p50),
            ),
        )
        for one in given.figures.menus
    )
    columns = (
        label(words.say("Menu")),
        number("shown", words.say("played")),
        number("valid", words.say("key")),
        number("invalid", words.say("wrong key")),
        number("no_input", words.say("no key")),
        number("left", words.say("left")),
        number("waited", words.say("time to key")),
    )
    return Table("menus", words.say("Menus"), columns, rows) if rows else None


def passes(given: Gathered, cells: Cells) -> Table | None:
    """Tell how often people handed callers on and what came of it. None if nobody did."""
    words = cells.words
    rows = tuple(
        Row(
            f"{one.kind}:{one.result}:{one.reason}",
            (
                cells.text(words.say(PASSES.get(one.kind, one.kind)), one.kind),
                cells.text(words.say(PASS_RESULTS.get(one.result, one.result)), one.result),
                cells.text(words.say(VISITS[one.reason]) if one.reason in VISITS else one.reason, one.reason),
                cells.count(one.passes, f"pass:{one.kind}:{one.result}:{one.reason}"),
            ),
        )
        for one in given.figures.redirections.passes
    )
    columns = (
        label(words.say("Passed on by people")),
        label(words.say("Outcome"), "result"),
        label(words.say("why"), "reason"),
        number("passes", words.say("times")),
    )
    return Table("passes", words.say("Passed on by people"), columns, rows) if rows else None


def rules(given: Gathered, cells: Cells) -> Table | None:
    """Tell which rule sent how many calls where. None if none did."""
    words = cells.words
    rows = tuple(
        Row(
            f"{one.rule}:{one.destination}:{one.reason}",
            (
                cells.text(one.rule or "–", one.rule),
                cells.text(given.names.destinations.get(one.destination, one.destination), one.destination),
                cells.text(one.reason),
                cells.count(one.calls, f"rule:{one.rule}:{one.destination}:{one.reason}"),
            ),
        )
        for one in given.figures.rules
    )
    columns = (
        label(words.say("Rule")),
        label(words.say("Line"), "line"),
        label(words.say("why"), "reason"),
        number("calls", words.say("calls")),
    )
    return Table("rules", words.say("Which rule sent the calls"), columns, rows, is_quiet=True) if rows else None


def led_by(given: Gathered, cells: Cells) -> Table:
    """Count the calls by who led them; the rows sum to all calls."""
    words = cells.words
    rows = [
        Counted(one.value, words.say(LEADERS[one]), count, f"led:{one.value}")
        for one, count in given.figures.quality.led_by
        if count
    ]
    total = Counted("total", words.say("All calls"), given.figures.volume.calls, "calls")
    title = words.say("Led by")
    return counts(cells, "led_by", words.say("Who led the calls"), title, rows, total, unit=words.say("calls"))
