"""The table of all faults, for people and for programs."""

import json
from collections.abc import Sequence

from rich.console import Console
from rich.table import Table

from tests.chaos.journal import STATES
from tests.chaos.judge import Result

COLUMNS = (
    "fault", *STATES, "calls", "gone with PBX", "dropped", "silence s", "hole s", "records", "doubled", "adopted", "fallback",
    "back s", "emergency", "passed on", "bound", "",
)  # fmt: skip
NOTE = """\
welcome ... asked for: open calls in each state when the fault struck (from the journal). dropped: answered calls that
anybody but the citizen ended, and calls not answered (SIPp). silence: the longest that any citizen heard no sound, measured
in the RTP that arrived at every citizen (20 ms packets below -42 dBFS, or none), without the menu's own wait for a key;
ringing has pauses of 1.5 s. hole: the longest time within a conversation without the other side's voice. records: found /
expected. adopted, fallback: calls that a second engine led on, and that the fallback led. back: seconds after the fault
until no new call fell back to the dialplan. emergency: of the callers that dialled after the strike and pressed an
emergency key, how many reached a phone; in brackets those that had to press twice. passed on: of the callers whom a
colleague wanted to pass on (blindly; in vain; after asking), how many came to the other phone, or back to him."""


def shown(results: Sequence[Result], console: Console) -> None:
    """Print the table, then what was wrong and what should be known."""
    table = Table(show_lines=False)
    for name in COLUMNS:
        table.add_column(name, justify="left" if name in ("fault", "bound", "") else "right", overflow="fold")
    for one in results:
        table.add_row(*_cells(one))
    console.print(table)
    console.print(NOTE, highlight=False)
    for one in results:
        for text in one.wrong:
            console.print(f"FAILED {one.fault}: {text}", highlight=False, markup=False)
        for text in one.notes:
            console.print(f"note   {one.fault}: {text}", highlight=False, markup=False)


def _cells(one: Result) -> list[str]:
    where = [str(one.states.get(name, 0)) for name in STATES]
    emergency = f"{one.reached}/{one.asked}" + (f" ({one.twice})" if one.twice else "")
    back = "" if one.back is None else f"{one.back:g}"
    figures = [str(one.calls), str(one.gone_with_pbx), str(one.dropped), f"{one.silence:.1f}", f"{one.hole:.2f}"]
    records = [
        f"{one.found}/{one.expected}",
        str(one.doubled),
        str(one.adopted),
        str(one.taken),
        back,
        emergency,
        f"{one.passed}/{one.to_pass}",
    ]
    return [one.fault, *where, *figures, *records, one.bound, "ok" if one.ok else "FAILED"]


def as_json(results: Sequence[Result], seed: int, rate: float) -> str:
    """Give all of it for programs."""
    return json.dumps({"seed": seed, "rate": rate, "faults": [one.as_dict() for one in results]}, indent=2)
