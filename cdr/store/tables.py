"""The tables of the record store, for SQLite and PostgreSQL.

Rule 1: instants (`*_us`) are whole microseconds since 1970, UTC; durations (`*_us`) whole microseconds; both 64 bits.
Rule 2: a call is keyed by when it started, its PBX (`node`) and its linkedid, in this order. So the rows of a month lie
together: on SQLite the tables are kept in the order of their key, on PostgreSQL there is one partition per UTC month.
Rule 3: `calls` and the tables below it are made from `journals` and `marks` alone and can be made again from them; only
`calls.previous_us` and what was purged cannot.
Rule 4: texts compare by their bytes on both databases.
Rule 5: a change here needs a migration and a new `SCHEMA`.
"""

from sqlalchemy import (
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    ColumnElement,
    FromClause,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
    and_,
    text,
)
from sqlalchemy.schema import SchemaItem

SCHEMA = "0004"
"""The newest revision under `migrations/versions`."""

TEXT = Text().with_variant(Text(collation="C"), "postgresql")

OPEN = text("NOT complete")
LOST = text("disposition IN ('pbx_lost', 'journal_gap')")
"""Conditions for which there is an index of only such rows: SQLite uses it where a query says the very same."""

KEY = ("started_us", "node", "linkedid")
"""The key of a call, in every table that is made from journals."""

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "pk": "pk_%(table_name)s",
    }
)


def same_call(one: FromClause, other: FromClause) -> ColumnElement[bool]:
    """Give the condition that rows of two tables belong to one call."""
    return and_(*(one.c[name] == other.c[name] for name in KEY))


def _text(name: str) -> Column[str]:
    return Column(name, TEXT, nullable=False, default="", server_default="")


def _needed(name: str) -> Column[str]:
    return Column(name, TEXT, nullable=False)


def _us(name: str) -> Column[int]:
    return Column(name, BigInteger, nullable=False)


def _us_or_null(name: str) -> Column[int]:
    return Column(name, BigInteger)


def _count(name: str) -> Column[int]:
    return Column(name, Integer, nullable=False, default=0, server_default="0")


def _flag(name: str) -> Column[bool]:
    return Column(name, Boolean, nullable=False, default=False, server_default=text("false"))


def _by_month(name: str, *content: SchemaItem) -> Table:
    """Define a table whose rows belong to a call, kept in the order of the calls' starts."""
    key = (
        Column("started_us", BigInteger, primary_key=True, autoincrement=False),
        Column("node", TEXT, primary_key=True),
        Column("linkedid", TEXT, primary_key=True),
    )
    month = "RANGE (started_us)"
    return Table(name, metadata, *key, *content, sqlite_with_rowid=False, postgresql_partition_by=month)


def _placed(name: str, *content: SchemaItem) -> Table:
    """Define a table with several rows per call, numbered by `place` from 0."""
    place = Column("place", Integer, primary_key=True, autoincrement=False)
    return _by_month(name, place, _text("service"), *content)


calls = _by_month(
    "calls",
    _text("service"),
    _text("number"),
    _text("caller"),
    _text("language"),
    _us_or_null("answered_us"),
    _us_or_null("connected_us"),
    _us_or_null("ended_us"),
    _us("seen_until_us"),
    _us("menu_us"),
    _us("waiting_us"),
    _us("talking_us"),
    _us_or_null("asked_us"),
    _needed("disposition"),
    _text("hung_up_by"),
    Column("hangup_cause", Integer),
    _needed("led_by"),
    _text("rules"),
    _text("engine"),
    Column("complete", Boolean, nullable=False),
    Column("stepped_us", BigInteger, nullable=False, default=0, server_default="0"),
    _text("path"),
    _text("first_key"),
    _text("first_destination"),
    _text("last_destination"),
    _text("answered_by"),
    _count("redirections"),
    _count("transfers"),
    _count("returns"),
    _flag("met_closed"),
    _text("topic"),
    _text("result"),
    _text("case_reference"),
    _us_or_null("previous_us"),
    CheckConstraint("menu_us + waiting_us + talking_us = coalesce(ended_us, seen_until_us) - started_us", name="sum"),
    CheckConstraint("menu_us >= 0 AND waiting_us >= 0 AND talking_us >= 0", name="spans"),
    Index("ix_calls_lost", "started_us", sqlite_where=LOST, postgresql_where=LOST),
)
"""One row per call.

`asked_us` is when the first phone was called, `redirections`, `transfers` and `returns` are counts, `met_closed` tells of
a decision whose reason was closed or override, `result` is `consulted`, `registered` or `""`. `previous_us` is the start
of the same caller's call before, kept when callers are purged; NULL until then, and where there was none.
"""

details = _by_month("details", _needed("content"))
"""What the other tables do not tell of a call: its steps, redirections and legs, as `cdr.record.details` packs them."""

keys = _placed("keys", _us("at_us"), _text("menu"), _text("key"), _needed("result"), _us_or_null("waited_us"))
"""The keys of each call in order, with those that came too late: `result` is `valid`, `invalid` or `no_input`.

`waited_us` is the time since that menu began to play; NULL where that is not known.
"""

