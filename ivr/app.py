"""The composition root: builds every part from the settings and joins them. The only module that knows every adapter."""

import asyncio
import logging
from collections import Counter
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

from cdr.errors import CdrError
from cdr.record.masking import masked
from cdr.store.store import recorded_service
from ivr.alarms.alarm import payload
from ivr.alarms.alarms import Alarms, Places
from ivr.alarms.metrics import Metrics
from ivr.asterisk.embedded import sip_server
from ivr.asterisk.installation import Installation
from ivr.asterisk.lease import LeadState
from ivr.controller import Controller, engine_name
from ivr.errors import IvrError, LoginRefused, OperatorError, PbxUnavailable
from ivr.exposure import risks
from ivr.live.control import Control, Offer
from ivr.live.installing import Installer
from ivr.live.offers import Sources, offer
from ivr.live.prover import Prover
from ivr.live.topics import TopicOrders
from ivr.live.upkeep import Upkeep
from ivr.notify import Notifier
from ivr.recorder import Recorder
from ivr.rulebook.live import LiveRules
from ivr.rulebook.overrides import OverrideStore
from ivr.rulebook.reload import Reloaded, Reloader
from ivr.settings import Settings
from ivr.vocabulary import LinkedId

LEADING_SECONDS = 15.0  # seconds within which the engine must lead after the PBX has booted

logger = logging.getLogger(__name__)


def now() -> datetime:
    """Give the time, in UTC."""
    return datetime.now(UTC)  # noqa: TID251 - the one place that reads the clock


def shifted(at: datetime | None) -> Callable[[], datetime]:
    """Give a clock that starts at `at` now and goes on from there; None is the real time. A test aid, loudly logged."""
    if at is None:
        return now
    offset: timedelta = at - now()
    logger.warning("THE OFFICE CLOCK IS SHIFTED: it starts at %s; only for trials", at.isoformat())
    return lambda: now() + offset


@dataclass(frozen=True, slots=True)
class Running:
    """An engine at work, and what reloads its rules; `stopped` is set when it ends by itself."""

    controller: Controller
    reloader: Reloader
    stopped: "asyncio.Event"


@dataclass(frozen=True, slots=True)
class _Parts:
    """The parts of an engine, joined."""

    alarms: Alarms
    recorder: Recorder
    prover: Prover
    installer: Installer
    reloader: Reloader
    controller: Controller
    control: Control
    upkeep: Upkeep


@asynccontextmanager
async def running(
    settings: Settings,
    installation: Installation,
    rules: LiveRules,
    *,
    office_clock: Callable[[], datetime] = now,
    stopped: asyncio.Event | None = None,
) -> AsyncIterator[Running]:
    """Run engine, recorder and upkeep of the rules on a PBX that is up. Raises LoginRefused, PbxUnavailable.

    `stopped` is set when the engine ends by itself; a new event is made if none is given.
    """
    for risk in risks(settings.openings):
        logger.warning("%s", risk, extra={"action": "exposed"})
    ended, notifier = stopped or asyncio.Event(), Notifier()
    parts = _joined(settings, installation, rules, office_clock)
    controller, recorder = parts.controller, parts.recorder
    async with AsyncExitStack() as stack:
        await stack.enter_async_context(parts.control.serving())
        stack.push_async_callback(parts.prover.close)
        await parts.upkeep.begin()
        if not parts.installer.has(rules.current.version):  # no call is led on other rules than the dialplan names
            await parts.reloader.begin()
        engine = asyncio.get_running_loop().create_task(controller.run(), name="engine")
        engine.add_done_callback(lambda _: ended.set())
        await stack.enter_async_context(_going(parts.alarms.run, partial(notifier.keep, lambda: controller.alive)))
        await recorder.start()
        stack.push_async_callback(recorder.stop)
        stack.push_async_callback(_ended, controller, engine, notifier)
        await _ready(controller, engine)
        watching = partial(recorder.watch, now, partial(_records_told, parts.alarms))
        await stack.enter_async_context(_going(parts.upkeep.run, watching))
        notifier.ready(f"{controller.lease.state.value}; rules {rules.current.version}")
        yield Running(controller, parts.reloader, ended)
    if not engine.cancelled() and isinstance(engine.exception(), IvrError):
        engine.result()


