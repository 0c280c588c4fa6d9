"""The state of one call: a frozen value, changed by `dataclasses.replace`."""

from dataclasses import dataclass
from datetime import datetime
from enum import Enum

from ivr.routing.decision import Attempt, Decision
from ivr.vocabulary import ChannelName, DestinationId, Did, Key, Language, LinkedId, MenuId, PhoneId, ServiceId


class CallState(Enum):
    """Where a call stands. The table of moves between them is in `transitions`."""

    ENTERED = "entered"
    ASKING = "asking"
    CONNECTING = "connecting"
    TALKING = "talking"
    LEAVING = "leaving"
    RELEASED = "released"
    ENDED = "ended"


@dataclass(frozen=True, slots=True)
class LostKey:
    """A key that came while nothing listened. It still reaches the channel at `until`, if that is set."""

    key: Key
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class CallSession:
    """One caller's call.

    `step` numbers the steps sent to Asterisk; `began` tells whether the last one has begun. `lost` holds keys typed
    while nothing listened, `last_key` is the end of the last one. `announcing` tells that announcements play and `menu`
    follows; `menu_since` is when the caller came into `menu`. `attempts` are the lines tried in this visit of
    `destination`. `asked` counts menus played: the bound on circles; `crowded` tells that it was reached. `decision` is
    the last one made. `entries` counts how often the channel has come to an engine. `back` is the phone that gets the
    caller back if nobody takes the call that it passed on.
    """

    linkedid: LinkedId
    channel: ChannelName
    service: ServiceId
    number: Did
    caller: str
    language: Language
    since: datetime
    state: CallState = CallState.ENTERED
    step: int = 0
    began: bool = True
    lost: tuple[LostKey, ...] = ()
    last_key: datetime | None = None
    announcing: bool = False
    menu: MenuId | None = None
    menu_since: datetime | None = None
    invalid: int = 0
    no_input: int = 0
    asked: int = 0
    crowded: bool = False
    destination: DestinationId | None = None
    attempts: tuple[Attempt, ...] = ()
    hops: int = 0
    decision: Decision | None = None
    entries: int = 0
    back: PhoneId | None = None
