"""The tables. A change here needs a migration beside it; a test compares the two."""

from __future__ import annotations

from typing import Any

from sqlalchemy import (
    JSON,
    Boolean,
    Column,
    DateTime,
    Float,
    ForeignKey,
    Index,
    MetaData,
    String,
    Table,
    Text,
)
from sqlalchemy.types import TypeDecorator

from assistant.mask import storable
from assistant.types import ANYONE

HEAD = "0005"
"""Newest migration: a database at this revision needs none."""

metadata = MetaData()


class _Plain:
    """Takes out of a value what no database keeps: whichever way a text came here, it never fails its row."""

    def process_bind_param(self, value: Any, dialect: Any) -> Any:
        """The value as it is stored."""
        return _storable(value)


class PlainString(_Plain, TypeDecorator[str]):
    """A String without what can't be stored."""

    impl = String
    cache_ok = True


class PlainText(_Plain, TypeDecorator[str]):
    """A Text without what can't be stored."""

    impl = Text
    cache_ok = True


class PlainJson(_Plain, TypeDecorator[Any]):
    """JSON whose texts hold nothing that can't be stored."""

    impl = JSON
    cache_ok = True


def _storable(value: Any) -> Any:
    if isinstance(value, str):
        return storable(value)
    if isinstance(value, dict):
        return {_storable(name): _storable(part) for name, part in value.items()}
    return [_storable(part) for part in value] if isinstance(value, (list, tuple)) else value


conversations = Table(
    "conversations",
    metadata,
    Column("id", PlainString(64), primary_key=True),
    Column("channel", PlainString(32), nullable=False),
    Column("owner", PlainString(64), nullable=False, server_default=ANYONE),
    Column("profile", PlainJson, nullable=False),
    Column("created_at", DateTime(timezone=True), nullable=False),
    Column("updated_at", DateTime(timezone=True), nullable=False, index=True),
)

answers = Table(
    "answers",
    metadata,
    Column("id", PlainString(64), primary_key=True),
    Column("conversation_id", ForeignKey("conversations.id", ondelete="CASCADE"), nullable=False),
    Column("created_at", DateTime(timezone=True), nullable=False, index=True),
    Column("channel", PlainString(32), nullable=False),
    Column("question", PlainText, nullable=False),
    Column("outcome", PlainString(16), nullable=False),
    Column("text", PlainText, nullable=False),
    Column("citations", PlainJson, nullable=False),
    Column("suggestions", PlainJson, nullable=False),
    Column("clarified", Boolean, nullable=False),
    Column("confidence", Float, nullable=False),
    Column("generator", PlainString(200), nullable=False),
    Column("timings_ms", PlainJson, nullable=False),
    Column("record", PlainJson(none_as_null=True)),
    Index("ix_answers_conversation", "conversation_id", "created_at"),
)

feedback = Table(
    "feedback",
    metadata,
    Column("answer_id", ForeignKey("answers.id", ondelete="CASCADE"), primary_key=True),
    Column("value", PlainString(8), nullable=False),
    Column("reason", PlainString(200)),
    Column("comment", PlainText),
    Column("created_at", DateTime(timezone=True), nullable=False),
    Column("person", PlainString(64), index=True),
)

people = Table(
    "people",
    metadata,
    Column("person", PlainString(64), primary_key=True),
    Column("conversation_id", ForeignKey("conversations.id", ondelete="CASCADE"), primary_key=True),
)

claims = Table(
    "claims",
    metadata,
    Column("key", PlainString(300), primary_key=True),
    Column("expires_at", DateTime(timezone=True), nullable=False, index=True),
)

replies = Table(
    "replies",
    metadata,
    Column("key", PlainString(64), primary_key=True),
    Column("fingerprint", PlainString(64), nullable=False),
    Column("body", PlainJson(none_as_null=True)),
    Column("conversation_id", PlainString(64), index=True),
    Column("expires_at", DateTime(timezone=True), nullable=False, index=True),
)
