"""How commands come to the record store."""

from cdr.privacy.keeper import keeper_of
from cdr.store.store import Store
from ivr.settings import Settings


def sealed_store(found: Settings, place: str = "") -> Store:
    """Give the store for writing: it seals callers' numbers as the settings say. Raises `KeyUnusable`."""
    return Store(place or found.store, sealer=keeper_of(found.numbers, found.key_of_records))
