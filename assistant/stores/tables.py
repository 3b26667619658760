"""The tables. A change here needs a migration beside it; a test compares the two."""

from __future__ import annotations

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

HEAD = "0003"
"""Newest migration: a database at this revision needs none."""

metadata = MetaData()

conversations = Table(
    "conversations",
    metadata,
    Column("id", String(64), primary_key=True),
    Column("channel", String(32), nullable=False),
    Column("profile", JSON, nullable=False),
    Column("created_at", DateTime(timezone=True), nullable=False),
    Column("updated_at", DateTime(timezone=True), nullable=False, index=True),
)

answers = Table(
    "answers",
    metadata,
    Column("id", String(64), primary_key=True),
    Column("conversation_id", ForeignKey("conversations.id", ondelete="CASCADE"), nullable=False),
    Column("created_at", DateTime(timezone=True), nullable=False, index=True),
    Column("channel", String(32), nullable=False),
    Column("question", Text, nullable=False),
    Column("outcome", String(16), nullable=False),
    Column("text", Text, nullable=False),
    Column("citations", JSON, nullable=False),
    Column("suggestions", JSON, nullable=False),
    Column("clarified", Boolean, nullable=False),
    Column("confidence", Float, nullable=False),
    Column("generator", String(200), nullable=False),
    Column("timings_ms", JSON, nullable=False),
    Index("ix_answers_conversation", "conversation_id", "created_at"),
)

feedback = Table(
    "feedback",
    metadata,
    Column("answer_id", ForeignKey("answers.id", ondelete="CASCADE"), primary_key=True),
    Column("value", String(8), nullable=False),
    Column("reason", String(200)),
    Column("comment", Text),
    Column("created_at", DateTime(timezone=True), nullable=False),
    Column("person", String(64), index=True),
)

people = Table(
    "people",
    metadata,
    Column("person", String(64), primary_key=True),
    Column("conversation_id", ForeignKey("conversations.id", ondelete="CASCADE"), primary_key=True),
)

claims = Table(
    "claims",
    metadata,
    Column("key", String(300), primary_key=True),
    Column("expires_at", DateTime(timezone=True), nullable=False, index=True),
)

replies = Table(
    "replies",
    metadata,
    Column("key", String(64), primary_key=True),
    Column("fingerprint", String(64), nullable=False),
    Column("body", JSON(none_as_null=True)),
    Column("conversation_id", String(64), index=True),
    Column("expires_at", DateTime(timezone=True), nullable=False, index=True),
)
