"""Marks, the places of lines, and steps of the clock. Lines of older stores have no place and count as written first."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the table of marks and the new columns."""
    op.create_table(
        "marks",
        *(sa.Column(name, sa.Text, nullable=False) for name in ("digest", "node", "kind", "place", "file")),
        sa.Column("byte_offset", sa.BigInteger, nullable=False),
        sa.Column("line", sa.LargeBinary, nullable=False),
        sa.PrimaryKeyConstraint("digest", name="pk_marks"),
    )
    op.create_index("ix_marks_place", "marks", ["place"])
    for name in ("first_place", "last_place"):
        op.add_column("journals", sa.Column(name, sa.Text, nullable=False, server_default=""))
    op.create_index("ix_journals_last_place", "journals", ["last_place"])
    open_calls = sa.text("NOT complete")
    op.create_index("ix_journals_open", "journals", ["linkedid"], sqlite_where=open_calls, postgresql_where=open_calls)
    op.add_column("calls", sa.Column("stepped_us", sa.BigInteger, nullable=False, server_default="0"))


def downgrade() -> None:
    """Drop them."""
    op.drop_column("calls", "stepped_us")
    for name in ("ix_journals_open", "ix_journals_last_place"):
        op.drop_index(name, "journals")
    for name in ("last_place", "first_place"):
        op.drop_column("journals", name)
    op.drop_table("marks")
