"""Where keys and exits lead: frozen values."""

from dataclasses import dataclass
from typing import TypeAlias

from ivr.vocabulary import DestinationId, Language, MenuId, PromptId


@dataclass(frozen=True, slots=True)
class ToDestination:
    """Connect the caller to a destination, if it is open; `say` is played first, if it is."""

    destination: DestinationId
    say: PromptId | None = None


@dataclass(frozen=True, slots=True)
class ToMenu:
    """Play a menu and ask for a key; `say` is played before the menu."""

    menu: MenuId
    say: PromptId | None = None


@dataclass(frozen=True, slots=True)
class ToLanguage:
    """Go on in another language, in the same menu."""

    language: Language


@dataclass(frozen=True, slots=True)
class Repeat:
    """Play the same menu again."""


@dataclass(frozen=True, slots=True)
class ToOperator:
    """Connect the caller to the service's operator destination; `say` is played first, if it is open."""

    say: PromptId | None = None


@dataclass(frozen=True, slots=True)
class Announce:
    """Play a message, then end the call politely."""

    prompt: PromptId


Onward: TypeAlias = ToDestination | ToMenu | ToOperator | Announce
"""What an exit asks for: it leads on, so it never stays in the same menu."""

Target: TypeAlias = Onward | ToLanguage | Repeat
"""What a key asks for."""
