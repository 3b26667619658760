"""The workspaces that have installed the Slack app, in the same database as everything else."""

from __future__ import annotations

import logging

from slack_sdk.oauth.installation_store.sqlalchemy import AsyncSQLAlchemyInstallationStore
from slack_sdk.oauth.state_store.sqlalchemy import AsyncSQLAlchemyOAuthStateStore
from sqlalchemy.exc import SQLAlchemyError

from assistant.errors import Unavailable
from assistant.settings import Settings
from assistant.stores.sql import database_url, make_engine

log = logging.getLogger("dlstart.store")

_STATE_SECONDS = 600
"""How long an installation may take between its two pages."""


class Installations:
    """Slack's own stores over our engine. Their tables are theirs: the library makes them."""

    def __init__(self, settings: Settings) -> None:
        self._engine = make_engine(database_url(settings))
        self.workspaces = AsyncSQLAlchemyInstallationStore(settings.slack_client_id, self._engine)
        self.states = AsyncSQLAlchemyOAuthStateStore(_STATE_SECONDS, self._engine)
        self._made = False

    async def open(self) -> None:
        """Make the tables, where they are not there. Raises Unavailable."""
        if self._made:
            return
        try:
            try:
                await self._make()
            except SQLAlchemyError:
                # Two processes that start together both want to make them; the second one finds them made.
                await self._make()
        except (SQLAlchemyError, OSError) as error:
            log.error("the database of the Slack workspaces can't be used (%s)", type(error).__name__)
            raise Unavailable("the Slack workspaces can't be read right now", "try again later") from error
        self._made = True

    async def close(self) -> None:
        """Let the database go."""
        await self._engine.dispose()

    async def _make(self) -> None:
        for store in (self.workspaces, self.states):
            async with self._engine.begin() as connection:
                await connection.run_sync(store.metadata.create_all)
