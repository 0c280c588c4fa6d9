"""What an engine needs of the Asterisk that it works on, be it the embedded one or a town's own."""

from collections.abc import Mapping
from pathlib import Path
from typing import Protocol

from ivr.asterisk.instance import Instance


class Pbx(Protocol):
    """One Asterisk as far as rules are installed in it."""

    @property
    def name(self) -> str:
        """What messages call it."""

    @property
    def rendered(self) -> Path:
        """The folder of the files rendered from the rules."""

    @property
    def log(self) -> Path:
        """Asterisk's own log."""

    def adapted(self, generated: Mapping[str, str]) -> Mapping[str, str]:
        """Give generated files in the form that this Asterisk takes."""

    def render(self, generated: Mapping[str, str]) -> None:
        """Write such files; remove versions of the rules that are not among them."""

    def cli(self, command: str) -> str | None:
        """Run one command of Asterisk's console; None if Asterisk is not there."""


class Installation(Protocol):
    """The PBX, the simulated network if there is one, and where the engine's things are."""

    @property
    def pbx(self) -> Pbx:
        """The Asterisk that citizens reach."""

    @property
    def network(self) -> Instance | None:
        """The simulated telephone network; None beside a town's own PBX."""

    @property
    def journal(self) -> Path:
        """The CEL file."""

    @property
    def sounds(self) -> Path:
        """Where Asterisk looks for sounds."""

    @property
    def ami_secret(self) -> str:
        """The manager's secret."""

    def share_sounds(self) -> None:
        """Put the prompts to where Asterisk finds them."""
