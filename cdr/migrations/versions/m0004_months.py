"""Calls keyed by start, PBX and linkedid; details packed; keys, visits and passes to count; numbers, audit, cases.

What was there stays: journal lines, marks, quarantine, positions, and the rows of calls as far as they were told. All of
them are marked to be made again from their lines (`fold` 0), which the recorder does afterwards, some at a time.
Steps, redirections and legs are not moved: they come from the lines.
"""

import re
from datetime import UTC, datetime

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

_DAY = 86_400_000_000  # microseconds
_IDENTITY = re.compile(r"(?:(.+)-)?(\d{1,12})\.(\d{1,12})")
_NAME = "rtrim(linkedid, '0123456789.')"
_NODE = f"CASE WHEN {_NAME} LIKE '%-' THEN substr({_NAME}, 1, length({_NAME}) - 1) ELSE '' END"
_TOLD = (
    "service, number, caller, language, answered_us, connected_us, ended_us, seen_until_us, menu_us, waiting_us, talking_us, "
    "disposition, hung_up_by, hangup_cause, led_by, rules, engine, complete, stepped_us, path, first_destination, "
    "last_destination, answered_by"
)
_BY_MONTH = ("calls", "details", "keys", "visits", "announcements", "passes")
_SUM = "menu_us + waiting_us + talking_us = coalesce(ended_us, seen_until_us) - started_us"
_SPANS = "menu_us >= 0 AND waiting_us >= 0 AND talking_us >= 0"
_LOST = "disposition IN ('pbx_lost', 'journal_gap')"


def upgrade() -> None:
    """Make the new tables, move what is there, drop the old ones."""
    for name in ("legs", "redirections", "steps"):
        op.drop_table(name)
    _put_aside(
        calls=("ix_calls_service_started_us", "ix_calls_started_us"),
        announcements=("ix_announcements_announcement",),
        journals=("ix_journals_last_place", "ix_journals_open"),
    )
    _make_tables_by_month()
    _make_journals()
    _make_other_tables()
    _make_partitions()
    _move()
    for name in ("announcements_old", "calls_old", "journals_old"):
        op.drop_table(name)


def downgrade() -> None:
    """Go back to the tables of 0003. Steps, redirections and legs stay empty until the journals are read again."""
    for name in ("details", "keys", "visits", "passes", "numbers", "audit", "cases"):
        op.drop_table(name)
    _put_aside(
        calls=("ix_calls_lost",),
        announcements=(),
        journals=("ix_journals_started_us", "ix_journals_last_place", "ix_journals_fold", "ix_journals_open"),
    )
    from cdr.migrations.versions import m0001_first_tables as first  # noqa: PLC0415
    from cdr.migrations.versions import m0002_announcements as second  # noqa: PLC0415

    first.make_journals()
    first.make_calls()
    first.make_children()
    second.upgrade()
    _add_what_0003_added()
    _move_back()
    for name in ("announcements_old", "calls_old", "journals_old"):
        op.drop_table(name)


def _put_aside(**indexes: tuple[str, ...]) -> None:
    """Rename tables, so that new ones can be made with their names."""
    for table, names in indexes.items():
        for name in names:
            op.drop_index(name, table)
        op.rename_table(table, f"{table}_old")
        if op.get_bind().dialect.name == "postgresql":
            op.execute(f"ALTER TABLE {table}_old RENAME CONSTRAINT pk_{table} TO pk_{table}_old")


def _string() -> sa.types.TypeEngine[str]:
    return sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


def _text(*names: str) -> list[sa.Column[str]]:
    return [sa.Column(name, _string(), nullable=False, server_default="") for name in names]


def _needed(*names: str) -> list[sa.Column[str]]:
    return [sa.Column(name, _string(), nullable=False) for name in names]


def _us(*names: str, nullable: bool = False) -> list[sa.Column[int]]:
    return [sa.Column(name, sa.BigInteger, nullable=nullable, autoincrement=False) for name in names]


def _count(*names: str) -> list[sa.Column[int]]:
    return [sa.Column(name, sa.Integer, nullable=False, server_default="0") for name in names]


def _flag(name: str, default: str | None = None) -> sa.Column[bool]:
    return sa.Column(name, sa.Boolean, nullable=False, server_default=None if default is None else sa.text(default))


