"""The shape of `routing_rules.yaml`: strict models, one per kind of entry.

Rule 1: unknown keys and wrong types are refused. The description of a field is what a message says was expected,
and what `docs/routing_rules.md` explains.
Rule 2: a field that holds a name of another section says so with `Ref`; `ivr.rulebook.walk` checks it from there.
Rule 3: a value may have a short form (`operator`, a single span); it is widened here, before the checks.
"""

from dataclasses import dataclass
from typing import Annotated, Literal, TypeAlias
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints, model_validator

from ivr.rulebook.public_holidays import is_country


@dataclass(frozen=True, slots=True)
class Ref:
    """Marks a field whose value is a name of `section`, a key of the file's top level."""

    section: str


def _is_zone(value: str) -> str:
    try:
        ZoneInfo(value)
    except (KeyError, ValueError, OSError):  # unknown, not a name at all, a folder of the time zone database
        raise ValueError("is not a time zone") from None
    return value


def _is_country(value: str) -> str:
    if not is_country(value):
        raise ValueError("is not a country whose public holidays are known")
    return value


def _is_span(value: str) -> str:
    start, _, end = value.partition("-")
    if start == end:
        raise ValueError("begins and ends at the same time")
    return value


def _one_or_more(value: object) -> object:
    return [value] if isinstance(value, str) else value


def _word(value: object) -> object:
    return {"then": value} if isinstance(value, str) else value


Name: TypeAlias = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9-]{0,59}$")]
LanguageCode: TypeAlias = Annotated[str, StringConstraints(pattern=r"^[a-z]{2}$")]
Title: TypeAlias = dict[LanguageCode, Annotated[str, StringConstraints(min_length=1, max_length=100)]]
Prompt: TypeAlias = Annotated[str, StringConstraints(pattern=r"^[a-z0-9-]+(/[a-z0-9-]+)*$", max_length=100)]
Number: TypeAlias = Annotated[str, StringConstraints(pattern=r"^\+?[0-9][0-9 -]{0,18}[0-9]$")]
PhoneKey: TypeAlias = Annotated[str, StringConstraints(pattern=r"^[0-9*#]$")]
Zone: TypeAlias = Annotated[str, AfterValidator(_is_zone)]
Country: TypeAlias = Annotated[str, AfterValidator(_is_country)]
_SPAN = r"^([01][0-9]|2[0-3]):[0-5][0-9]-(([01][0-9]|2[0-3]):[0-5][0-9]|24:00)$"
SpanText: TypeAlias = Annotated[str, StringConstraints(pattern=_SPAN), AfterValidator(_is_span)]
Spans: TypeAlias = Annotated[list[SpanText], BeforeValidator(_one_or_more)]