def _joined(
    settings: Settings, installation: Installation, rules: LiveRules, office_clock: Callable[[], datetime]
) -> _Parts:
    """Build the parts and join them; nothing runs yet."""
    name, metrics = engine_name(), Metrics()
    recorder = _recorder(settings, installation)
    alarms = _alarms(settings, installation, recorder, name, metrics)
    prover, installer = Prover(settings.prompts, sip_server(settings)), Installer(installation)
    reloader = Reloader(rules, prover.check, installer.install, now, lambda done: _rules_told(done, rules, alarms))
    controller = Controller(
        settings,
        installation.ami_secret,
        name=name,
        rules=rules,
        clock=now,
        office_clock=office_clock,
        observer=alarms,
        on_lapse=alarms.lease_lapsed,
        on_lead=lambda state, reason: _lead_changed(state, reason, alarms, control),
        on_link=alarms.link_changed,
        on_answered=metrics.ami_answers.note,
    )
    offered = _offer(controller, rules, alarms, metrics, recorder, settings, office_clock)
    control = Control(settings.control, reloader, name, offered)
    upkeep = Upkeep(reloader, OverrideStore(settings.overrides), now)
    return _Parts(alarms, recorder, prover, installer, reloader, controller, control, upkeep)


def _recorder(settings: Settings, installation: Installation) -> Recorder:
    journal = settings.journal_table or installation.journal
    keeping = (settings.numbers, settings.key_of_records)
    return Recorder(journal, settings.store, settings.recorder_status, settings.node, *keeping)


def _alarms(settings: Settings, installation: Installation, recorder: Recorder, name: str, metrics: Metrics) -> Alarms:
    table = recorder.status if settings.journal_table else None
    places = Places(installation.journal, installation.sounds, table)
    monotonic = asyncio.get_running_loop().time
    return Alarms(settings, metrics, places, engine=name, clock=now, monotonic=monotonic)


def _lead_changed(state: LeadState, reason: str, alarms: Alarms, control: Control) -> None:
    if state is LeadState.LEADING:
        control.lead()
    alarms.lead_changed(state.value, reason)


def _rules_told(done: Reloaded, rules: LiveRules, alarms: Alarms) -> None:
    if done.problems:
        alarms.rules_refused(f"{len(done.problems)} problems, the first: {done.problems[0]}")
    else:
        alarms.rules_accepted(rules.current)


def _records_told(alarms: Alarms, wrong: str) -> None:
    if wrong:
        alarms.records_stopped(wrong)
    else:
        alarms.records_resumed()


def _offer(
    controller: Controller,
    rules: LiveRules,
    alarms: Alarms,
    metrics: Metrics,
    recorder: Recorder,
    settings: Settings,
    clock: Callable[[], datetime],
) -> Offer:
    def state() -> dict[str, Any]:
        lease = controller.lease
        told = {"lead": lease.state.value, "why": lease.reason, "fence": lease.fence, "link": controller.link_state}
        return {**told, "instance": settings.instance}

    def calls() -> Counter[str]:
        return Counter(session.state.value for session in controller.engine.sessions.values())

    def figures() -> str:
        metrics.lease_renewals = controller.lease.renewals
        return metrics.text()

    metrics.calls = calls
    return offer(
        Sources(
            state=state,
            sessions=lambda: controller.engine.sessions,
            transfer=controller.transfer,
            topic=_topics(controller, rules, settings).tell,
            alarms=lambda: [payload(alarm, controller.name) for alarm in alarms.active],
            figures=figures,
            records=recorder.status,
            masked=masked,
            clock=clock,
        )
    )


def _topics(controller: Controller, rules: LiveRules, settings: Settings) -> TopicOrders:
    async def service_of(call: LinkedId) -> str | None:
        session = controller.engine.sessions.get(call)
        return await _recorded_service(settings, call) if session is None else session.service

    return TopicOrders(lambda: rules.current, service_of, controller.topic)


async def _recorded_service(settings: Settings, call: LinkedId) -> str | None:
    """Look into the records for a call that is over; None if it is not there. Raises OperatorError."""
    try:
        return await recorded_service(settings.store, call)
    except CdrError as error:
        raise OperatorError(f"whether there is a call {call} cannot be looked up: {error}") from error


async def _ended(controller: Controller, engine: "asyncio.Task[None]", notifier: Notifier) -> None:
    notifier.stopping("no new calls; callers in a menu finish it")
    await controller.close()
    await asyncio.gather(engine, return_exceptions=True)


@asynccontextmanager
async def _going(*works: Callable[[], Coroutine[Any, Any, None]]) -> AsyncIterator[None]:
    """Let these go on during the block."""
    loop = asyncio.get_running_loop()
    tasks = [loop.create_task(work()) for work in works]
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def _ready(controller: Controller, engine: "asyncio.Task[None]") -> None:
    """Wait until the engine leads or stands by, or say why it does not."""
    leading = asyncio.get_running_loop().create_task(controller.ready())
    await asyncio.wait([leading, engine], timeout=LEADING_SECONDS, return_when=asyncio.FIRST_COMPLETED)
    if leading.done():
        leading.result()
        return
    leading.cancel()
    if engine.done() and isinstance(engine.exception(), LoginRefused):
        engine.result()
    raise PbxUnavailable(
        f"the engine could not attach to Asterisk's manager within {LEADING_SECONDS:g} s; "
        "is the PBX up (`ivr pbx status`), and are IVR_AMI_HOST and IVR_AMI_PORT right?"
    )