def _small(name: str, *, nullable: bool = False) -> sa.Column[int]:
    return sa.Column(name, sa.Integer, nullable=nullable, autoincrement=False)


def _by_month(name: str, *columns: sa.Column[int] | sa.Column[str] | sa.Column[bool] | sa.CheckConstraint) -> None:
    placed = any(isinstance(column, sa.Column) and column.name == "place" for column in columns)
    key = ("started_us", "node", "linkedid", *(["place"] if placed else []))
    op.create_table(
        name,
        *_us("started_us"),
        *_needed("node", "linkedid"),
        *columns,
        sa.PrimaryKeyConstraint(*key, name=f"pk_{name}"),
        sqlite_with_rowid=False,
        postgresql_partition_by="RANGE (started_us)",
    )


def _placed(name: str, *columns: sa.Column[int] | sa.Column[str]) -> None:
    _by_month(name, _small("place"), *_text("service"), *columns)


def _make_tables_by_month() -> None:
    _by_month(
        "calls",
        *_text("service", "number", "caller", "language"),
        *_us("answered_us", "connected_us", "ended_us", nullable=True),
        *_us("seen_until_us", "menu_us", "waiting_us", "talking_us"),
        *_us("asked_us", nullable=True),
        *_needed("disposition"),
        *_text("hung_up_by"),
        _small("hangup_cause", nullable=True),
        *_needed("led_by"),
        *_text("rules", "engine"),
        _flag("complete"),
        sa.Column("stepped_us", sa.BigInteger, nullable=False, server_default="0"),
        *_text("path", "first_key", "first_destination", "last_destination", "answered_by"),
        *_count("redirections", "transfers", "returns"),
        _flag("met_closed", "false"),
        *_text("topic", "result", "case_reference"),
        *_us("previous_us", nullable=True),
        sa.CheckConstraint(_SUM, name=op.f("ck_calls_sum")),
        sa.CheckConstraint(_SPANS, name=op.f("ck_calls_spans")),
    )
    lost = sa.text(_LOST)
    op.create_index("ix_calls_lost", "calls", ["started_us"], sqlite_where=lost, postgresql_where=lost)
    _by_month("details", *_needed("content"))
    _placed("keys", *_us("at_us"), *_text("menu", "key"), *_needed("result"), *_us("waited_us", nullable=True))
    _placed(
        "visits",
        *_us("at_us"),
        *_text("destination", "rule", "reason"),
        *_us("asked_us", "connected_us", nullable=True),
        *_us("waiting_us", "talking_us"),
        *_text("result"),
    )
    _placed("announcements", *_needed("announcement"), *_text("prompt"), *_needed("heard"), *_text("hung_up"))
    _placed("passes", *_us("at_us"), *_needed("kind"), *_text("from_phone", "target", "result", "reason"))


def _make_journals() -> None:
    op.create_table(
        "journals",
        *_needed("linkedid", "node"),
        *_us("started_us", nullable=True),
        _flag("complete"),
        *_text("first_place", "last_place"),
        *_count("fold"),
        _flag("purged", "false"),
        sa.Column("lines", sa.LargeBinary, nullable=False),
        sa.PrimaryKeyConstraint("linkedid", "node", name="pk_journals"),
    )
    if op.get_bind().dialect.name == "postgresql":  # the lines are compressed already
        op.execute("ALTER TABLE journals ALTER COLUMN lines SET STORAGE EXTERNAL")
    for name in ("started_us", "last_place", "fold"):
        op.create_index(f"ix_journals_{name}", "journals", [name])
    where = sa.text("NOT complete")
    op.create_index("ix_journals_open", "journals", ["linkedid"], sqlite_where=where, postgresql_where=where)


def _make_other_tables() -> None:
    op.create_table(
        "numbers",
        *_needed("token"),
        sa.Column("sealed", sa.LargeBinary),
        *_needed("shown"),
        *_us("seen_us"),
        sa.PrimaryKeyConstraint("token", name="pk_numbers"),
    )
    op.create_table(
        "audit",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer, "sqlite"), autoincrement=True),
        *_us("at_us"),
        *_needed("who", "what"),
        *_text("why", "object", "result"),
        sa.PrimaryKeyConstraint("id", name="pk_audit"),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_audit_at_us", "audit", ["at_us"])
    op.create_table(
        "cases",
        *_needed("source", "reference"),
        *_us("at_us"),
        *_text("service"),
        *_needed("channel"),
        *_text("topic", "status"),
        *_us("opened_us", "closed_us", nullable=True),
        sa.PrimaryKeyConstraint("source", "reference", name="pk_cases"),
    )
    op.create_index("ix_cases_at_us", "cases", ["at_us"])


