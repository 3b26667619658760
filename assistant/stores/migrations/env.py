"""Runs the migrations on a connection that `assistant.stores.migrate` hands over."""

from __future__ import annotations

from alembic import context

from assistant.stores.tables import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    # SQLite can't alter most things in place.
    render_as_batch=True,
)
with context.begin_transaction():
    context.run_migrations()
