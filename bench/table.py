"""The results as Markdown. Pure: runs in, text out."""

from collections.abc import Callable, Sequence
from statistics import median

from bench.load import Run

AIM_PBX, AIM_ENGINE, AIM_DELAY = 1.3, 2.0, 25.0
"""PBX time relative to native; engine ms per call; ms from key to INVITE more than native."""


def steps(runs: Sequence[Run]) -> str:
    """Show how each arm did at each rate; empty where it was not tried any more."""
    arms = list(dict.fromkeys(run.arm for run in runs))
    head = ["calls/s", *(f"{arm}: failed" for arm in arms), *(f"{arm}: PBX ms per call" for arm in arms)]
    lines = [head, ["--:"] * len(head)]
    for rate in sorted({run.rate for run in runs}):
        found = {run.arm: run for run in runs if run.rate == rate}
        row = [str(rate)]
        row += [f"{found[arm].failed} of {found[arm].calls}" if arm in found else "" for arm in arms]
        row += [f"{found[arm].pbx:.1f}" if arm in found else "" for arm in arms]
        lines.append(row)
    return _table(lines)


def comparison(native: Sequence[Run], ours: Sequence[Run]) -> str:
    """Show the medians of the rounds at the rate of the comparison, their ratios and the aims."""

    def both(value: Callable[[Run], float]) -> tuple[float, float]:
        return median(map(value, native)), median(map(value, ours))

    failed = sum(run.failed for run in native), sum(run.failed for run in ours)
    pbx, half, most = (
        both(lambda run: run.pbx),
        both(lambda run: quantile(run, 0.5)),
        both(lambda run: quantile(run, 0.95)),
    )
    engine = median(run.engine or 0.0 for run in ours)
    recorder = median(run.recorder or 0.0 for run in ours)
    calls = sum(run.calls for run in ours)
    ratio, more = pbx[1] / pbx[0], half[1] - half[0]
    rows = [
        ["", "native", "ours", "ours to native", "aim", ""],
        ["---", "--:", "--:", "--:", "---", "---"],
        [f"failed calls of {calls}", str(failed[0]), str(failed[1]), "", "0", _met(failed[1] == 0)],
        [
            "PBX, ms per call",
            f"{pbx[0]:.1f}",
            f"{pbx[1]:.1f}",
            f"x {ratio:.2f}",
            f"x {AIM_PBX}",
            _met(ratio <= AIM_PBX),
        ],
        ["engine, ms per call", "", f"{engine:.1f}", "", f"{AIM_ENGINE:g}", _met(engine <= AIM_ENGINE)],
        ["recorder, ms per call", "", f"{recorder:.1f}", "", "", ""],
        ["key to INVITE, p50, ms", *_pair(half), f"{AIM_DELAY:g} more", _met(more <= AIM_DELAY)],
        ["key to INVITE, p95, ms", *_pair(most), "", ""],
    ]
    return _table(rows)


def doubts(runs: Sequence[Run]) -> str:
    """Say what the measurement itself was like: how much else ran, how late the load was, what was not seen."""
    others = median(run.others for run in runs) * 100
    late = median(run.late for run in runs)
    dropped = sum(run.dropped for run in runs)
    return (
        f"Other work on the machine took {others:.0f} % of its processors (median of the runs). The latest hundredth of the "
        f"citizens' speech was {late:.0f} ms late or more (median). Packets that the measurement missed: {dropped}."
    )


def quantile(run: Run, part: float) -> float:
    """Give the delay that this part of the calls did not exceed, in ms; not a number if no call came so far."""
    return run.delays[min(len(run.delays) - 1, int(len(run.delays) * part))] if run.delays else float("nan")


def _pair(values: tuple[float, float]) -> tuple[str, str, str]:
    return f"{values[0]:.1f}", f"{values[1]:.1f}", f"{values[1] - values[0]:+.1f}"


def _met(yes: bool) -> str:
    return "met" if yes else "**missed**"


def _table(rows: Sequence[Sequence[str]]) -> str:
    return "\n".join(f"| {' | '.join(row)} |" for row in rows)
