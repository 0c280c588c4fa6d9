"""Orders that only the API knows."""

from typing import Annotated

from pydantic import Field

from ivr.supervision.models import Model


class ExplainOrder(Model):
    """Ask where a call would go, and why; nothing is called."""

    number: Annotated[str, Field(pattern=r"^[0-9+*#]{1,24}$", description="the number that is dialled")]
    press: Annotated[str, Field(max_length=40, pattern=r"^[0-9*#-]*$")] = Field(
        "", description="keys, one for each menu; - presses nothing"
    )
    caller: Annotated[str, Field(max_length=24, pattern=r"^[0-9+]*$")] = Field("", description="empty: withheld")
    at: str = Field("", max_length=40, description="local time of the service, 2026-12-24 16:30; empty: now")
