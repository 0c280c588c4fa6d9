"""The calls under way as all that look see them: masked, with who listens, and published as they change.

Rule 1: a change is published only if somebody would see it; what was published last is what a new subscriber gets.
Rule 2: callers' numbers leave here masked, but by `number_of`, for whoever asks with a reason.
"""

import logging
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import datetime
from typing import Protocol

from pydantic import ValidationError

from cdr.live.call import LiveCall
from cdr.live.calls import Change, Gone, Shown
from cdr.privacy.sealing import PSEUDONYM, TOKEN
from cdr.record.journey import told
from cdr.record.masking import masked
from cdr.record.record import CallRecord
from ivr.supervision.hub import Hub
from ivr.supervision.models import Call, CallDetail, CallLeg, Calls, Ended, JourneyStep, Notice, NoticeKind, Stage

UNKNOWN = "…"
"""What is shown of a number that is kept only as a token."""

logger = logging.getLogger(__name__)


class Source(Protocol):
    """Where the calls come from: a `cdr.live.follow.Follower`."""

    @property
    def shown(self) -> Mapping[str, str]:
        """What may be shown of the numbers that were stored as tokens."""

    @property
    def ready(self) -> bool:
        """Whether the journal has been read to its end once."""

    def record(self, name: str) -> CallRecord | None:
        """Give the record so far of a call."""

    def number_of(self, name: str) -> str | None:
        """Give the whole number of a caller; None if there is no such call."""


class Measures(Protocol):
    """Who counts what the view sees: a `ivr.supervision.now.metrics.Metrics`."""

    def ended(self, service: str, disposition: str) -> None:
        """Count a call that is over."""

    def latency(self, seconds: float) -> None:
        """Note how long a line of the journal took to be told."""


class Rules(Protocol):
    """What the view asks of the rules and of those who listen."""

    def private(self, destination: str) -> bool:
        """Tell whether nobody may listen to calls of a destination."""

    def listened(self, call: str) -> tuple[str, ...]:
        """Give the phones that listen to a call now."""


class View:
    """All calls under way, for the API. It is given changes by a follower (`apply`) and publishes them on the hub."""

    def __init__(
        self,
        source: Source,
        hub: Hub,
        clock: Callable[[], datetime],
        rules: Rules | None = None,
        measures: Measures | None = None,
    ) -> None:
        self._source = source
        self._hub = hub
        self._clock = clock
        self._rules = rules
        self._measures = measures
        self._live: dict[str, LiveCall] = {}
        self._calls: dict[str, Call] = {}
        hub.tell_of(self._all)

    @property
    def filled(self) -> bool:
        """Tell whether it has all calls: the journal has been read to its end."""
        return self._source.ready

    def apply(self, changes: Iterable[Change]) -> None:
        """Take what has changed, and publish it."""
        for change in changes:
            match change:
                case Shown():
                    self._live[change.call.call] = change.call
                    self.refresh(change.call.call)
                case Gone():
                    self._over(change)

    def seen(self, written: datetime) -> None:
        """Note that what was written then has been told."""
        if self._measures is not None:
            self._measures.latency((self._clock() - written).total_seconds())

    def trouble(self, text: str, *, over: bool) -> None:
        """Tell that the journal cannot be read, or that it can be read again."""
        self._hub.publish("notice", Notice(kind=NoticeKind.JOURNAL, at=self._clock(), text=text, trouble=not over))

    def refresh(self, name: str) -> None:
        """Publish a call if it is to be shown otherwise, as when somebody begins to listen to it."""
        live = self._live.get(name)
        call = self._call(live) if live is not None else None
        if call is not None and call != self._calls.get(name):
            self._calls[name] = call
            self._hub.publish("call", call)

    def refresh_all(self) -> None:
        """Do so for all calls, as when there are other rules."""
        for name in list(self._live):
            self.refresh(name)

    def calls(self) -> Calls:
        """Give all calls under way, in the order in which they came."""
        return Calls(at=self._clock(), sequence=self._hub.sequence, calls=self._all())

    def call(self, name: str) -> CallDetail | None:
        """Give a call with all that it met so far; None if there is none of this name."""
        call = self._calls.get(name)
        record = self._source.record(name) if call is not None else None
        if call is None or record is None:
            return None
        return CallDetail(call=call, journey=tuple(_journey(record, call)), legs=tuple(_legs(record)))

    def number_of(self, name: str) -> str | None:
        """Give a caller's whole number, `""` if it is withheld or was kept as a token; None if there is no such call."""
        return self._source.number_of(name) if name in self._calls else None

    def _all(self) -> tuple[Call, ...]:
        return tuple(self._calls.values())

    def _over(self, change: Gone) -> None:
        live = self._live.pop(change.call.call, None)
        call = self._calls.pop(change.call.call, None)
        if live is None or call is None:
            return
        ended = Ended(
            call=call.call,
            node=call.node,
            service=call.service,
            destination=call.destination,
            disposition=change.disposition,
            at=change.at,
        )
        self._hub.publish("ended", ended)
        if self._measures is not None:
            self._measures.ended(call.service, change.disposition)

    def _call(self, live: LiveCall) -> Call | None:
        rules = self._rules
        try:
            return Call(
                call=live.call,
                node=live.node,
                service=live.service,
                number=live.number,
                caller=self._masked(live.caller),
                language=live.language,
                started=live.started,
                stage=Stage(live.stage),
                since=live.since,
                waiting_since=live.waiting_since,
                menu=live.menu,
                destination=live.destination,
                phone=live.phone,
                rule=live.rule,
                reason=live.reason,
                led_by=live.led_by,
                engine=live.engine,
                rules=live.rules,
                redirections=live.redirections,
                topic=live.topic,
                private=rules is not None and any(map(rules.private, {live.destination, *live.talked_at})),
                listened=rules.listened(live.call) if rules is not None else (),
            )
        except ValidationError as error:
            logger.error("Call %s is not shown: %s", live.call, error, extra={"action": "call_not_shown"})
            return None

    def _masked(self, caller: str) -> str:
        if TOKEN.fullmatch(caller) or PSEUDONYM.fullmatch(caller):
            return self._source.shown.get(caller, UNKNOWN)
        return masked(caller) if caller else ""


def _journey(record: CallRecord, call: Call) -> Iterator[JourneyStep]:
    who = call.caller or "a withheld number"
    text = f"call from {who} to {record.number or 'an unknown number'} ({record.service})"
    yield JourneyStep(at=record.started + record.stepped, kind="call", text=text)
    for step in record.steps:
        yield JourneyStep(at=step.at + record.stepped, kind=step.kind.value, text=told(step))


def _legs(record: CallRecord) -> Iterator[CallLeg]:
    moved = record.stepped
    for leg in record.legs:
        yield CallLeg(
            channel=leg.channel,
            role=leg.role.value,
            phone=leg.phone,
            destination=leg.destination,
            started=leg.started + moved,
            answered=None if leg.answered is None else leg.answered + moved,
            ended=None if leg.ended is None else leg.ended + moved,
        )
