"""The shape of `routing_rules.yaml`: strict models, one per kind of entry.

Rule 1: unknown keys and wrong types are refused. The description of a field is what a message says was expected,
and what `docs/routing_rules.md` explains.
Rule 2: a field that holds a name of another section says so with `Ref`; `ivr.rulebook.walk` checks it from there.
Rule 3: a value may have a short form (`operator`, a single span); it is widened here, before the checks.
"""

from typing import Annotated, Literal, TypeAlias

from pydantic import BeforeValidator, Field, model_validator

from ivr.rulebook.entry import Entry
from ivr.rulebook.forms import (
    Extension,
    InstantText,
    Keys,
    LanguageCode,
    Name,
    Number,
    Pattern,
    PhoneKey,
    Prompt,
    Ref,
    Title,
    TopicCode,
    Words,
    Zone,
)
from ivr.rulebook.schema_hours import HoursRules

__all__ = ["HoursRules"]


def _word(value: object) -> object:
    return {"then": value} if isinstance(value, str) else value


_ANNOUNCEMENT = "a prompt: it is played, then the call ends"
_SAY = "a prompt to be played before it goes on to a destination, a menu or the operator"


class ExitTarget(Entry):
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


class KeyTarget(Entry):
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


class Mistake(Entry):
    """What happens on a wrong key, or on none."""

    prompt: Prompt = Field(description="the prompt that says so, such as kekava/invalid")
    retries: int = Field(ge=0, le=5, description="how many further tries the caller has, 0 to 5")
    exit: Exit = Field(description=_EXIT)


class LimitRules(Entry):
    """How long a caller may stay in one menu."""

    seconds: int = Field(180, ge=10, le=1800, description="seconds in this menu, repeats included, 10 to 1800")
    exit: Exit | None = Field(None, description=_EXIT)


class MenuRules(Entry):
    """A menu."""

    prompt: Prompt = Field(description="the prompt that names the keys, such as kekava/menu")
    keys: dict[PhoneKey, KeyPress] = Field(min_length=1, description=_KEYS)
    invalid: Mistake = Field(description="what happens on a key that the menu does not have")
    no_input: Mistake = Field(description="what happens if no key is pressed")
    timeout: float = Field(5.0, ge=1, le=30, description="seconds to wait for a key after the prompt, 1 to 30")
    limit: LimitRules = Field(
        default_factory=lambda: LimitRules.model_validate({}),
        description="how long a caller may stay, such as {seconds: 180}",
    )


class PhoneRules(Entry):
    """One phone of a destination."""

    phone: Name = Field(description="the name of the phone on the PBX, such as kekava-police-1")
    ring: int = Field(ge=5, le=120, description="how long it rings, in seconds, 5 to 120")


class ExternalRules(Entry):
    """Another institution's number."""

    number: Number = Field(description='a number in quotes, as the trunk dials it, such as "+35932656000"')
    ring: int = Field(ge=5, le=120, description="how long it rings, in seconds, 5 to 120")


class RejectRules(Entry):
    """A refusal."""

    announcement: Prompt = Field(description="the prompt that says so")
    cause: Literal["rejected", "busy", "unallocated"] = Field(
        "rejected", description="what the caller's network is told: rejected, busy or unallocated"
    )


class Exits(Entry):
    """Where the call goes when a destination does not take it."""

    busy: Exit | None = Field(None, description=_EXIT)
    no_answer: Exit | None = Field(None, description=_EXIT)
    unreachable: Exit | None = Field(None, description=_EXIT)
    closed: Exit | None = Field(None, description=_EXIT)
    full: Exit | None = Field(None, description=_EXIT)


_KINDS = ("phones", "external", "announcement", "menu", "reject")


class DestinationRules(Entry):
    """A destination."""

    title: Title = Field(min_length=1, description="its name in each language, such as {lv: Policija, en: Police}")
    hours: Annotated[str | None, Ref("hours")] = Field(None, description="the name of office hours")
    extension: Extension | None = Field(None, description='2 to 6 digits in quotes, such as "21"')
    safety: bool = Field(False, description="true for a line that nothing may close, else false")
    private: bool = Field(False, description="true if no supervisor may listen to its calls, else false")
    phones: list[PhoneRules] | None = Field(
        None, min_length=1, max_length=20, description="phones with their ring times"
    )
    strategy: Literal["ordered", "all"] = Field("ordered", description="ordered or all: how the phones are rung")
    external: ExternalRules | None = Field(None, description='a number outside, such as {number: "+371...", ring: 30}')
    announcement: Prompt | None = Field(None, description=_ANNOUNCEMENT)
    menu: Annotated[str | None, Ref("menus")] = Field(None, description="the name of a menu")
    reject: RejectRules | None = Field(None, description="a refusal, such as {announcement: ..., cause: rejected}")
    most_calls: int | None = Field(None, ge=1, le=1000, description="a number of calls at once, 1 to 1000")
    exits: Exits = Field(
        Exits.model_validate({}), description="an exit for each way of failing: busy, no_answer, unreachable, ..."
    )

    @model_validator(mode="after")
    def _is_one_kind(self) -> "DestinationRules":
        given = [kind for kind in _KINDS if getattr(self, kind) is not None]
        if len(given) != 1:
            told = f"is {len(given)} kinds ({', '.join(given)})" if given else "has no kind"
            raise ValueError(f"{told}; it needs exactly one of {', '.join(_KINDS)}")
        return self


