"""Who the caller talked with, and when: read from the bridges. PURE.

Rule 1: the caller talks while a person's channel is in the caller's bridge, or in a bridge that a pair of Local
channels joins to it. Being held alone in a bridge is not talking.
Rule 2: the person stays the same as long as their channel can be heard, also when others join.
Rule 3: a person's channel may come from another call, as when two calls of a telephone are joined. Then its beginning,
and that it entered its bridge, stand there; here an attended transfer, a pickup or that it leaves the bridge tells where
it was. All of its lines may stand there: see `cdr.fold.joined`.
"""

from dataclasses import dataclass, field

from cdr.fold.call import Call
from cdr.fold.joined import taken_in
from cdr.journal.line import JournalEvent
from cdr.record.parts import Leg
from cdr.record.words import Role

_MOVES = frozenset({"BRIDGE_ENTER", "BRIDGE_EXIT", "HANGUP", "CHAN_END", "PICKUP", "ATTENDEDTRANSFER"})

Span = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Talk:
    """One stretch of talking with one channel, in microseconds since 1970."""

    uniqueid: str
    start: int
    end: int


@dataclass(slots=True)
class _Bridges:
    """Which channel is in which bridge now, in the order of entering.

    `guests` are the people from other calls, `picker` is the channel that picked the call up last.
    """

    caller: str
    people: frozenset[str]
    twins: dict[str, str]
    place: dict[str, str] = field(default_factory=dict)
    inside: dict[str, dict[str, None]] = field(default_factory=dict)
    guests: frozenset[str] = frozenset()
    picker: str = ""
    taken: dict[bytes, str] = field(default_factory=dict)

    def see(self, event: JournalEvent) -> bool:
        """Follow one event; tell whether anything changed."""
        who, bridge = event.uniqueid, event.get("bridge_id")
        here = self.place.get(who)
        match event.type:
            case "BRIDGE_ENTER":
                self.put(who, bridge)
                if who == self.caller and self.picker in self.guests and self.picker not in self.place:
                    self.put(self.picker, bridge)
            case "BRIDGE_EXIT" if here == bridge:
                self._leave(who)
                if event.line in self.taken:
                    self.put(who, self.taken[event.line])
            case "HANGUP" | "CHAN_END" if here is not None:
                self._leave(who)
            case "PICKUP":
                self.picker = event.get("pickup_channel_uniqueid")
                return False
            case "ATTENDEDTRANSFER" if event.get("transfer_target_channel_uniqueid") in self.guests:
                self.put(event.get("transfer_target_channel_uniqueid"), event.get("bridge2_id"))
            case _:
                return False
        return True

    def put(self, who: str, bridge: str) -> None:
        """Let a channel be in a bridge, and in no other."""
        self._leave(who)
        self.place[who] = bridge
        self.inside.setdefault(bridge, {})[who] = None

    def heard(self) -> list[str]:
        """Give the people that the caller can hear now."""
        todo = [self.place[self.caller]] if self.caller in self.place else []
        seen: dict[str, None] = dict.fromkeys(todo)
        people: list[str] = []
        while todo:
            for who in self.inside[todo.pop()]:
                if who in self.people:
                    people.append(who)
                beyond = self.place.get(self.twins.get(who, ""))
                if beyond is not None and beyond not in seen:
                    seen[beyond] = None
                    todo.append(beyond)
        return people

    def _leave(self, who: str) -> None:
        bridge = self.place.pop(who, None)
        if bridge is not None:
            self.inside[bridge].pop(who)


def talks_of(call: Call, legs: tuple[Leg, ...]) -> tuple[Talk, ...]:
    """Give the stretches of talking in order, without overlap; one that goes on ends at the last event."""
    people = frozenset(leg.uniqueid for leg in legs if leg.role is Role.PHONE)
    bridges = _Bridges(call.caller, people, _twins(legs))
    _seat_guests(call, bridges)
    talks: list[Talk] = []
    partner, since = "", 0
    for event in call.events:
        if event.type not in _MOVES or not bridges.see(event):
            continue
        heard = bridges.heard()
        now = partner if partner in heard else next(iter(heard), "")
        if now != partner:
            talks += [Talk(partner, since, event.at)] if partner else []
            partner, since = now, event.at
    talks += [Talk(partner, since, call.events[-1].at)] if partner else []
    return tuple(talks)


def _seat_guests(call: Call, bridges: _Bridges) -> None:
    """Put the channels that come from other calls into the bridges that they are told to have been in."""
    begun = {event.uniqueid for event in call.events if event.type == "CHAN_START"}
    bridges.guests = bridges.people - begun
    seated: set[str] = set()
    for event in call.events if bridges.guests else ():
        if event.uniqueid in bridges.guests and event.type.startswith("BRIDGE_") and event.uniqueid not in seated:
            seated.add(event.uniqueid)
            if event.type == "BRIDGE_EXIT":
                bridges.put(event.uniqueid, event.get("bridge_id"))
    for one in taken_in(call):
        bridges.put(one.asked.uniqueid, one.bridge)
        bridges.taken[one.after] = one.bridge


def _twins(legs: tuple[Leg, ...]) -> dict[str, str]:
    """Pair the halves of Local channels: `Local/104@transfers-00000001;1` and `;2`."""
    named = {leg.channel: leg.uniqueid for leg in legs if leg.role is Role.LOCAL}
    other = {";1": ";2", ";2": ";1"}
    pairs = ((uid, name[:-2] + other.get(name[-2:], "")) for name, uid in named.items())
    return {uid: named[twin] for uid, twin in pairs if twin in named}
