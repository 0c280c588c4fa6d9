"""Tells one made-up call in the words of our dialplan and engine. PURE.

Rule 1: each method goes on from `at` and moves it; a scenario reads like the call itself.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from uuid import NAMESPACE_OID, uuid5

from cdr.reference.lines import SECOND, Channel, Numbering, Pen

STEP = 400  # microseconds between two lines of Asterisk
RULES = "5f2c9a7d1e40"
ENGINE = "engine-1"
_CAUSES = {"BUSY": 17, "NOANSWER": 19, "CANCEL": 0, "ANSWER": 16}


@dataclass(slots=True)
class Scribe:
    """One call as it goes. `at` is now, in microseconds since 1970; `number` is what the citizen dialled."""

    numbering: Numbering
    service: str
    number: str
    caller: str
    language: str
    at: int
    _pen: Pen = field(init=False)
    _caller: Channel = field(init=False)
    _here: tuple[str, str] = field(init=False)
    _phone: Channel | None = None
    _phone_id: str = ""
    _bridge: str = ""
    _dial: str = ""
    _notes: dict[str, Mapping[str, object]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._caller = self.numbering.channel(self.at, "PJSIP/trunk", self.caller)
        self._pen = Pen(self._caller.uniqueid)
        self._here = (self.number, "from-trunk")

    @property
    def lines(self) -> list[tuple[int, bytes]]:
        """Give what was written: (microseconds, line)."""
        return self._pen.lines

    def arrives(self) -> None:
        """The PBX answers and the engine takes the call."""
        self._write("CHAN_START")
        self._here = ("start", "ivr-call")
        self._write("ANSWER", app="Answer")
        self._tell("IVR_CALL", service=self.service, number=self.number, rules=RULES)
        self._here = ("engine", "ivr-call")
        self._app("AGI", f"agi:async,{self.service},{self.number},,,,{self.language},{RULES},{ENGINE},1,,,,", 17_000)
        self._note("IVR_ENGINE", engine=ENGINE, rules=RULES)

    def announces(self, name: str, prompt: str, seconds: float, welcome: str) -> None:
        """The welcome and one announcement play."""
        self._note("IVR_ANNOUNCEMENT", announcements=name, prompts=prompt, welcome=welcome)
        self._flush()
        self._sound(welcome, 3.4)
        self._sound(prompt, seconds)

    def menu(self, menu: str, prompt: str, seconds: float, welcome: str = "") -> None:
        """A menu plays for so long, until a key or the end; the welcome before it, if there is one, counts."""
        before = {"welcome": welcome} if welcome else {}
        self._note("IVR_MENU", menu=menu, language=self.language, **before)
        self._flush()
        if welcome:
            self._sound(welcome, min(3.4, seconds))
        if seconds > 3.4 or not welcome:
            self._sound(prompt, seconds - 3.4 if welcome else seconds)

    def presses(self, menu: str, key: str, result: str = "valid") -> None:
        """The caller answers the menu; no key is `no_input`."""
        if key:
            self._write("DTMF", app="Read", user_type="Received", extra=json.dumps({"digit": key, "duration_ms": 180}))
        self.at += 16_000
        self._note("IVR_KEY", menu=menu, key=key, result=result)

    def speaks(self, language: str) -> None:
        """The caller chose a language by the key just pressed."""
        self.language = language
        self._note("IVR_LANGUAGE", language=language)
        self._flush()

    def decides(self, destination: str, rule: str, reason: str = "open") -> None:
        """The engine decides where the call goes."""
        self._note("IVR_DECISION", destination=destination, rule=rule, reason=reason)
        self._flush()

    def rings(self, destination: str, phone: str, seconds: float, status: str, who: str = "") -> None:
        """A phone rings for so long; status ANSWER leaves it connected, CANCEL waits for the caller's hang-up.

        Of phones that ring together, `a&b`, only the channel of `who` (the first) is told, the one that answers.
        """
        self._flush()
        self._here = (f"line-{phone.partition('&')[0].replace('-', '_')}", f"ivr-{RULES}-lines")
        first = who or phone.partition("&")[0]
        self._dial = f"PJSIP/{phone.replace('&', '&PJSIP/')},20,rtg"
        self._tell("IVR_RING", destination=destination, phone=phone, seconds=20)
        self._write("APP_START", app="Dial", data=self._dial)
        self._phone, self._phone_id = self.numbering.channel(self.at, f"PJSIP/{first}"), first
        self._of_phone("CHAN_START", exten="s")
        self.at += int(seconds * SECOND)
        if status == "ANSWER":
            self._connect()
        elif status != "CANCEL":
            self._phone_ends(_CAUSES[status])
            self._write("APP_END", app="Dial", data=self._dial)
            self._tell("IVR_DIALSTATUS", dialstatus=status, hangupcause=_CAUSES[status])

    def talks(self, seconds: float) -> None:
        """The caller and the phone talk on."""
        self.at += int(seconds * SECOND)

    def topic(self, topic: str, result: str = "", case: str = "") -> None:
        """The person on the phone keys in what the call is about."""
        if self._phone is None:
            return
        values = {"topic": topic, "result": result, "case": case, "by": self._phone_id}
        self.at += STEP
        told = {key: text for key, text in values.items() if text}
        self._pen.tell(self.at, "IVR_TOPIC", told, self._phone, self._here[0], "ivr-topic")

    def passes_on(self, extension: str, destination: str) -> None:
        """The phone hands the caller on to another destination, blind."""
        by = self._phone_id
        self._of_phone("BRIDGE_EXIT", extra=self._joined())
        self._phone_ends(16)
        self._here = (extension, "ivr-transfer")
        self._write("BRIDGE_EXIT", app="Dial", data=self._dial, extra=self._joined())
        self._write("APP_END", app="Dial", data=self._dial)
        self._here = ("told", "ivr-passed")
        self._tell("IVR_TRANSFER", to=extension, by=by, kind="blind")
        self._here = ("engine", "ivr-call")
        self._app("AGI", f"agi:async,{self.service},{self.number}", 16_000)
        self.decides(destination, f"destinations.{destination}", "transfer")

    def says(self, reason: str, prompt: str, seconds: float) -> None:
        """A last message plays."""
        self._note("IVR_EXIT", reason=reason, prompt=prompt)
        self._flush()
        self._sound(prompt, seconds, app="Playback")

    def ends(self, by: str = "caller") -> None:
        """The call ends by `caller`, `phone` or `ivr`; whatever still rings or talks is taken down."""
        self._flush()
        talked, last = bool(self._bridge), self._phone
        source = {"caller": self._caller.name, "phone": last.name if last else "", "ivr": "dialplan/builtin"}[by]
        if talked:
            self._write("BRIDGE_EXIT", app="Dial", data=self._dial, extra=self._joined())
            self._of_phone("BRIDGE_EXIT", extra=self._joined())
        if self._phone is not None:
            self._phone_ends(16 if talked else 0, source)
            self._write("APP_END", app="Dial", data=self._dial)
        self._here = ("h", self._here[1])
        cause = 16 if talked or by != "caller" else 0
        end = {"hangupcause": cause, "hangupsource": source, "dialstatus": "ANSWER" if talked else ""}
        self._write("HANGUP", extra=json.dumps(end))
        self._write("CHAN_END")
        self._write("LINKEDID_END")

    def _connect(self) -> None:
        self._bridge = str(uuid5(NAMESPACE_OID, f"{self._caller.uniqueid}/{self.at}"))
        self._of_phone("ANSWER")
        self._of_phone("BRIDGE_ENTER", extra=self._joined())
        self._write("BRIDGE_ENTER", app="Dial", data=self._dial, extra=self._joined())

    def _joined(self) -> str:
        return json.dumps({"bridge_id": self._bridge, "bridge_technology": "simple_bridge"})

    def _phone_ends(self, cause: int, source: str = "") -> None:
        end = {"hangupcause": cause, "hangupsource": source, "dialstatus": ""}
        self._of_phone("HANGUP", extra=json.dumps(end))
        self._of_phone("CHAN_END")
        self._phone, self._bridge = None, ""

    def _sound(self, prompt: str, seconds: float, app: str = "Read") -> None:
        began = json.dumps({"sound": f"ivr/{prompt}", "format": "slin", "language": self.language})
        self._write("STREAM_BEGIN", app=app, data=f"ivr/{prompt}", user_type="FILE_STREAM_BEGIN", extra=began)
        self.at += int(seconds * SECOND)
        self._write("STREAM_END", app=app, data=f"ivr/{prompt}", user_type="FILE_STREAM_END")

    def _app(self, app: str, data: str, takes: int) -> None:
        self._write("APP_START", app=app, data=data)
        self.at += takes
        self._write("APP_END", app=app, data=data)

    def _note(self, name: str, **values: object) -> None:
        self._notes[name] = values

    def _flush(self) -> None:
        """Write what was noted: one event by itself, several in one line, as the engine does."""
        notes, self._notes = self._notes, {}
        if len(notes) == 1:
            ((name, values),) = notes.items()
            self._tell(name, **values)
        elif notes:
            self._tell("IVR_NOTES", **notes)

    def _tell(self, name: str, **values: object) -> None:
        self.at += STEP
        self._pen.tell(self.at, name, values, self._caller, *self._here)

    def _write(self, kind: str, *, app: str = "", data: str = "", user_type: str = "", extra: str = "") -> None:
        self.at += STEP
        self._pen.write(self.at, kind, self._caller, *self._here, app=app, data=data, user_type=user_type, extra=extra)

    def _of_phone(self, kind: str, *, exten: str = "", extra: str = "") -> None:
        if self._phone is not None:
            self.at += STEP
            app = "" if kind == "CHAN_START" else "AppDial"
            data = "(Outgoing Line)" if app else ""
            self._pen.write(self.at, kind, self._phone, exten, "from-phone", app=app, data=data, extra=extra)
