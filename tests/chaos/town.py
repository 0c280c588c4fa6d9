"""The rules of the load: those of Ķekava as shipped, with short rings and office hours around the present.

Rule 1: services, menus, keys, exits and prompts are the shipped ones.
"""

import re
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

SHIPPED = Path("routing_rules/kekava.yaml")
NUMBER = "8488"
RING = 5  # seconds that each phone of the load rings
OPEN_BEFORE, OPEN_AFTER = timedelta(minutes=50), timedelta(minutes=40)
"""The office is open from so long before the start until so long after it: a step of an hour closes it."""
DAYS = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
ZONE = ZoneInfo("Europe/Riga")


def write(folder: Path, at: datetime) -> Path:
    """Write the rules of a run that begins at `at`; give the root file."""
    text = SHIPPED.read_text(encoding="utf-8")
    text = text[: text.index("expectations:")]
    text = re.sub(r"ring: \d+", f"ring: {RING}", text)
    start, end = (moment.astimezone(ZONE) for moment in (at - OPEN_BEFORE, at + OPEN_AFTER))
    head, _, _ = text.partition("\nhours:\n")
    (folder / "town.yaml").write_text(f"{head}\nhours:\n{hours(start, end)}", encoding="utf-8")
    root = folder / "rules.yaml"
    root.write_text("include: [town.yaml]\n", encoding="utf-8")
    return root


def hours(start: datetime, end: datetime) -> str:
    """Write office hours of every day of the week; over midnight they are two spans of a day."""
    since, until = f"{start:%H:%M}", f"{end:%H:%M}"
    span = f'"{since}-{until}"' if since < until else f'["00:00-{until}", "{since}-24:00"]'
    weekly = "\n".join(f"      {day}: {span}" for day in DAYS)
    return f"  kekava-office:\n    zone: {ZONE.key}\n    weekly:\n{weekly}\n"


def phones() -> tuple[str, ...]:
    """Give the names of all phones of the rules, in order."""
    return tuple(dict.fromkeys(re.findall(r"\{phone: ([a-z0-9-]+)", SHIPPED.read_text(encoding="utf-8"))))
