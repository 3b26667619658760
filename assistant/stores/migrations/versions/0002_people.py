"""Who took part in a conversation, and whose vote it is: so that they can see it, and delete it."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the table and the column."""
    op.create_table(
        "people",
        sa.Column("person", sa.String(64), primary_key=True),
        sa.Column(
            "conversation_id",
            sa.String(64),
            sa.ForeignKey("conversations.id", ondelete="CASCADE"),
            primary_key=True,
        ),
    )
    op.add_column("feedback", sa.Column("person", sa.String(64)))
    op.create_index("ix_feedback_person", "feedback", ["person"])


def downgrade() -> None:
    """Drop them."""
    op.drop_index("ix_feedback_person", "feedback")
    op.drop_column("feedback", "person")
    op.drop_table("people")
