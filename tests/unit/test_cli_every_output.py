"""`IVR_OUTPUT` is set once for a script: every command that gives answers takes every form that lists have."""

from typing import Any

import pytest

from ivr.cli.calls import CallsCommands
from ivr.cli.lazy import LazyGroup
from ivr.cli.main import Commands
from ivr.cli.records import RecordsCommands
from ivr.cli.rules import RulesCommands

GROUPS = [Commands, RulesCommands, RecordsCommands, CallsCommands]
OF_LISTS = {"table", "json", "jsonl"}


def leaves(command: Any) -> list[Any]:
    below = getattr(command, "commands", {}).values()
    return [leaf for one in below for leaf in leaves(one)] if below else [command]


def options() -> dict[str, Any]:
    """Give the option of each command that this variable sets. Groups that load lazily are among the groups."""
    found: dict[str, Any] = {}
    for group in GROUPS:
        for name, place in group.places.items():
            command = place.load(name)
            if not isinstance(command, LazyGroup):
                for one in leaves(command):
                    found |= {f"{place.module} {one.name}": its for its in one.params if its.envvar == "IVR_OUTPUT"}
    return found


ANSWERING = options()


def test_many_commands_answer() -> None:
    assert len(ANSWERING) > 30


@pytest.mark.parametrize("name", sorted(ANSWERING))
def test_every_form_that_a_script_may_have_set_is_taken(name: str) -> None:
    assert {one.value for one in ANSWERING[name].type_descriptor.annotation} >= OF_LISTS
