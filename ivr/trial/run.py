"""Trial calls on a running pair of Asterisks: a citizen dials, listens, presses keys, talks and hangs up.

This is what `ivr try`, the demonstration and the acceptance tests call. It composes adapters, as `ivr.app` does.
"""

import asyncio
from collections.abc import Callable, Collection, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from pathlib import Path

from cdr.fold.fold import fold
from ivr.asterisk.embedded import VOICES, Pair
from ivr.asterisk.network import Citizen, TelephoneNetwork
from ivr.asterisk.render_words import SOUNDS
from ivr.errors import RequestRefused
from ivr.hearing.recognise import Heard, longest_silence, read_wav, recognise, ringing
from ivr.hearing.wav import Audio
from ivr.trial.plan import HangUp, Outcome, Plan, Press, Said
from ivr.trial.watch import CallWatch
from ivr.vocabulary import Key, LinkedId

KEY_PAUSE = 0.15  # seconds between two keys that are pressed one right after the other
FINISH_SECONDS = 60.0  # seconds within which recordings and journal of a call that is over must be complete
REJECTED_SECONDS = 0.3  # seconds until the journal has a call that was not answered


@dataclass(frozen=True, slots=True)
class _Made:
    """A call that is over: what the network and the journal saw of it, and what the citizen did."""

    plan: Plan
    citizen: Citizen
    watch: CallWatch
    said: tuple[Said, ...]
    trouble: str


class Trials:
    """Makes trial calls over one pair. `clock` is the real time."""

    def __init__(self, pair: Pair, clock: Callable[[], datetime]) -> None:
        self._pair = pair
        self._clock = clock
        self.network = TelephoneNetwork(pair, clock)

    async def open(self) -> None:
        """Attach to the simulated network."""
        await self.network.open()

    async def close(self) -> None:
        """Let go of it."""
        await self.network.close()

    async def run(self, plan: Plan) -> Outcome:
        """Make one call to its end and tell what came of it."""
        return (await self.run_all([plan]))[0]

    async def run_all(self, plans: Iterable[Plan]) -> list[Outcome]:
        """Make calls at the same time, and tell what came of each when all are over: to listen takes a processor's time."""
        made = await asyncio.gather(*(self._made(plan) for plan in plans))
        return [await asyncio.to_thread(self._outcome, one) for one in made]

    async def _made(self, plan: Plan) -> "_Made":
        watch = CallWatch(self._pair.journal, plan.caller)
        for path in self._recordings(plan.caller):
            path.unlink(missing_ok=True)
        citizen = await self.network.call(plan.number, plan.caller, plan.phones)
        said: list[Said] = []
        trouble = ""
        try:
            async with asyncio.timeout(plan.longest):
                await self._act(plan, citizen, watch, said)
        except TimeoutError:
            trouble = f"the call had not ended after {plan.longest:g} s; the citizen hung up"
        await self.network.hang_up(citizen)
        await self._finish(citizen, watch)
        return _Made(plan, citizen, watch, tuple(said), trouble)

    async def _act(self, plan: Plan, citizen: Citizen, watch: CallWatch, said: list[Said]) -> None:
        await _until_any(citizen.answered, citizen.ended)
        if citizen.ended.is_set():
            return
        menus = 0
        for press in plan.presses:
            if not await self._press(press, menus, citizen, watch, said):
                return
            menus += not press.announcement
        await self._wait_for_end(plan, citizen, watch)

    async def _press(self, press: Press, number: int, citizen: Citizen, watch: CallWatch, said: list[Said]) -> bool:
        """Wait for what this press answers, then for the moment, then press. False if the call is over before."""
        while (began := _began(press, number, watch)) is None:
            if watch.over or citizen.ended.is_set():
                return False
            await watch.look()
        if press.after is not None:
            await asyncio.sleep(max(0.0, began + press.after - self._clock().timestamp()))
        for position, key in enumerate(press.keys):
            if position:
                await asyncio.sleep(KEY_PAUSE)
            with suppress(RequestRefused):  # the call ended in this moment; the outcome says so
                await self.network.press(citizen, [Key(key)])
            said.append(Said(self._since(citizen), f"presses {key}"))
        return True

    async def _wait_for_end(self, plan: Plan, citizen: Citizen, watch: CallWatch) -> None:
        while not citizen.ended.is_set() and not watch.over:
            if plan.hang_up is not HangUp.NEVER and _is_moment(plan.hang_up, watch):
                await _until_any(citizen.ended, seconds=plan.talk)
                return
            await watch.look()

    async def _finish(self, citizen: Citizen, watch: CallWatch) -> None:
        """Wait until the recordings and the journal of the call are complete."""
        answered = citizen.answered.is_set()
        with suppress(TimeoutError):
            async with asyncio.timeout(FINISH_SECONDS if watch.linkedid or answered else REJECTED_SECONDS):
                while not watch.over or (answered and not citizen.recorded.is_set() and not watch.lost):
                    await watch.look()

    def _outcome(self, made: "_Made") -> Outcome:
        plan, citizen, watch = made.plan, made.citizen, made.watch
        heard: tuple[Heard, ...] = ()
        silence, tone = (0.0, 0.0), 0.0
        known = _known_sounds(self._pair.settings.prompts, _folders(watch))
        own, phone = self._recordings(plan.caller)
        if own.exists():
            audio = read_wav(own)
            heard = recognise(audio, known)
            silence = longest_silence(audio)
            tone = sum(stretch.end - stretch.start for stretch in ringing(audio))
        by_phone = recognise(read_wav(phone), known) if phone.exists() else ()
        start = citizen.started_at or self._clock()
        answered = (citizen.answered_at - start).total_seconds() if citizen.answered_at else None
        phones = [
            Said((event.at - start).total_seconds(), _phone_said(event.kind, event.phone, event.how))
            for event in citizen.phones
            if event.kind != "ends"
        ]
        return Outcome(
            plan=plan,
            linkedid=LinkedId(watch.linkedid) if watch.linkedid else None,
            dialled_at=start,
            answered=answered,
            ended=((citizen.ended_at or self._clock()) - start).total_seconds(),
            cause=citizen.cause,
            heard=heard,
            heard_by_phone=by_phone,
            ringing=tone,
            silence=(silence[0], silence[1]),
            phones=tuple((event.kind, event.phone) for event in citizen.phones if event.kind != "ends"),
            events=tuple(sorted([*made.said, *phones], key=lambda item: item.at)),
            record=fold(watch.lines).as_dict() if watch.lines else None,
            trouble=made.trouble,
        )

    def _recordings(self, caller: str) -> tuple[Path, Path]:
        folder = self._pair.network.directory / "calls"
        return folder / f"citizen-{caller}.wav", folder / f"phone-{caller}.wav"

    def _since(self, citizen: Citizen) -> float:
        return (self._clock() - (citizen.started_at or self._clock())).total_seconds()


