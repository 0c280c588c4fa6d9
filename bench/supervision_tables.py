"""What supervision costs, as Markdown. Pure: figures in, text out."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from statistics import median

from bench.load import Run
from bench.subscribers import Heard
from bench.table import quantile
from bench.told_calls import Written

AIM_LATE, UNNOTICED = 300.0, 1.0
"""ms until 95 of 100 have a change; ms of key to INVITE that are not measurable, if the rounds do not differ by more."""


@dataclass(frozen=True, slots=True)
class Arm:
    """One run of calls with so many subscribers (None: no supervision); supervision's ms per call and part of a processor."""

    subscribers: int | None
    run: Run
    per_call: float
    processor: float
    heard: Heard | None

    @property
    def name(self) -> str:
        """Name the arm in a heading."""
        return "no supervision" if self.subscribers is None else f"{self.subscribers} subscribers"

    def line(self) -> str:
        """Tell it in one line."""
        run, heard = self.run, self.heard
        return (
            f"{self.name:15}: {run.failed} of {run.calls} failed, PBX {run.pbx:.2f}, engine {run.engine or 0:.2f}, recorder "
            f"{run.recorder or 0:.2f}, supervision {self.per_call:.2f} ms per call ({self.processor:.1%}), key to INVITE "
            f"p50 {quantile(run, 0.5):.1f} p95 {quantile(run, 0.95):.1f} ms, others {run.others:.0%}"
            + (f"; {_told(heard)}" if heard else "")
        )


@dataclass(frozen=True, slots=True)
class Storm:
    """What came of the lines that were written: supervision's part of a processor, and how often a subscriber began anew."""

    written: Written
    processor: float
    heard: Heard
    dropped: int

    @property
    def seconds(self) -> float:
        """Give how long it was measured."""
        return self.written.until - self.written.since

    def line(self) -> str:
        """Tell it in one line."""
        return (
            f"{self.written.lines} lines in {self.seconds:.1f} s (the latest "
            f"{self.written.late:.0f} ms late): supervision {self.processor:.1%}; {_told(self.heard)}; {self.dropped} dropped"
        )


def calls_table(arms: Sequence[Arm]) -> str:
    """Show the medians of the rounds of each arm, and whether the aim was met."""
    groups = [
        [one for one in arms if one.subscribers == number] for number in dict.fromkeys(one.subscribers for one in arms)
    ]
    rows: list[tuple[str, Callable[[Arm], float | None], str]] = [
        ("failed calls", lambda one: one.run.failed, ".0f"),
        ("PBX, ms per call", lambda one: one.run.pbx, ".1f"),
        ("engine, ms per call", lambda one: one.run.engine, ".1f"),
        ("recorder, ms per call", lambda one: one.run.recorder, ".1f"),
        ("supervision, ms per call", lambda one: _there(one, one.per_call), ".1f"),
        ("supervision, part of a processor", lambda one: _there(one, one.processor), ".1%"),
        ("key to INVITE, p50, ms", lambda one: quantile(one.run, 0.5), ".1f"),
        ("key to INVITE, p95, ms", lambda one: quantile(one.run, 0.95), ".1f"),
        ("until a subscriber has a change, p50, ms", lambda one: one.heard.p50 if one.heard else None, ".0f"),
        ("until a subscriber has a change, p95, ms", lambda one: one.heard.p95 if one.heard else None, ".0f"),
        ("other work, part of all processors", lambda one: one.run.others, ".0%"),
    ]
    lines = ["| | " + " | ".join(some[0].name for some in groups) + " |", "| --- |" + " --: |" * len(groups)]
    for title, value, form in rows:
        lines.append(f"| {title} | " + " | ".join(_median(map(value, some), form) for some in groups) + " |")
    return "\n".join(lines) + f"\n\n{_noticed(groups)}"


def storm_table(storms: Sequence[Storm]) -> str:
    """Show what subscribers got of journals that grew, and whether the aim was met."""
    rows: list[tuple[str, Callable[[Storm], str]]] = [
        ("messages a second to each", lambda one: f"{one.heard.messages / one.seconds:.0f}"),
        ("to all, MB a second", lambda one: f"{one.heard.size * one.heard.subscribers / one.seconds / 1e6:.0f}"),
        ("until a subscriber has a change, p50, ms", lambda one: f"{one.heard.p50:.0f}"),
        ("the same, p95", lambda one: f"{one.heard.p95:.0f}"),
        ("the same, longest", lambda one: f"{one.heard.longest:.0f}"),
        (f"p95 under {AIM_LATE:.0f} ms", lambda one: "met" if one.heard.p95 < AIM_LATE else "**missed**"),
        ("supervision, part of a processor", lambda one: f"{one.processor:.0%}"),
        ("times that a subscriber had to begin anew", lambda one: str(one.dropped)),
        ("subscribers cut off", lambda one: str(one.heard.lost)),
    ]
    heads = [f"{one.written.lines / one.seconds:.0f} lines a second" for one in storms]
    lines = [f"| {storms[0].heard.subscribers} subscribers | {' | '.join(heads)} |", "| --- |" + " --: |" * len(storms)]
    lines += [f"| {title} | {' | '.join(map(value, storms))} |" for title, value in rows]
    return "\n".join(lines)


def _noticed(groups: Sequence[Sequence[Arm]]) -> str:
    """Compare key to INVITE with ten subscribers and without supervision."""
    arms = {some[0].subscribers: some for some in groups}
    if None not in arms or 10 not in arms:
        return ""
    return "\n".join(_compared(name, part, arms[10], arms[None]) for name, part in (("p50", 0.5), ("p95", 0.95)))


def _compared(name: str, part: float, ten: Sequence[Arm], none: Sequence[Arm]) -> str:
    before, after = ([quantile(one.run, part) for one in some] for some in (none, ten))
    more, noise = median(after) - median(before), max(before) - min(before)
    result = "not measurable" if more <= max(UNNOTICED, noise) else "**measurable**"
    return (
        f"Key to INVITE, {name}, with 10 subscribers: {more:+.1f} ms; rounds without supervision differed by "
        f"{noise:.1f} ms: {result}."
    )


def _told(heard: Heard) -> str:
    return (
        f"{heard.subscribers} subscribers: {heard.changes} changes, p50 {heard.p50:.0f} p95 {heard.p95:.0f} longest "
        f"{heard.longest:.0f} ms, {heard.messages} messages, {heard.size / 1e6:.1f} MB each, lost {heard.lost}, "
        f"{heard.cpu:.1f} s to read"
    )


def _there(arm: Arm, value: float) -> float | None:
    return None if arm.subscribers is None else value


def _median(values: "Sequence[float | None] | map[float | None]", form: str) -> str:
    found = [one for one in values if one is not None]
    return format(median(found), form) if found else ""
