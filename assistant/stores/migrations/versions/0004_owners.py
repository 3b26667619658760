"""Whose a conversation is: the API key or the channel that began it."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the column. Older conversations belong to nobody with a key; Slack's stay Slack's."""
    # With a default, so that an older version still running beside this one can write.
    op.add_column("conversations", sa.Column("owner", sa.String(64), nullable=False, server_default="anyone"))
    op.execute("UPDATE conversations SET owner = 'slack' WHERE channel = 'slack'")


def downgrade() -> None:
    """Drop it."""
    op.drop_column("conversations", "owner")