def _folders(watch: CallWatch) -> frozenset[str]:
    """Name the folders of prompts that the call could have heard: those that the PBX played from, and the voices'."""
    played = (event.get("sound") for event in watch.events if event.type == "STREAM_BEGIN")
    named = (sound.removeprefix(SOUNDS).split("/")[0] for sound in played if sound.startswith(SOUNDS))
    return frozenset(named) | {VOICES}


def _known_sounds(root: Path, folders: Collection[str]) -> Mapping[str, Audio]:
    """Read the prompts of some folders: `<language>/<prompt id>` -> audio; the voices are `trial/...` of one language."""
    paths = sorted(path for folder in folders for path in root.glob(f"*/{folder}/**/*.wav"))
    return {str(path.relative_to(root).with_suffix("")): _sound(path, path.stat().st_mtime_ns) for path in paths}


@cache
def _sound(path: Path, _changed: int) -> Audio:
    return read_wav(path)


def _began(press: Press, number: int, watch: CallWatch) -> float | None:
    """Tell when that began which a press answers (seconds since 1970); None as long as it is not to be pressed."""
    found = watch.announcements() if press.announcement else watch.menus()[number:]
    if not found or (press.after is None and not watch.heard_out(found[0])):
        return None
    return found[0].at / 1_000_000


def _is_moment(moment: HangUp, watch: CallWatch) -> bool:
    match moment:
        case HangUp.AFTER_TALK:
            return watch.has("BRIDGE_ENTER")
        case HangUp.IN_WELCOME:
            return bool(watch.menus()) and watch.has("STREAM_BEGIN")
        case HangUp.IN_ANNOUNCEMENT:
            told = [sound for one in watch.announcements() for sound in one.get("prompts").split(",")]
            return any(watch.has("STREAM_BEGIN", sound=SOUNDS + sound) for sound in told)
        case HangUp.IN_MENU:
            menus = watch.menus()
            welcome = menus[0].get("welcome") if menus else ""
            return any(e.type == "STREAM_BEGIN" and not e.get("sound").endswith(welcome) for e in watch.events)
        case HangUp.RINGING:
            return watch.has("IVR_RING")
        case _:
            return False


def _phone_said(kind: str, phone: str, how: str) -> str:
    return f"phone {phone} rings ({how})" if kind == "rings" else f"phone {phone} answers"


async def _until_any(*events: asyncio.Event, seconds: float | None = None) -> None:
    """Wait until one of the events is set, at most `seconds`."""
    waits = [asyncio.ensure_future(event.wait()) for event in events]
    try:
        await asyncio.wait(waits, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for wait in waits:
            wait.cancel()
