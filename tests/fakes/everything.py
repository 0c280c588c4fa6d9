"""Rules that say everything that rules can say, on the phones of the shipped rules; prompts are those of Ķekava."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from ivr.routing.destinations import ExitReason
from ivr.routing.rules import Limit, Override, OverrideKind, Ruleset
from ivr.routing.targets import Announce, ToDestination
from ivr.vocabulary import DestinationId, MenuId, OverrideId, PromptId, RulesVersion, ServiceId
from tests.fakes.rules_text import read_text

VERSION = RulesVersion("everything")
TUESDAY = datetime(2026, 11, 24, 8, 0, tzinfo=UTC)  # 10:00 in Riga
RETRY = "{prompt: kekava/invalid, retries: 1, exit: {say: kekava/to-operator, then: operator}}"
SILENT = "{prompt: kekava/no-input, retries: 0, exit: {announcement: kekava/goodbye}}"
FAILS = "busy: {announcement: kekava/all-busy}, no_answer: operator, unreachable: {menu: all-night}"
BUSY = "{announcement: kekava/all-busy}"
TEXT = f"""\
max_hops: 3
max_menus: 5
services:
  all:
    title: {{lv: Viss, en: All}}
    numbers: ["7001", {{number: "+371 7002", language: en}}]
    zone: Europe/Riga
    languages: [lv, en]
    welcome: kekava/welcome
    menu: all-main
    operator: all-operator
    sorry: kekava/all-busy
    callers:
      - {{from: ["+37129000001", "+380*"], language: en}}
      - {{from: ["37129000002"], menu: all-night}}
      - {{from: ["0037129000003", "+3712900001*"], destination: all-desk}}
      - {{from: ["37129000004"], destination: all-closed}}
  told:
    title: {{lv: Paziņojumi, en: Told}}
    numbers: ["7003"]
    zone: Europe/Riga
    languages: [lv, en]
    welcome: kekava/connecting
    menu: all-main
    operator: all-operator
    sorry: kekava/all-busy
menus:
  all-main:
    prompt: kekava/menu
    keys:
      "1": {{destination: all-desk}}
      "2": {{destination: all-together}}
      "3": {{destination: all-outside, say: kekava/connecting}}
      "4": {{destination: all-message}}
      "5": {{destination: all-behind}}
      "6": {{destination: all-refused}}
      "7": {{destination: all-closed}}
      "8": {{menu: all-short, say: kekava/connecting}}
      "9": {{language: en}}
      "0": operator
      "#": {{destination: all-chain}}
      "*": repeat
    invalid: {RETRY}
    no_input: {SILENT}
  all-night:
    prompt: kekava/closed
    keys:
      "1": {{destination: all-safety}}
      "2": {{destination: all-ordered}}
      "3": {{destination: all-led}}
      "4": {{destination: all-opened}}
      "5": {{destination: all-shut}}
      "6": {{destination: all-few}}
      "*": repeat
      "#": {{menu: all-main}}
    invalid: {RETRY}
    no_input: {SILENT}
  all-short:
    prompt: kekava/menu
    keys: {{"*": repeat, "1": {{destination: all-safety}}}}
    invalid: {RETRY}
    no_input: {SILENT}
    limit: {{seconds: 10, exit: {{announcement: kekava/goodbye}}}}
