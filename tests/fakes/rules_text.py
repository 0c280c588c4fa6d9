"""Rules files for tests that break them in one place; lines and columns are counted from here.

`SMALL` has what is needed, `FULL` every key of the language except `include`.
"""

from ivr.errors import RulesError
from ivr.routing.rules import Ruleset
from ivr.rulebook.check import PromptExists
from ivr.rulebook.read import any_prompt, read_bytes

YEARS = range(2026, 2028)
SMALL = """\
max_hops: 4
services:
  town:
    title: {lv: Pilsēta, en: Town}
    numbers: ["8488", "+371 63005522"]
    zone: Europe/Riga
    languages: [lv, en]
    welcome: town/welcome
    menu: main
    operator: duty
    sorry: town/sorry
menus:
  main:
    prompt: town/menu
    keys:
      "1": {destination: desk}
      "2": {destination: police}
      "9": {language: en}
      "0": operator
      "*": repeat
    invalid: {prompt: town/invalid, retries: 2, exit: operator}
    no_input: {prompt: town/no-input, retries: 2, exit: {say: town/wait, then: operator}}
  after-hours:
    prompt: town/closed
    keys:
      "2": {destination: police}
    invalid: {prompt: town/invalid, retries: 1, exit: operator}
    no_input: {prompt: town/no-input, retries: 1, exit: operator}
destinations:
  desk:
    title: {lv: Birojs, en: Desk}
    hours: office
    phones:
      - {phone: desk-1, ring: 15}
      - {phone: desk-2, ring: 15}
    exits:
      busy: {announcement: town/busy}
      no_answer: {announcement: town/busy}
      unreachable: {announcement: town/busy}
      closed: {menu: after-hours}
  police:
    title: {lv: Policija, en: Police}
    safety: true
    phones:
      - {phone: police-1, ring: 20}
    exits:
      busy: {announcement: town/failed}
      no_answer: {announcement: town/failed}
      unreachable: {announcement: town/failed}
  duty:
    title: {lv: Dežurants, en: Duty}
    phones:
      - {phone: duty-1, ring: 20}
    exits:
      busy: {destination: police}
      no_answer: {destination: police}
      unreachable: {destination: police}
hours:
  office:
    zone: Europe/Riga
    holidays: LV
    weekly:
      monday: "08:00-18:00"
      tuesday: ["08:00-12:00", "13:00-17:00"]
      friday: "22:00-06:00"
"""
FULL = """\
max_hops: 4
max_menus: 20
services:
  town:
    title: {lv: Pilsēta, en: Town}
    numbers: ["8488", {number: "63005537", language: en}]
    zone: Europe/Riga
    languages: [lv, en]
    welcome: town/welcome
    menu: main
    operator: police
    sorry: town/sorry
    callers:
      - {from: ["+380*"], language: en}
      - {from: ["+37120000009"], menu: main}
      - {from: ["+37120000010"], destination: desk}
    topics: {"1": {id: water, title: {lv: Ūdens, en: Water}, topics: {"11": {id: leak, title: {lv: Noplūde, en: Leak}}}}}
menus:
  main:
    prompt: town/menu
    timeout: 4.5
    keys: {"1": {destination: desk}, "2": {say: town/wait, destination: away}, "3": {menu: main}, "4": {announcement: town/x},
           "5": {language: lv}, "6": {destination: moved}, "7": {destination: aside}, "8": {destination: no}, "0": operator}
    invalid: {prompt: town/invalid, retries: 2, exit: operator}
    no_input: {prompt: town/no-input, retries: 2, exit: {say: town/wait, then: operator}}
    limit: {seconds: 180, exit: {announcement: town/sorry}}
destinations:
  desk:
    title: {lv: Birojs, en: Desk}
    hours: office
    phones: [{phone: desk-1, ring: 15}, {phone: desk-2, ring: 15}]
    strategy: all
    most_calls: 10
    exits:
      busy: {announcement: town/busy}
      no_answer: {announcement: town/busy}
      unreachable: {announcement: town/busy}
      closed: {menu: main}
      full: {destination: away}
  away:
    title: {lv: Citur, en: Away}
    external: {number: "+35932656000", ring: 40}
    exits: {busy: {announcement: town/x}, no_answer: {announcement: town/x}, unreachable: {announcement: town/x}}
  police:
    title: {lv: Policija, en: Police}
    safety: true
    phones: [{phone: police-1, ring: 20}]
    exits: {busy: {announcement: town/x}, no_answer: {announcement: town/x}, unreachable: {announcement: town/x}}
  moved: {title: {lv: Pārcelts, en: Moved}, extension: "21", private: true, announcement: town/moved}
  aside: {title: {lv: Izvēlne, en: Aside}, menu: main}
  no: {title: {lv: Nē, en: No}, reject: {announcement: town/no, cause: busy}}
hours:
  office:
    zone: Europe/Riga
    holidays: LV
    before_holidays: 60
    weekly: {monday: "08:00-18:00", tuesday: ["08:00-12:00", "13:00-17:00"], wednesday: "08:00-17:00",
             thursday: "08:00-17:00", friday: "22:00-06:00", saturday: [], sunday: []}
    days:
      "2026-01-02": {closed: true, reason: moved}
      "2026-01-10": {like: friday}
      "2026-12-23": {open: "08:00-14:00"}
    dated:
      spring: {first: "2026-03-16", last: "2026-06-09", weekly: {monday: "12:00-17:00"}, keep_holidays: false, reason: flood}
announcements:
  water: {services: [town], text: {lv: Nav, en: None}, from: "2026-11-20 08:00", until: "2026-11-22 18:00", skippable: true}
  heat: {services: [town], prompt: town/heat, from: "2026-11-20 08:00", until: "2026-11-22 18:00"}
expectations:
  - {number: "8488", at: "2026-12-29 16:30", keys: "1", from: "+37129123456", destination: desk, reason: open}
  - {number: "8488", at: "2026-12-29 20:30", keys: "1", menu: main}
  - {number: "8488", at: "2026-12-29 20:30", keys: "4", announcement: town/x}
"""


def read_text(text: str, prompt_exists: PromptExists = any_prompt) -> Ruleset:
    """Read rules from a text that is called `rules.yaml` in messages."""
    return read_bytes(text.encode(), "rules.yaml", years=YEARS, prompt_exists=prompt_exists)


def problems_of(text: str, prompt_exists: PromptExists = any_prompt) -> list[str]:
    """Return the lines that tell what is wrong with a text; empty if it can be used."""
    try:
        read_text(text, prompt_exists)
    except RulesError as error:
        return str(error).splitlines()
    return []


def changed(old: str, new: str, text: str = SMALL) -> str:
    """Return `text` with `old` replaced at every place; `old` must be there."""
    assert old in text, f"the text does not hold {old!r}"
    return text.replace(old, new)
