"""No library of ours is under the GPL: what runs in our process may be passed on by any municipality."""

import re
from importlib.metadata import distribution

from packaging.requirements import Requirement

COPYLEFT = re.compile(r"\b(A?GPL|GNU (Affero )?General Public)", re.IGNORECASE)


def needed(name: str, seen: set[str]) -> set[str]:
    """Give a distribution's name and those of all that it needs at run time."""
    if name.lower() in seen:
        return seen
    seen.add(name.lower())
    for text in distribution(name).requires or []:
        requirement = Requirement(text)
        extras = ["asyncio"] if name.lower() == "sqlalchemy" else [""]
        if requirement.marker is None or any(requirement.marker.evaluate({"extra": extra}) for extra in extras):
            needed(requirement.name, seen)
    return seen


def test_no_library_of_the_process_is_under_the_gpl() -> None:
    names = needed("municipal-ivr", set())
    assert {"panoramisk", "sqlalchemy", "aiosqlite", "pydub"} <= names
    for name in names:
        about = distribution(name).metadata
        classifiers = [text for text in about.get_all("Classifier") or [] if text.startswith("License")]
        stated = " ".join([about.get("License-Expression") or "", (about.get("License") or "")[:60], *classifiers])
        assert not COPYLEFT.search(stated), f"{name}: {stated}"