destinations:
  all-desk:
    title: {{lv: Birojs, en: Desk}}
    extension: "21"
    hours: all-office
    phones: [{{phone: kekava-information-1, ring: 15}}, {{phone: kekava-information-2, ring: 16}}]
    exits: {{closed: {{menu: all-night, say: kekava/closed}}, {FAILS}}}
  all-closed:
    title: {{lv: Slēgts, en: Closed}}
    hours: all-never
    phones: [{{phone: kekava-information-3, ring: 15}}]
    exits: {{closed: {{menu: all-night}}, {FAILS}}}
  all-opened:
    title: {{lv: Slēgts, en: Closed}}
    hours: all-never
    phones: [{{phone: kekava-information-3, ring: 15}}]
    exits: {{closed: {{menu: all-night}}, {FAILS}}}
  all-shut:
    title: {{lv: Atvērts, en: Open}}
    phones: [{{phone: kekava-information-3, ring: 15}}]
    exits: {{{FAILS}}}
  all-led:
    title: {{lv: Atvērts, en: Open}}
    phones: [{{phone: kekava-information-3, ring: 15}}]
    exits: {{{FAILS}}}
  all-ordered:
    title: {{lv: Reizē, en: Together}}
    strategy: all
    phones: [{{phone: kekava-police-1, ring: 10}}]
    exits: {{{FAILS}}}
  all-together:
    title: {{lv: Reizē, en: Together}}
    strategy: all
    phones: [{{phone: kekava-police-1, ring: 10}}, {{phone: kekava-police-2, ring: 10}}]
    exits: {{{FAILS}}}
  all-outside:
    title: {{lv: Ārpusē, en: Outside}}
    external: {{number: "+35932000102", ring: 20}}
    exits: {{{FAILS}}}
  all-few:
    title: {{lv: Maz, en: Few}}
    phones: [{{phone: kekava-utility-1, ring: 20}}]
    most_calls: 1
    exits: {{full: {{say: kekava/connecting, destination: all-desk}}, {FAILS}}}
  all-message:
    title: {{lv: Ziņa, en: Message}}
    announcement: kekava/goodbye
  all-behind:
    title: {{lv: Aiz stundām, en: Behind}}
    hours: all-office
    menu: all-night
    exits: {{closed: {{announcement: kekava/goodbye}}}}
  all-refused:
    title: {{lv: Noraidīts, en: Refused}}
    reject: {{announcement: kekava/goodbye, cause: busy}}
  all-safety:
    title: {{lv: Avārijas, en: Safety}}
    safety: true
    phones: [{{phone: kekava-utility-2, ring: 20}}]
    exits: {{{FAILS.replace("operator", "{announcement: kekava/goodbye}")}}}
  all-chain:
    title: {{lv: Ķēde, en: Chain}}
    hours: all-never
    phones: [{{phone: kekava-utility-3, ring: 20}}]
    exits: {{closed: {{announcement: kekava/goodbye}}, {FAILS}}}
  all-circle:
    title: {{lv: Aplis, en: Circle}}
    menu: all-main
  all-operator:
    title: {{lv: Operators, en: Operator}}
    phones: [{{phone: kekava-duty-1, ring: 20}}]
    exits: {{{FAILS.replace("operator", BUSY).replace("{menu: all-night}", BUSY)}}}
hours:
  all-office: {{zone: Europe/Riga, weekly: {{monday: "08:00-17:00", tuesday: "08:00-17:00"}}}}
  all-never: {{zone: Europe/Riga, weekly: {{sunday: "00:00-00:01"}}}}
announcements:
  all-free: {{services: [told], prompt: kekava/to-operator, from: "2026-11-24 09:00", until: "2026-11-24 11:00"}}
  all-over: {{services: [told], prompt: kekava/closed, from: "2026-11-20 08:00", until: "2026-11-24 10:00"}}
  all-fixed: {{services: [told], prompt: kekava/connecting, from: "2026-11-24 10:00", until: "2026-11-25 08:00"}}
"""


def _order(number: int, name: str, kind: OverrideKind, hours: int, redirect: str | None = None) -> Override:
    return Override(
        id=OverrideId(f"{number:08x}"),
        destination=DestinationId(name),
        kind=kind,
        since=TUESDAY - timedelta(hours=3),
        until=TUESDAY + timedelta(hours=hours),
        reason="a test",
        author="tests",
        redirect=DestinationId(redirect) if redirect else None,
    )


ORDERS = (
    _order(1, "all-led", OverrideKind.CLOSED, 4),
    _order(2, "all-led", OverrideKind.REDIRECT, 4, "all-desk"),
    _order(3, "all-led", OverrideKind.CLOSED, -1),  # is over
    _order(4, "all-opened", OverrideKind.OPEN, 4),
    _order(5, "all-shut", OverrideKind.CLOSED, 4),  # has no exit `closed`
    _order(6, "all-safety", OverrideKind.CLOSED, 4),  # a safety line obeys nobody
    _order(7, "all-outside", OverrideKind.REDIRECT, 4, "nowhere"),
)


def everything() -> Ruleset:
    """Make the rules; some things are put in that the check of a file would refuse."""
    rules = read_text(TEXT)
    orders: dict[DestinationId, tuple[Override, ...]] = {}
    for order in ORDERS:
        orders[order.destination] = (*orders.get(order.destination, ()), order)
    short = replace(rules.menus[MenuId("all-short")], limit=Limit(1, Announce(PromptId("kekava/goodbye"))))
    chain = rules.destinations[DestinationId("all-chain")]
    circle = replace(chain, exits={**chain.exits, ExitReason.CLOSED: ToDestination(chain.id)})
    told = rules.services[ServiceId("told")]
    messages = tuple(replace(one, skippable=one.id != "all-fixed") for one in told.announcements)
    led = replace(told, operator=DestinationId("all-circle"), announcements=messages)
    return replace(
        rules,
        version=VERSION,
        services={**rules.services, told.id: led},
        menus={**rules.menus, short.id: short},
        destinations={**rules.destinations, chain.id: circle},
        overrides=orders,
    )
