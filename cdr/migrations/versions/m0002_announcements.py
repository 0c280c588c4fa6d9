"""What was heard of announcements, by call. Calls of older stores had none: their journals do not know the event."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the table."""
    op.create_table(
        "announcements",
        sa.Column("linkedid", sa.Text, nullable=False),
        sa.Column("place", sa.Integer, nullable=False, autoincrement=False),
        sa.Column("announcement", sa.Text, nullable=False),
        sa.Column("prompt", sa.Text, nullable=False, server_default=""),
        sa.Column("heard", sa.Text, nullable=False),
        sa.Column("hung_up", sa.Text, nullable=False, server_default=""),
        sa.PrimaryKeyConstraint("linkedid", "place", name="pk_announcements"),
        sa.ForeignKeyConstraint(["linkedid"], ["calls.linkedid"], name="fk_announcements_linkedid", ondelete="CASCADE"),
    )
    op.create_index("ix_announcements_announcement", "announcements", ["announcement"])


def downgrade() -> None:
    """Drop the table."""
    op.drop_table("announcements")
