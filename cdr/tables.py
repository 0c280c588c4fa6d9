"""The tables of the record store, for any database that SQLAlchemy knows.

Rule 1: instants (`*_us`) are whole microseconds since 1970, UTC; durations (`*_us`) whole microseconds; both 64 bits.
Rule 2: `calls` and its children are made from `journals` alone and can be made again from it.
Rule 3: a change here needs a migration and a new `SCHEMA`.
"""

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    text,
)

SCHEMA = "0003"
"""The newest revision under `migrations/versions`."""

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "pk": "pk_%(table_name)s",
    }
)


def _text(name: str) -> Column[str]:
    return Column(name, Text, nullable=False, default="", server_default="")


def _of_call() -> Column[str]:
    return Column("linkedid", Text, ForeignKey("calls.linkedid", ondelete="CASCADE"), primary_key=True)


def _place() -> Column[int]:
    """Number the rows of one call from 0."""
    return Column("place", Integer, primary_key=True, autoincrement=False)


positions = Table(
    "positions",
    metadata,
    Column("journal", Text, primary_key=True),
    Column("head", Text, nullable=False),
    Column("head_size", Integer, nullable=False),
    Column("read_to", BigInteger, nullable=False),
)
"""How far each journal has been read; written together with the rows that come from it."""

journals = Table(
    "journals",
    metadata,
    Column("linkedid", Text, primary_key=True),
    Column("complete", Boolean, nullable=False),
    Column("lines", LargeBinary, nullable=False),
    _text("first_place"),
    _text("last_place"),
    Index("ix_journals_last_place", "last_place"),
    Index("ix_journals_open", "linkedid", sqlite_where=text("NOT complete"), postgresql_where=text("NOT complete")),
)
"""The journal lines of each call as `cdr.journal_lines` puts them together; compressed once the call is over.

The places are those of the first and the last line, as `cdr.places` writes them; `""` in rows of older releases.
"""

marks = Table(
    "marks",
    metadata,
    Column("digest", Text, primary_key=True),
    Column("node", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("place", Text, nullable=False),
    Column("file", Text, nullable=False),
    Column("byte_offset", BigInteger, nullable=False),
    Column("line", LargeBinary, nullable=False),
    Index("ix_marks_place", "place"),
)
"""The journal lines that act on all calls of a PBX, `node` (see `cdr.marks`). `digest` is the SHA-256 of the line."""

quarantine = Table(
    "quarantine",
    metadata,
    Column("digest", Text, primary_key=True),
    Column("byte_offset", BigInteger, primary_key=True, autoincrement=False),
    Column("file", Text, nullable=False),
    Column("reason", Text, nullable=False),
    Column("line", LargeBinary, nullable=False),
)
"""Pieces of the journal that are no events. `digest` is the SHA-256 of the piece."""

calls = Table(
    "calls",
    metadata,
    Column("linkedid", Text, primary_key=True),
    _text("service"),
    _text("number"),
    _text("caller"),
    _text("language"),
    Column("started_us", BigInteger, nullable=False),
    Column("answered_us", BigInteger),
    Column("connected_us", BigInteger),
    Column("ended_us", BigInteger),
    Column("seen_until_us", BigInteger, nullable=False),
    Column("menu_us", BigInteger, nullable=False),
    Column("waiting_us", BigInteger, nullable=False),
    Column("talking_us", BigInteger, nullable=False),
    _text("path"),
    _text("first_destination"),
    _text("last_destination"),
    _text("answered_by"),
    Column("disposition", Text, nullable=False),
    _text("hung_up_by"),
    Column("hangup_cause", Integer),
    Column("led_by", Text, nullable=False),
    _text("rules"),
    _text("engine"),
    Column("complete", Boolean, nullable=False),
    Column("stepped_us", BigInteger, nullable=False, default=0, server_default="0"),
    CheckConstraint("menu_us + waiting_us + talking_us = coalesce(ended_us, seen_until_us) - started_us", name="sum"),
    CheckConstraint("menu_us >= 0 AND waiting_us >= 0 AND talking_us >= 0", name="spans"),
    Index("ix_calls_service_started_us", "service", "started_us"),
    Index("ix_calls_started_us", "started_us"),
)
"""One row per call."""

steps = Table(
    "steps",
    metadata,
    _of_call(),
    _place(),
    Column("at_us", BigInteger, nullable=False),
    Column("kind", Text, nullable=False),
    _text("name"),
    _text("value"),
    _text("reason"),
    _text("rule"),
)
"""What the caller met, in order."""

redirections = Table(
    "redirections",
    metadata,
    _of_call(),
    _place(),
    Column("at_us", BigInteger, nullable=False),
    _text("from_destination"),
    _text("from_phone"),
    _text("to_destination"),
    _text("to_phone"),
    _text("reason"),
)
"""Changes of the dialled phone or destination, in order."""

legs = Table(
    "legs",
    metadata,
    _of_call(),
    _place(),
    Column("uniqueid", Text, nullable=False),
    _text("channel"),
    Column("role", Text, nullable=False),
    _text("phone"),
    _text("destination"),
    Column("started_us", BigInteger, nullable=False),
    Column("answered_us", BigInteger),
    Column("ended_us", BigInteger),
    Column("hangup_cause", Integer),
)
"""The channels of the call, in order."""

announcements = Table(
    "announcements",
    metadata,
    _of_call(),
    _place(),
    Column("announcement", Text, nullable=False),
    _text("prompt"),
    Column("heard", Text, nullable=False),
    _text("hung_up"),
    Index("ix_announcements_announcement", "announcement"),
)
"""The announcements of each call, in order, for counting; `hung_up` is `during` or `after` where the caller did so."""

CHILDREN = (steps, redirections, legs, announcements)
