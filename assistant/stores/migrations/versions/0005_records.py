"""What an exchange came to: its act, topic, items, question back and learner, beside its texts."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the column. Older exchanges have none: they are read again from their texts."""
    op.add_column("answers", sa.Column("record", sa.JSON()))


def downgrade() -> None:
    """Drop it."""
    op.drop_column("answers", "record")