visits = _placed(
    "visits",
    _us("at_us"),
    _text("destination"),
    _text("rule"),
    _text("reason"),
    _us_or_null("asked_us"),
    _us_or_null("connected_us"),
    _us("waiting_us"),
    _us("talking_us"),
    _text("result"),
)
"""The destinations that each call was sent to, in order, and what came of it.

`at_us` is the decision, `asked_us` when its first phone was called. `result` is `answered`, `busy`, `no_answer`,
`unreachable`, `full`, `closed`, `abandoned`, `transferred`, `left`, `message` or `""`.
"""

announcements = _placed("announcements", _needed("announcement"), _text("prompt"), _needed("heard"), _text("hung_up"))
"""The announcements of each call, in order; `hung_up` is `during` or `after` where the caller did so."""

passes = _placed(
    "passes",
    _us("at_us"),
    _needed("kind"),
    _text("from_phone"),
    _text("target"),
    _text("result"),
    _text("reason"),
)
"""Callers handed on by a person, in order.

`kind` is `blind`, `attended` or `supervisor`; `result` is `answered`, `returned`, `abandoned` or `failed`.
"""

CHILDREN = (keys, visits, announcements, passes)
"""The tables with several rows per call."""

BY_MONTH = (calls, details, *CHILDREN)
"""The tables that are keyed by the start of a call."""

journals = Table(
    "journals",
    metadata,
    Column("linkedid", TEXT, primary_key=True),
    Column("node", TEXT, primary_key=True),
    _us_or_null("started_us"),
    Column("complete", Boolean, nullable=False),
    _text("first_place"),
    _text("last_place"),
    Column("fold", Integer, nullable=False, default=0, server_default="0"),
    _flag("purged"),
    Column("lines", LargeBinary, nullable=False),
    Index("ix_journals_started_us", "started_us"),
    Index("ix_journals_last_place", "last_place"),
    Index("ix_journals_fold", "fold"),
    Index("ix_journals_open", "linkedid", sqlite_where=OPEN, postgresql_where=OPEN),
)
"""The journal lines of each call as `cdr.store.packed` puts them together; compressed once the call is over.

`started_us` is that of the call's rows, NULL if it has none. The places are those of the first and the last line, as
`cdr.journal.places` writes them; `""` in rows of older releases. `fold` is the `cdr.fold.fold.VERSION` that made the call's
rows, 0 if they must be made again. `purged` tells that a number or all lines were taken out on purpose: no line comes to the
call any more, and where `lines` is empty its rows stay as they are.
"""

marks = Table(
    "marks",
    metadata,
    Column("digest", TEXT, primary_key=True),
    _needed("node"),
    _needed("kind"),
    _needed("place"),
    _needed("file"),
    Column("byte_offset", BigInteger, nullable=False),
    Column("line", LargeBinary, nullable=False),
    Index("ix_marks_place", "place"),
)
"""The journal lines that act on all calls of a PBX, `node` (see `cdr.journal.marks`). `digest` is the SHA-256 of the line."""

quarantine = Table(
    "quarantine",
    metadata,
    Column("digest", TEXT, primary_key=True),
    Column("byte_offset", BigInteger, primary_key=True, autoincrement=False),
    _needed("file"),
    _needed("reason"),
    Column("line", LargeBinary, nullable=False),
)
"""Pieces of the journal that are no events. `digest` is the SHA-256 of the piece."""

positions = Table(
    "positions",
    metadata,
    Column("journal", TEXT, primary_key=True),
    _needed("head"),
    Column("head_size", Integer, nullable=False),
    Column("read_to", BigInteger, nullable=False),
)
"""How far each journal has been read; written together with the rows that come from it. `journal` is the source's name."""

numbers = Table(
    "numbers",
    metadata,
    Column("token", TEXT, primary_key=True),
    Column("sealed", LargeBinary),
    _needed("shown"),
    _us("seen_us"),
)
"""Citizens' numbers by the token that stands for each elsewhere.

`sealed` is the number, encrypted; NULL once it is purged, or where only tokens are kept. `shown` is the masked number,
`seen_us` the last call.
"""

audit = Table(
    "audit",
    metadata,
    Column("id", BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=True),
    _us("at_us"),
    _needed("who"),
    _needed("what"),
    _text("why"),
    _text("object"),
    _text("result"),
    Index("ix_audit_at_us", "at_us"),
    sqlite_autoincrement=True,
)
"""Who looked at a citizen's number or erased something, when and why. Rows are only ever added."""

cases = Table(
    "cases",
    metadata,
    Column("source", TEXT, primary_key=True),
    Column("reference", TEXT, primary_key=True),
    _us("at_us"),
    _text("service"),
    _needed("channel"),
    _text("topic"),
    _text("status"),
    _us_or_null("opened_us"),
    _us_or_null("closed_us"),
    Index("ix_cases_at_us", "at_us"),
)
"""Citizens' requests that came otherwise than by the calls here (web, reception, ...), imported from `source`.

`at_us` is when the request was made; `opened_us` and `closed_us` are when it was registered and settled, where told.
"""
