"""A rules file with many services, for benchmarks: each with two menus, four destinations and its own hours. Pure."""

from io import StringIO

SPANS = ('"08:00-17:00"', '["08:00-12:00", "13:00-17:00"]', '"09:00-18:00"', '"07:30-16:00"')
ZONES = ("Europe/Riga", "Europe/Kyiv", "Europe/Sofia")
COUNTRIES = ("LV", "UA", "BG")


def rules(services: int) -> str:
    """Return the text of a rules file with so many services, without mistakes."""
    out = StringIO()
    for section, write in (
        ("services", _service),
        ("menus", _menus),
        ("destinations", _destinations),
        ("hours", _hours),
    ):
        out.write(f"{section}:\n")
        for number in range(services):
            out.write(write(number))
    return out.getvalue()


def number_of(service: int) -> str:
    """Return the number that a service is dialled by."""
    return f"{80_000_000 + service}"


def _service(n: int) -> str:
    return f"""\
  s{n}:
    title: {{en: Municipality {n}}}
    numbers: ["{number_of(n)}", {{number: "{90_000_000 + n}", language: en}}]
    zone: {ZONES[n % 3]}
    languages: [en]
    welcome: s/welcome
    menu: main{n}
    operator: duty{n}
    sorry: s/sorry
"""


def _menus(n: int) -> str:
    failing = "{prompt: s/again, retries: 2, exit: operator}"
    return f"""\
  main{n}:
    prompt: s/menu
    keys:
      "1": {{destination: desk{n}}}
      "2": {{destination: safety{n}}}
      "3": {{destination: other{n}}}
      "0": operator
      "*": repeat
    invalid: {failing}
    no_input: {failing}
  closed{n}:
    prompt: s/closed
    keys: {{"2": {{destination: safety{n}}}, "0": operator, "*": repeat}}
    invalid: {failing}
    no_input: {failing}
"""


def _destinations(n: int) -> str:
    last = "{announcement: s/sorry}"
    exits = f"busy: {last}, no_answer: {last}, unreachable: {last}"
    return f"""\
  desk{n}:
    title: {{en: Desk}}
    hours: office{n}
    phones: [{{phone: p{n}d1, ring: 15}}, {{phone: p{n}d2, ring: 15}}]
    exits: {{{exits}, closed: {{menu: closed{n}}}}}
  other{n}:
    title: {{en: Another institution}}
    hours: office{n}
    external: {{number: "+3716{n:07d}", ring: 30}}
    exits: {{{exits}, closed: {{menu: closed{n}}}}}
  safety{n}:
    title: {{en: Emergencies}}
    safety: true
    phones: [{{phone: p{n}s1, ring: 20}}, {{phone: p{n}s2, ring: 20}}]
    exits: {{{exits}}}
  duty{n}:
    title: {{en: Duty}}
    phones: [{{phone: p{n}o1, ring: 20}}]
    exits: {{busy: {{destination: safety{n}}}, no_answer: {{destination: safety{n}}}, unreachable: {{destination: safety{n}}}}}
"""


def _hours(n: int) -> str:
    span = SPANS[n % len(SPANS)]
    week = "".join(f"      {day}: {span}\n" for day in ("monday", "tuesday", "wednesday", "thursday", "friday"))
    summer = (
        f'{{first: "2027-06-{1 + n % 28:02d}", last: "2027-08-31", weekly: {{monday: "10:00-14:00"}}, reason: summer}}'
    )
    return f"""\
  office{n}:
    zone: {ZONES[n % 3]}
    holidays: {COUNTRIES[n % 3]}
    before_holidays: 60
    weekly:
{week}    days: {{"2026-12-{1 + n % 23:02d}": {{open: "10:00-12:00", reason: training}}}}
    dated: {{summer: {summer}}}
"""
