"""Brings the tables of a record store to this release's shape. EDGE.

Rule 1: a store that is up to date is only looked at. Alembic is loaded when there is something to change.
Rule 2: an upgrade is one transaction; a second process waits for it and then finds nothing to do.
"""

from sqlalchemy import Connection, inspect, text

from cdr.errors import StoreDamaged, StoreTooNew
from cdr.store.tables import SCHEMA, metadata


def revision_of(connection: Connection, place: str) -> str | None:
    """Give the revision of a store, None for an empty one. Raises `StoreDamaged` for somebody else's tables.

    A file is the store's alone; in a database of a server others may have tables, but none with our names.
    """
    names = inspect(connection).get_table_names()
    if "alembic_version" in names:
        found = connection.execute(text("SELECT version_num FROM alembic_version")).scalar_one_or_none()
        return None if found is None else str(found)
    if connection.dialect.name != "sqlite":
        names = [name for name in names if name in metadata.tables]
    if names:
        raise StoreDamaged.at(place, f"it holds other tables: {', '.join(sorted(names)[:3])}")
    return None


def upgrade(connection: Connection, place: str) -> None:
    """Upgrade to `SCHEMA`. Raises `StoreTooNew` if a newer release made the store."""
    revision = revision_of(connection, place)
    if revision == SCHEMA:
        return
    from alembic import command  # noqa: PLC0415 - loading it takes longer than reading a record
    from alembic.config import Config  # noqa: PLC0415
    from alembic.script import ScriptDirectory  # noqa: PLC0415

    config = Config()
    config.set_main_option("script_location", "cdr:migrations")
    known = {script.revision for script in ScriptDirectory.from_config(config).walk_revisions()}
    if revision is not None and revision not in known:
        raise StoreTooNew.at(place, f"its tables have revision {revision}, this release knows {SCHEMA}")
    config.attributes["connection"] = connection
    command.upgrade(config, SCHEMA)
