"""Commands that are loaded when they are called: `ivr status` does not wait for what `ivr report` draws with.

Rule 1: a group knows of its commands only names, places and one line of help each; `ivr --help` loads none of them.
Rule 2: help and messages about wrong usage have frames on a terminal only.
"""

import sys
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import import_module
from typing import Any, ClassVar, TypeAlias

import typer
from typer.core import TyperCommand, TyperGroup
from typer.main import get_command, get_group

# Typer carries a copy of Click and gives its types no public names.
Context: TypeAlias = Any
Command: TypeAlias = Any


@dataclass(frozen=True, slots=True)
class Place:
    """Where a command stands: `name` in the module of that name in `ivr.cli` is its function, or the Typer of a noun.

    `help` is its line in the list of commands; what the command says of itself may be longer.
    """

    module: str
    name: str
    help: str

    def load(self, called: str) -> Command:
        """Import the command, to be called as `called`."""
        found = getattr(import_module(f"ivr.cli.{self.module}"), self.name)
        if isinstance(found, typer.Typer):
            group = get_group(found)
            group.name = called
            return without_frames(group)
        alone = typer.Typer(add_completion=False)
        alone.command(called)(found)
        return without_frames(get_command(alone))


def without_frames(command: Command) -> Command:
    """Let a command, and all below it, draw no frames where there is no terminal."""
    if not (sys.stdout.isatty() and sys.stderr.isatty()):
        command.rich_markup_mode = None
        for one in getattr(command, "commands", {}).values():
            without_frames(one)
    return command


class LazyGroup(TyperGroup):
    """A group of the commands in `places`; a subclass says which."""

    places: ClassVar[Mapping[str, Place]]

    def __init__(self, **given: Any) -> None:  # noqa: ANN401 - what Typer gives is passed on
        super().__init__(**given)
        for name, place in self.places.items():
            self.commands[name] = TyperCommand(name, help=place.help, short_help=place.help)
        without_frames(self)

    def resolve_command(self, ctx: Context, args: list[str]) -> tuple[str | None, Command | None, list[str]]:
        """Give the command that is called, loaded. Raises Click's UsageError if there is none of that name."""
        name, command, rest = super().resolve_command(ctx, args)
        place = None if name is None else self.places.get(name)
        return name, command if place is None or name is None else place.load(name), rest
