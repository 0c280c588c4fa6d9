"""All legal moves of a call, in one table. The diagram in docs/architecture.md is made from it.

Rule 1: an event that is not in the row of a state raises IllegalTransition and changes nothing.
Rule 2: an event about a step that has passed is stale, not illegal; `step` drops it before looking here.
"""

from collections.abc import Mapping

from ivr.calls.events import (
    CallEntered,
    CallEvent,
    CallFound,
    Connected,
    HungUp,
    KeyPressed,
    LeftControl,
    MenuAnswered,
    StepBegan,
    StepRefused,
)
from ivr.calls.session import CallState
from ivr.errors import IllegalTransition

S = CallState
DECIDED = frozenset({S.ASKING, S.CONNECTING, S.LEAVING, S.RELEASED})
"""A decision can end in any of these."""

TRANSITIONS: Mapping[CallState, Mapping[type[CallEvent], frozenset[CallState]]] = {
    S.ENTERED: {CallEntered: DECIDED, CallFound: DECIDED | {S.TALKING}, HungUp: frozenset({S.ENDED})},
    S.ASKING: {
        CallEntered: DECIDED,
        StepBegan: frozenset({S.ASKING}),
        KeyPressed: frozenset({S.ASKING}),
        MenuAnswered: DECIDED,
        StepRefused: frozenset({S.RELEASED}),
        LeftControl: frozenset({S.RELEASED}),
        HungUp: frozenset({S.ENDED}),
    },
    S.CONNECTING: {
        CallEntered: DECIDED,
        StepBegan: frozenset({S.CONNECTING}),
        KeyPressed: frozenset({S.CONNECTING}),
        StepRefused: frozenset({S.RELEASED}),
        LeftControl: frozenset({S.CONNECTING}),
        Connected: frozenset({S.TALKING}),
        HungUp: frozenset({S.ENDED}),
    },
    S.TALKING: {
        CallEntered: DECIDED,
        KeyPressed: frozenset({S.TALKING}),
        Connected: frozenset({S.TALKING}),
        HungUp: frozenset({S.ENDED}),
    },
    S.LEAVING: {
        CallEntered: DECIDED,
        StepBegan: frozenset({S.LEAVING}),
        KeyPressed: frozenset({S.LEAVING}),
        StepRefused: frozenset({S.RELEASED}),
        LeftControl: frozenset({S.LEAVING}),
        HungUp: frozenset({S.ENDED}),
    },
    S.RELEASED: {
        CallEntered: DECIDED,
        StepBegan: frozenset({S.RELEASED}),
        KeyPressed: frozenset({S.RELEASED}),
        StepRefused: frozenset({S.RELEASED}),
        LeftControl: frozenset({S.RELEASED}),
        Connected: frozenset({S.TALKING}),
        HungUp: frozenset({S.ENDED}),
    },
    S.ENDED: {},
}


def legal(state: CallState, event: CallEvent) -> frozenset[CallState]:
    """Give the states that `event` may lead to. Raises IllegalTransition."""
    try:
        return TRANSITIONS[state][type(event)]
    except KeyError:
        raise IllegalTransition(f"a call that is {state.value} cannot take {type(event).__name__}") from None


def diagram() -> str:
    """Draw the table as a Mermaid state diagram, for the documents."""
    lines = ["stateDiagram-v2", "    [*] --> entered"]
    for state, row in TRANSITIONS.items():
        moves: dict[str, list[str]] = {}
        for event, ends in row.items():
            for end in sorted(ends, key=lambda item: item.value):
                if end is not state:
                    moves.setdefault(end.value, []).append(event.__name__)
        lines += [f"    {state.value} --> {end}: {', '.join(sorted(names))}" for end, names in sorted(moves.items())]
    return "\n".join([*lines, "    ended --> [*]"]) + "\n"