class NumberRules(Entry):
    """A number that speaks another language first."""

    number: Number = Field(description='a number in quotes, such as "1520"')
    language: LanguageCode = Field(description="a language of the service, such as ru")


class CallerRules(Entry):
    """Callers that are led elsewhere."""

    from_: list[Pattern] = Field(alias="from", min_length=1, max_length=1000, description='numbers such as ["+380*"]')
    language: LanguageCode | None = Field(None, description="a language of the service, such as uk")
    menu: Annotated[str | None, Ref("menus")] = Field(None, description="the name of a menu")
    destination: Annotated[str | None, Ref("destinations")] = Field(None, description="the name of a destination")

    @model_validator(mode="after")
    def _leads_one_way(self) -> "CallerRules":
        given = sum(way is not None for way in (self.language, self.menu, self.destination))
        if given != 1:
            raise ValueError(f"leads {given} ways instead of one")
        return self


class TopicRules(Entry):
    """What a call was about."""

    id: Name = Field(description="its name in records and reports, such as heating")
    title: Title = Field(min_length=1, description="its name in each language of the service")
    topics: dict[TopicCode, "TopicRules"] = Field(default_factory=dict, description="finer topics by code")


class ServiceRules(Entry):
    """A service: what citizens dial."""

    title: Title = Field(min_length=1, description="its name in each of its languages, such as {lv: Ķekava}")
    numbers: list[Number | NumberRules] = Field(
        min_length=1, max_length=100, description='numbers and aliases in quotes, such as ["8488"]'
    )
    zone: Zone = Field(description="a time zone such as Europe/Riga")
    languages: list[LanguageCode] = Field(min_length=1, description="language codes such as [lv, en]")
    welcome: Prompt = Field(description="the prompt that greets the caller, such as kekava/welcome")
    menu: Annotated[str, Ref("menus")] = Field(description="the name of the first menu")
    operator: Annotated[str, Ref("destinations")] = Field(description="the name of the operator's destination")
    sorry: Prompt = Field(description="the last prompt if no destination takes the call, such as kekava/all-busy")
    callers: list[CallerRules] = Field([], max_length=100, description="callers that are led elsewhere")
    topics: dict[TopicCode, TopicRules] = Field(default_factory=dict, description="topics by code of 1 to 4 digits")


class AnnouncementRules(Entry):
    """A message before the menu, with a validity window."""

    services: list[Annotated[str, Ref("services")]] = Field(min_length=1, description="names of services")
    prompt: Prompt | None = Field(None, description="a prompt, such as kekava/water")
    text: Words | None = Field(None, description="the words in each language of the services, such as {lv: ...}")
    from_: InstantText = Field(alias="from", description='a local time such as "2026-11-20 08:00"')
    until: InstantText = Field(description='a local time after `from`, such as "2026-11-22 18:00"')
    skippable: bool = Field(True, description="true or false: whether a key ends it")

    @model_validator(mode="after")
    def _is_said_one_way(self) -> "AnnouncementRules":
        if (self.prompt is None) == (self.text is None):
            raise ValueError("needs either a prompt or a text")
        return self


class ExpectationRules(Entry):
    """A call and what has to come of it."""

    number: Number = Field(description='the number that is dialled, such as "8488"')
    at: InstantText = Field(description='a local time of the service, such as "2026-12-24 16:30"')
    keys: Keys = Field("", description='the keys pressed, one for each menu, such as "12"')
    from_: Number | None = Field(None, alias="from", description='the caller, such as "+37129123456"')
    destination: Annotated[str | None, Ref("destinations")] = Field(None, description="the name of a destination")
    menu: Annotated[str | None, Ref("menus")] = Field(None, description="the name of a menu")
    announcement: Prompt | None = Field(None, description="the prompt of a last message")
    reason: str | None = Field(None, description="the reason of the decision, such as open or closed")

    @model_validator(mode="after")
    def _ends_one_way(self) -> "ExpectationRules":
        given = sum(end is not None for end in (self.destination, self.menu, self.announcement))
        if given != 1:
            raise ValueError(f"expects {given} ends; it needs exactly one of destination, menu, announcement")
        return self


class Rulebook(Entry):
    """The whole file, with everything that it includes."""

    include: list[str] = Field([], max_length=200, description="further files, such as [routing_rules/kekava.yaml]")
    max_hops: int = Field(5, ge=1, le=20, description="a number of destinations, 1 to 20")
    max_menus: int = Field(20, ge=5, le=100, description="a number of menus, 5 to 100")
    services: dict[Name, ServiceRules] = Field(min_length=1, description="services by name")
    menus: dict[Name, MenuRules] = Field(min_length=1, description="menus by name")
    destinations: dict[Name, DestinationRules] = Field(min_length=1, description="destinations by name")
    hours: dict[Name, HoursRules] = Field(default_factory=dict, description="office hours by name")
    announcements: dict[Name, AnnouncementRules] = Field(default_factory=dict, description="announcements by name")
    expectations: list[ExpectationRules] = Field([], description="calls and what has to come of them")
