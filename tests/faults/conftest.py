"""A PostgreSQL to break."""

from __future__ import annotations

from tests.contracts.conftest import postgresql, postgresql_url

__all__ = ["postgresql", "postgresql_url"]
