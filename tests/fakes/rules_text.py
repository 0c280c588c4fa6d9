"""A small rules file for tests that break it in one place; lines and columns are counted from here."""

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
