"""What the API takes: orders, with all that can be said of their form. What is told is in `models`. PURE."""

from typing import Annotated, Literal

from pydantic import Field

from ivr.supervision.models import Model, Name, Words


class TransferOrder(Model):
    """Pass a caller on, as a colleague's transfer would: the caller comes back if nobody takes the call."""

    to: Name = Field(description="a destination of the rules, or the number that colleagues dial for it")


class HangUpOrder(Model):
    """End a call."""

    reason: Words


class ListenOrder(Model):
    """Call a phone and let it hear a call."""

    mode: Literal["listen", "whisper", "barge"] = "listen"
    phone: Name | None = Field(None, description="a phone of the settings' list; None is the one in the settings")


class AnnounceOrder(Model):
    """Play a recording to callers who wait."""

    prompt: Annotated[str, Field(min_length=1, max_length=80, pattern=r"^[A-Za-z0-9][A-Za-z0-9_./-]*$")]
    service: Name | None = None
    destination: Name | None = None


class TopicOrder(Model):
    """Say what a call is about."""

    topic: Name
    result: Literal["", "consulted", "registered"] = ""
    case: str = Field("", max_length=40)


class OverrideOrder(Model):
    """Close, open or redirect a destination until an instant."""

    destination: Name
    order: Annotated[str, Field(pattern=r"^(closed|open|redirect=[A-Za-z0-9][A-Za-z0-9_.-]{0,79})$")]
    until: str = Field(description="local time, an instant with its offset, or a span such as 2h")
    reason: Words


class ClearOrder(Model):
    """End an override before its time."""

    reason: Words


class ReloadOrder(Model):
    """Reload the rules; `release` are safety lines that may go."""

    release: tuple[Name, ...] = ()


class CallerOrder(Model):
    """Ask for a caller's whole number."""

    reason: Words


class ExplainOrder(Model):
    """Ask where a call would go, and why; nothing is called."""

    number: Annotated[str, Field(pattern=r"^[0-9+*#]{1,24}$", description="the number that is dialled")]
    press: Annotated[str, Field(max_length=40, pattern=r"^[0-9*#-]*$")] = Field(
        "", description="keys, one for each menu; - presses nothing"
    )
    caller: Annotated[str, Field(max_length=24, pattern=r"^[0-9+]*$")] = Field("", description="empty: withheld")
    at: str = Field("", max_length=40, description="local time of the service, 2026-12-24 16:30; empty: now")