class _Entry(BaseModel):
    """An entry that refuses unknown keys and wrong types."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


_ANNOUNCEMENT = "a prompt: it is played, then the call ends"
_SAY = "a prompt to be played before it goes on to a destination, a menu or the operator"


class ExitTarget(_Entry):
    """Where an exit leads."""

    destination: Annotated[str | None, Ref("destinations")] = Field(None, description="the name of a destination")
    menu: Annotated[str | None, Ref("menus")] = Field(None, description="the name of a menu")
    announcement: Prompt | None = Field(None, description=_ANNOUNCEMENT)
    then: Literal["operator"] | None = Field(None, description="the word operator")
    say: Prompt | None = Field(None, description=_SAY)

    @model_validator(mode="after")
    def _leads_one_way(self) -> "ExitTarget":
        onward = (self.destination, self.menu, self.then)
        _lead_one_way((*onward, self.announcement), self.say, onward)
        return self


class KeyTarget(_Entry):
    """Where a key leads."""

    destination: Annotated[str | None, Ref("destinations")] = Field(None, description="the name of a destination")
    menu: Annotated[str | None, Ref("menus")] = Field(None, description="the name of a menu")
    announcement: Prompt | None = Field(None, description=_ANNOUNCEMENT)
    language: LanguageCode | None = Field(None, description="a language of the service, such as en")
    then: Literal["operator", "repeat"] | None = Field(None, description="the word operator or repeat")
    say: Prompt | None = Field(None, description=_SAY)

    @model_validator(mode="after")
    def _leads_one_way(self) -> "KeyTarget":
        onward = (self.destination, self.menu, self.then if self.then == "operator" else None)
        _lead_one_way((self.destination, self.menu, self.then, self.announcement, self.language), self.say, onward)
        return self


def _lead_one_way(ways: tuple[str | None, ...], say: str | None, onward: tuple[str | None, ...]) -> None:
    given = sum(way is not None for way in ways)
    if given != 1:
        raise ValueError(f"leads {given} ways instead of one")
    if say is not None and not any(onward):
        raise ValueError("says something, but does not go on to a destination, a menu or the operator")


Exit: TypeAlias = Annotated[ExitTarget, BeforeValidator(_word)]
KeyPress: TypeAlias = Annotated[KeyTarget, BeforeValidator(_word)]

_EXIT = "where the call goes: {destination: ...}, {menu: ...}, {announcement: ...} or operator"
_KEYS = 'keys "0" to "9", "*" and "#", each with its target, such as "1": {destination: ...}'


class Mistake(_Entry):
    """What happens on a wrong key, or on none."""

    prompt: Prompt = Field(description="the prompt that says so, such as kekava/invalid")
    retries: int = Field(ge=0, le=5, description="how many further tries the caller has, 0 to 5")
    exit: Exit = Field(description=_EXIT)


class MenuRules(_Entry):
    """A menu."""

    prompt: Prompt = Field(description="the prompt that names the keys, such as kekava/menu")
    keys: dict[PhoneKey, KeyPress] = Field(min_length=1, description=_KEYS)
    invalid: Mistake = Field(description="what happens on a key that the menu does not have")
    no_input: Mistake = Field(description="what happens if no key is pressed")
    timeout: float = Field(5.0, ge=1, le=30, description="seconds to wait for a key after the prompt, 1 to 30")


class PhoneRules(_Entry):
    """One phone of a destination."""

    phone: Name = Field(description="the name of the phone on the PBX, such as kekava-police-1")
    ring: int = Field(ge=5, le=120, description="how long it rings, in seconds, 5 to 120")


class Exits(_Entry):
    """Where the call goes when a destination does not take it."""

    busy: Exit = Field(description=_EXIT)
    no_answer: Exit = Field(description=_EXIT)
    unreachable: Exit = Field(description=_EXIT)
    closed: Exit | None = Field(None, description=_EXIT)


class DestinationRules(_Entry):
    """A destination."""

    title: Title = Field(min_length=1, description="its name in each language, such as {lv: Policija, en: Police}")
    hours: Annotated[str | None, Ref("hours")] = Field(None, description="the name of office hours")
    safety: bool = Field(False, description="true for a line that nothing may close, else false")
    phones: list[PhoneRules] = Field(min_length=1, max_length=20, description="phones, rung one after the other")
    exits: Exits = Field(description="an exit for busy, no_answer and unreachable, with hours also for closed")


class Weekly(_Entry):
    """The open spans of each weekday."""

    monday: Spans = Field([], description='open spans such as "08:00-17:00" or ["08:00-12:00", "13:00-17:00"]')
    tuesday: Spans = Field([], description='open spans such as "08:00-17:00"')
    wednesday: Spans = Field([], description='open spans such as "08:00-17:00"')
    thursday: Spans = Field([], description='open spans such as "08:00-17:00"')
    friday: Spans = Field([], description='open spans such as "08:00-17:00"')
    saturday: Spans = Field([], description='open spans such as "08:00-17:00"')
    sunday: Spans = Field([], description='open spans such as "08:00-17:00"')


class HoursRules(_Entry):
    """Office hours."""

    zone: Zone = Field(description="a time zone such as Europe/Riga")
    weekly: Weekly = Field(description='the weekdays with their open spans, such as monday: "08:00-17:00"')
    holidays: Country | None = Field(None, description="the code of a country, such as LV")


class ServiceRules(_Entry):
    """A service: what citizens dial."""

    title: Title = Field(min_length=1, description="its name in each of its languages, such as {lv: Ķekava}")
    numbers: list[Number] = Field(min_length=1, description='numbers and aliases in quotes, such as ["8488"]')
    zone: Zone = Field(description="a time zone such as Europe/Riga")
    languages: list[LanguageCode] = Field(min_length=1, description="language codes such as [lv, en]")
    welcome: Prompt = Field(description="the prompt that greets the caller, such as kekava/welcome")
    menu: Annotated[str, Ref("menus")] = Field(description="the name of the first menu")
    operator: Annotated[str, Ref("destinations")] = Field(description="the name of the operator's destination")
    sorry: Prompt = Field(description="the last prompt if no destination takes the call, such as kekava/all-busy")


class Rulebook(_Entry):
    """The whole file."""

    max_hops: int = Field(5, ge=1, le=20, description="a number of destinations, 1 to 20")
    services: dict[Name, ServiceRules] = Field(min_length=1, description="services by name")
    menus: dict[Name, MenuRules] = Field(min_length=1, description="menus by name")
    destinations: dict[Name, DestinationRules] = Field(min_length=1, description="destinations by name")
    hours: dict[Name, HoursRules] = Field(default_factory=dict, description="office hours by name")