def _make_partitions() -> None:
    """On PostgreSQL rows need the partition of their month before they come."""
    if op.get_bind().dialect.name != "postgresql":
        return
    days = op.get_bind().execute(sa.text(f"SELECT DISTINCT started_us / {_DAY} FROM calls_old")).scalars()  # noqa: S608
    for year, month in sorted({(day.year, day.month) for day in (_day(number) for number in days)}):
        begins = datetime(year, month, 1, tzinfo=UTC)
        ends = datetime(year + month // 12, month % 12 + 1, 1, tzinfo=UTC)
        for table in _BY_MONTH:
            limits = f"FROM ({int(begins.timestamp()) * 1_000_000}) TO ({int(ends.timestamp()) * 1_000_000})"
            op.execute(f"CREATE TABLE {table}_{year:04d}_{month:02d} PARTITION OF {table} FOR VALUES {limits}")


def _day(number: int) -> datetime:
    return datetime.fromtimestamp(number * 86400, UTC)


def _move() -> None:
    op.execute(
        "INSERT INTO journals (linkedid, node, started_us, complete, first_place, last_place, lines) "  # noqa: S608
        f"SELECT j.linkedid, {_NODE.replace('linkedid', 'j.linkedid')}, c.started_us, j.complete, j.first_place, "
        "j.last_place, j.lines FROM journals_old j LEFT JOIN calls_old c ON c.linkedid = j.linkedid"
    )
    connection = op.get_bind()
    for linkedid, node in connection.execute(sa.text("SELECT linkedid, node FROM journals")).all():
        found = _IDENTITY.fullmatch(linkedid)
        told = (found[1] or "") if found else ""
        if told != node:  # a linkedid that is none of Asterisk's
            change = sa.text("UPDATE journals SET node = :node WHERE linkedid = :linkedid")
            connection.execute(change, {"node": told, "linkedid": linkedid})
    op.execute(
        f"INSERT INTO calls (started_us, node, linkedid, {_TOLD}) "  # noqa: S608
        f"SELECT c.started_us, j.node, c.linkedid, {', '.join(f'c.{name}' for name in _TOLD.split(', '))} "
        "FROM calls_old c JOIN journals j ON j.linkedid = c.linkedid"
    )
    op.execute(
        "INSERT INTO announcements (started_us, node, linkedid, place, service, announcement, prompt, heard, hung_up) "
        "SELECT c.started_us, c.node, c.linkedid, a.place, c.service, a.announcement, a.prompt, a.heard, a.hung_up "
        "FROM announcements_old a JOIN journals j ON j.linkedid = a.linkedid JOIN calls c "
        "ON c.started_us = j.started_us AND c.node = j.node AND c.linkedid = j.linkedid"
    )


def _add_what_0003_added() -> None:
    for name in ("first_place", "last_place"):
        op.add_column("journals", sa.Column(name, sa.Text, nullable=False, server_default=""))
    op.create_index("ix_journals_last_place", "journals", ["last_place"])
    where = sa.text("NOT complete")
    op.create_index("ix_journals_open", "journals", ["linkedid"], sqlite_where=where, postgresql_where=where)
    op.add_column("calls", sa.Column("stepped_us", sa.BigInteger, nullable=False, server_default="0"))


def _move_back() -> None:
    """Of calls of several PBXs that have the same linkedid only the first PBX's is kept: 0003 cannot tell them apart."""
    one = "FROM {table} t WHERE NOT EXISTS (SELECT 1 FROM {table} o WHERE o.linkedid = t.linkedid AND o.node < t.node)"
    names = "linkedid, complete, lines, first_place, last_place"
    op.execute(f"INSERT INTO journals ({names}) SELECT {names} {one.format(table='journals_old')}")
    op.execute(
        f"INSERT INTO calls (linkedid, started_us, {_TOLD}) SELECT linkedid, started_us, {_TOLD} "
        f"{one.format(table='calls_old')}"
    )
    names = "linkedid, place, announcement, prompt, heard, hung_up"
    op.execute(f"INSERT INTO announcements ({names}) SELECT {names} {one.format(table='announcements_old')}")
