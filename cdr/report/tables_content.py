"""The tables about what calls were about and what came of them: topics, requests, ways, announcements. PURE.

Rule 1: a table without rows is left out: the functions give None.
"""

from collections import Counter
from dataclasses import replace
from datetime import timedelta

from cdr.report.cells import Cells, Counted, counts, label, number
from cdr.report.gathered import Gathered
from cdr.report.model import Cell, Row, Table
from cdr.report.suppress import Sum
from cdr.report.tables_calls import all_calls
from cdr.report.terms import CHANNELS, STATUSES
from cdr.statistics.figures_content import AnnouncementCount

BELOW = ": "  # between a topic and one below it


def topics(given: Gathered, cells: Cells) -> Table | None:
    """Count the conversations by their uppermost topic. None if no call was given one."""
    found = given.figures.topics
    if not any(one.topic for one in found.counts):
        return None
    words = cells.words
    answered: Counter[str] = Counter()
    for one in found.counts:
        answered[given.names.uppermost(one.topic)] += one.answered
    rows = [
        Counted(topic, topic_title(given, cells, topic), count, f"topic:{topic}")
        for topic, count in _in_order(answered)
        if count
    ]
    total = Counted("total", words.say("All conversations"), found.answered, "reached")
    caption, title = words.say("Topics of the conversations"), words.say("Topic")
    return replace(counts(cells, "topics", caption, title, rows, total, unit=words.say("calls")), term="topic")


def topics_detail(given: Gathered, cells: Cells) -> Table | None:
    """Count the conversations by every topic of the tree. None if that tells nothing more."""
    words, found = cells.words, given.figures.topics
    if all(given.names.uppermost(one.topic) == one.topic for one in found.counts):
        return None
    rows = [
        Counted(one.topic, _whole_title(given, cells, one.topic), one.answered, f"subtopic:{one.topic}")
        for one in sorted(found.counts, key=lambda one: (one.topic == "", -one.answered))
        if one.answered
    ]
    total = Counted("total", words.say("All conversations"), found.answered, "reached")
    caption, title = words.say("Topics in detail"), words.say("Topic")
    return replace(counts(cells, "topics_detail", caption, title, rows, total, unit=words.say("calls")), term="topic")


def handled(given: Gathered, cells: Cells) -> Table | None:
    """Count the calls by what was done. None if nobody noted anything."""
    words, found = cells.words, given.figures.topics.counts
    consulted, registered = (sum(one.consulted for one in found), sum(one.registered for one in found))
    if not consulted + registered:
        return None
    rows = [
        Counted("consulted", words.say("advised at once"), consulted, "consulted"),
        Counted("registered", words.say("request registered"), registered, "channel:phone"),
        Counted("not_told", words.say("not noted"), sum(one.not_told for one in found), "not_told"),
    ]
    caption, title, unit = words.say("What was done"), words.say("Calls"), words.say("calls")
    return counts(cells, "handled", caption, title, rows, all_calls(given, cells), unit=unit)


def topic_sums(given: Gathered) -> list[Sum]:
    """Tell that the topics below a topic sum to it."""
    below: dict[str, list[str]] = {}
    for one in given.figures.topics.counts:
        below.setdefault(given.names.uppermost(one.topic), []).append(f"subtopic:{one.topic}")
    return [Sum(f"topic:{topic}", tuple(parts)) for topic, parts in below.items()]


def topic_title(given: Gathered, cells: Cells, topic: str) -> str:
    """Name a topic; `""` are those for which none was given."""
    return given.names.topics.get(topic, topic) if topic else cells.words.say("not given")


def _whole_title(given: Gathered, cells: Cells, topic: str) -> str:
    above, own = given.names.uppermost(topic), topic_title(given, cells, topic)
    return own if above == topic else f"{topic_title(given, cells, above)}{BELOW}{own}"


def _in_order(found: Counter[str]) -> list[tuple[str, int]]:
    """Give the most frequent first; the ones without a topic last."""
    return sorted(found.items(), key=lambda pair: (pair[0] == "", -pair[1], pair[0]))


def channels(given: Gathered, cells: Cells) -> Table | None:
    """Count the registered requests by the way they came. None if there were none."""
    words, found = cells.words, given.requests
    if not found.total:
        return None
    rows = [
        Counted(name, words.say(CHANNELS.get(name, name)), count, f"channel:{name}")
        for name, count in sorted(found.by_channel.items(), key=lambda pair: -pair[1])
    ]
    caption, title = words.say("Registered requests by way"), words.say("Way")
    total = _all_requests(given, cells)
    made = counts(cells, "channels", caption, title, rows, total, unit=words.say("requests"))
    return replace(made, term="request", is_quiet=len(rows) == 1)


def request_topics(given: Gathered, cells: Cells) -> Table | None:
    """Count the registered requests by their uppermost topic. None if there were none."""
    words, found = cells.words, given.requests
    if not found.total:
        return None
    by_topic: Counter[str] = Counter()
    for (topic, _), count in found.by_topic.items():
        by_topic[given.names.uppermost(topic)] += count
    rows = [Counted(one, topic_title(given, cells, one), n, f"request:{one}") for one, n in _in_order(by_topic)]
    caption, title = words.say("Topics of the requests"), words.say("Topic")
    total = _all_requests(given, cells)
    return replace(
        counts(cells, "request_topics", caption, title, rows, total, unit=words.say("requests")), term="request"
    )


