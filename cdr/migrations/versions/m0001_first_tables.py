"""The first tables. Written out in full: a migration never follows later changes of `cdr.store.tables`."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make all tables."""
    _make_positions()
    make_journals()
    make_calls()
    make_children()


def downgrade() -> None:
    """Drop all tables."""
    for name in ("legs", "redirections", "steps", "calls", "quarantine", "journals", "positions"):
        op.drop_table(name)


def _number(name: str, *, nullable: bool = False) -> sa.Column[int]:
    return sa.Column(name, sa.BigInteger, nullable=nullable)


def _small(name: str) -> sa.Column[int]:
    return sa.Column(name, sa.Integer)


def _text(name: str) -> sa.Column[str]:
    return sa.Column(name, sa.Text, nullable=False, server_default="")


def _needed(name: str) -> sa.Column[str]:
    return sa.Column(name, sa.Text, nullable=False)


def _make_positions() -> None:
    op.create_table(
        "positions",
        _needed("journal"),
        _needed("head"),
        sa.Column("head_size", sa.Integer, nullable=False),
        _number("read_to"),
        sa.PrimaryKeyConstraint("journal", name="pk_positions"),
    )
    op.create_table(
        "quarantine",
        _needed("digest"),
        _number("byte_offset"),
        _needed("file"),
        _needed("reason"),
        sa.Column("line", sa.LargeBinary, nullable=False),
        sa.PrimaryKeyConstraint("digest", "byte_offset", name="pk_quarantine"),
    )


def make_journals() -> None:
    """Make the table of the calls' lines."""
    op.create_table(
        "journals",
        _needed("linkedid"),
        sa.Column("complete", sa.Boolean, nullable=False),
        sa.Column("lines", sa.LargeBinary, nullable=False),
        sa.PrimaryKeyConstraint("linkedid", name="pk_journals"),
    )


def make_calls() -> None:
    """Make the table of calls."""
    op.create_table(
        "calls",
        _needed("linkedid"),
        *map(_text, ("service", "number", "caller", "language")),
        _number("started_us"),
        *(_number(name, nullable=True) for name in ("answered_us", "connected_us", "ended_us")),
        *map(_number, ("seen_until_us", "menu_us", "waiting_us", "talking_us")),
        *map(_text, ("path", "first_destination", "last_destination", "answered_by")),
        _needed("disposition"),
        _text("hung_up_by"),
        _small("hangup_cause"),
        _needed("led_by"),
        *map(_text, ("rules", "engine")),
        sa.Column("complete", sa.Boolean, nullable=False),
        sa.PrimaryKeyConstraint("linkedid", name="pk_calls"),
        sa.CheckConstraint(
            "menu_us + waiting_us + talking_us = coalesce(ended_us, seen_until_us) - started_us",
            name=op.f("ck_calls_sum"),
        ),
        sa.CheckConstraint("menu_us >= 0 AND waiting_us >= 0 AND talking_us >= 0", name=op.f("ck_calls_spans")),
    )
    op.create_index("ix_calls_service_started_us", "calls", ["service", "started_us"])
    op.create_index("ix_calls_started_us", "calls", ["started_us"])


def _make_child(name: str, *columns: sa.Column[int] | sa.Column[str]) -> None:
    op.create_table(
        name,
        _needed("linkedid"),
        sa.Column("place", sa.Integer, nullable=False, autoincrement=False),
        *columns,
        sa.PrimaryKeyConstraint("linkedid", "place", name=f"pk_{name}"),
        sa.ForeignKeyConstraint(["linkedid"], ["calls.linkedid"], name=f"fk_{name}_linkedid", ondelete="CASCADE"),
    )


def make_children() -> None:
    """Make the tables of steps, redirections and legs."""
    _make_child("steps", _number("at_us"), _needed("kind"), *map(_text, ("name", "value", "reason", "rule")))
    ends = ("from_destination", "from_phone", "to_destination", "to_phone", "reason")
    _make_child("redirections", _number("at_us"), *map(_text, ends))
    _make_child(
        "legs",
        _needed("uniqueid"),
        _text("channel"),
        _needed("role"),
        *map(_text, ("phone", "destination")),
        _number("started_us"),
        *(_number(name, nullable=True) for name in ("answered_us", "ended_us")),
        _small("hangup_cause"),
    )
