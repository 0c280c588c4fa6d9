"""How commands come to the record store."""

from collections.abc import Callable
from pathlib import Path

from cdr.privacy.keeper import keeper_of
from cdr.store.store import Store
from ivr.app import now
from ivr.doctor.site import embedded_site
from ivr.install.town import town
from ivr.rulebook.live import LiveRules
from ivr.settings import Settings


def sealed_store(found: Settings, place: str = "") -> Store:
    """Give the store for writing: it seals callers' numbers as the settings say. Raises `KeyUnusable`."""
    return Store(place or found.store, sealer=keeper_of(found.numbers, found.key_of_records))


def journal_files(found: Settings, rules: Callable[[], LiveRules]) -> tuple[Path, list[Path]]:
    """Give Asterisk's journal on this host, and the files that it was rotated to. `rules` is asked where a town's PBX is."""
    embedded = found.pbx == "embedded"
    path = embedded_site(found).journal if embedded else town(found, rules().current, today=now().date()).journal
    return path, sorted(one for one in path.parent.glob(f"{path.name}?*") if one.is_file())