def statuses(given: Gathered, cells: Cells) -> Table | None:
    """Count the requests whose state is known by it. None if there are none."""
    words, found = cells.words, given.requests.by_status
    if not found:
        return None
    rows = [
        Counted(name, words.say(STATUSES.get(name, name)), count, f"status:{name}")
        for name, count in sorted(found.items(), key=lambda pair: -pair[1])
    ]
    total = Counted("total", words.say("Requests whose state is known"), sum(found.values()), "states")
    caption, title = words.say("What became of the requests"), words.say("State")
    return counts(cells, "statuses", caption, title, rows, total, unit=words.say("requests"))


def _all_requests(given: Gathered, cells: Cells) -> Counted:
    return Counted("total", cells.words.say("All requests"), given.requests.total, "requests")


def routes(given: Gathered, cells: Cells) -> Table | None:
    """Count the ways through the menu: first key, first line, final line. None if nobody got to a line."""
    words, matrix = cells.words, given.figures.redirections.matrix
    if not any(one.first for one in matrix):
        return None
    rows = []
    for one in matrix:
        key = f"route:{one.key}:{one.first}:{one.final}"
        titles = (one.key or "–", _line(given, one.first), _line(given, one.final))
        names = [cells.text(title, name) for title, name in zip(titles, (one.key, one.first, one.final), strict=True)]
        rows.append(Row(key, (*names, cells.count(one.calls, key))))
    blank = cells.text("")
    total = Row(
        "total",
        (cells.text(words.say("All calls")), blank, blank, cells.count(given.figures.volume.calls, "calls")),
        is_total=True,
    )
    columns = (
        label(words.say("Key")),
        label(words.say("first line"), "first"),
        label(words.say("final line"), "final"),
        number("count", words.say("calls"), adds_up=True),
    )
    return Table("routes", words.say("Ways through the menu"), columns, (*rows, total), "route")


def route_sums(given: Gathered) -> list[Sum]:
    """Tell that the ways that begin with a line sum to the calls first sent there."""
    below: dict[str, list[str]] = {}
    for one in given.figures.redirections.matrix:
        below.setdefault(one.first, []).append(f"route:{one.key}:{one.first}:{one.final}")
    return [Sum(f"first:{first}", tuple(parts)) for first, parts in below.items()]


def _line(given: Gathered, name: str) -> str:
    return given.names.destinations.get(name, name) if name else "–"


def unserved(given: Gathered, cells: Cells) -> Table | None:
    """Count the calls that met something closed and reached nobody, by what was closed. None if there were none."""
    words, found = cells.words, given.figures.unserved
    if not found.calls:
        return None
    rows = [
        Counted(one.destination, _line(given, one.destination), one.calls, f"unserved:{one.destination}")
        for one in found.by_destination
    ]
    total = Counted("total", words.say("All such calls"), found.calls, "unserved")
    caption, title = words.say("Calls outside opening hours that reached nobody"), words.say("Line")
    return replace(counts(cells, "unserved", caption, title, rows, total, unit=words.say("calls")), term="closed")


def repeats(given: Gathered, cells: Cells) -> Table | None:
    """Count the calls of those who had called before. None if no caller is known."""
    words, found = cells.words, given.figures.repeats
    if not found.known:
        return None
    rows, behind = [], []
    longer = [one.calls for one in found.windows[1:]] + [found.known]
    for one, more in zip(found.windows, longer, strict=True):
        name, title = _window(one.within, cells)
        keys = (f"repeat:{name}", f"repeat_later:{name}")
        behind += [(keys[0], one.calls), (keys[1], more - one.calls)]
        count = Cell(one.calls, words.number(one.calls), keys)
        rows.append(Row(name, (cells.text(title, name), count, cells.share(one.calls, found.known, *keys))))
    title = words.say("Called before within")
    columns = (label(title), number("calls", words.say("calls")), number("share", words.say("share")))
    return Table("repeats", words.say("Calling again"), columns, tuple(rows), "repeat", behind=tuple(behind))


def _window(within: timedelta, cells: Cells) -> tuple[str, str]:
    hours = within // timedelta(hours=1)
    if hours < 48:
        return f"{hours}h", cells.words.count("{n} hour", "{n} hours", hours)
    return f"{hours // 24}d", cells.words.count("{n} day", "{n} days", hours // 24)


def announcements(given: Gathered, cells: Cells) -> Table | None:
    """Count who heard each announcement and who hung up at it. None if none was played."""
    words, found = cells.words, given.figures.announcements
    if not found:
        return None
    made = [_heard(cells, one) for one in found]
    columns = (
        label(words.say("Announcement")),
        number("heard", words.say("heard")),
        number("whole", words.say("to its end")),
        number("hung_up", words.say("hung up")),
        number("share", words.say("share")),
    )
    rows = tuple(row for row, _ in made)
    behind = tuple(pair for _, pairs in made for pair in pairs)
    return Table("announcements", words.say("Announcements"), columns, rows, "announcement", behind=behind)


def _heard(cells: Cells, one: AnnouncementCount) -> tuple[Row, list[tuple[str, int]]]:
    """Give the row of an announcement, and the counts from which it could be told who did not hear all or did not leave."""
    name, hung_up = one.announcement, one.hung_up_during + one.hung_up_after
    behind = [
        (f"begun:{name}", one.begun),
        (f"whole:{name}", one.whole),
        (f"part:{name}", one.part),
        (f"hung_up:{name}", hung_up),
        (f"stayed:{name}", one.begun - hung_up),
    ]
    whole = (f"whole:{name}", f"part:{name}", f"begun:{name}")
    left = (f"hung_up:{name}", f"stayed:{name}", f"begun:{name}")
    number_of = cells.words.number
    return Row(
        name,
        (
            cells.text(name),
            cells.count(one.begun, f"begun:{name}"),
            Cell(one.whole, number_of(one.whole), whole),
            Cell(hung_up, number_of(hung_up), left),
            cells.share(hung_up, one.begun, *left),
        ),
    ), behind
