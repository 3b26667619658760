"""Vectors in PostgreSQL with pgvector: one copy for all processes and machines. This file owns the SQL.

Each build is a table of its own, named by its content and filled in one transaction; `dlstart_current` is the one
row that says which build is the newest. Whoever reads a build holds a shared advisory lock on it, and what nobody
reads any more is dropped when another one becomes current.
"""

from __future__ import annotations

import hashlib
import json
import weakref
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, LiteralString, Self

import numpy as np

from index.database import GONE, connect, open_pool, problems
from index.encoder import Vectors
from index.errors import IndexProblem, IndexStale
from index.types import ViewKind
from index.vectors import Kind, Ranked, to_unit

if TYPE_CHECKING:
    from psycopg import Connection
    from psycopg.sql import Composed

EXACT_UP_TO = 50_000
_MOST_DIMENSIONS = 2_000
_LEAST_VERSION = (0, 8)
_LOCK = 0x646C7374
_DEPTH = 100
_RANK = 60

_LEAST_WIDTH, _MOST_WIDTH = 200, 1_000
# The graph goes on until it has as many rows as are asked for; compiling a statement costs more than it saves.
_SETTINGS = ("SET hnsw.iterative_scan = relaxed_order", "SET jit = off")
_WIDTH = "SELECT set_config('hnsw.ef_search', %s, false)"
_PREPARE = (
    "CREATE EXTENSION IF NOT EXISTS vector",
    """CREATE TABLE IF NOT EXISTS dlstart_builds (
    name text PRIMARY KEY, kind text NOT NULL, rows int NOT NULL, dimension int NOT NULL, encoder text NOT NULL,
    built_at timestamptz NOT NULL DEFAULT now())""",
    """CREATE TABLE IF NOT EXISTS dlstart_current (
    one boolean PRIMARY KEY DEFAULT true CHECK (one), name text NOT NULL REFERENCES dlstart_builds)""",
)
_TABLE = """
CREATE TABLE {table} (
    position int PRIMARY KEY, key bytea NOT NULL, chunk text NOT NULL, kind text NOT NULL, owners text[] NOT NULL,
    text text NOT NULL, words tsvector GENERATED ALWAYS AS (to_tsvector('english', text)) STORED,
    embedding vector({dimension}) NOT NULL)
"""
# A row with a long text is more than PostgreSQL keeps in one piece: then the text moves out, not the vector.
_INLINE = "ALTER TABLE {table} ALTER embedding SET STORAGE MAIN"
_COPY = "COPY {table} (position, key, chunk, kind, owners, text, embedding) FROM STDIN (FORMAT BINARY)"
_TYPES = ("int4", "bytea", "text", "text", "text[]", "text", "vector")
_BUILT = "INSERT INTO dlstart_builds (name, kind, rows, dimension, encoder) VALUES (%s, %s, %s, %s, %s)"
_GRAPH = "CREATE INDEX ON {table} USING hnsw (embedding vector_ip_ops)"
_WORDS = "CREATE INDEX ON {table} USING gin (words)"
_MAKE_CURRENT = """
INSERT INTO dlstart_current (name) VALUES (%s) ON CONFLICT (one) DO UPDATE SET name = excluded.name
"""
_CURRENT = """
SELECT name, kind, rows, dimension FROM dlstart_builds JOIN dlstart_current USING (name) WHERE encoder = %s
"""
# A row of zeros has no angle: `<=>` gives NaN, and its graph leaves the row out. On unit rows `<#>`, minus the inner
# product, is minus the cosine, and zero for such a row.
_NEAREST = """
SELECT position, -distance FROM (
    SELECT position, embedding <#> %(vector)s AS distance FROM {table} ORDER BY distance LIMIT {k}) AS nearest
ORDER BY distance, position
"""
# One value, four bytes a row, read without a loop.
_COSINES = """
SELECT string_agg(float4send((-(embedding <#> %s))::float4), ''::bytea ORDER BY position) FROM {table}
"""
_KEYS = "SELECT string_agg(key, ''::bytea ORDER BY position) FROM {table}"
_ROWS = "COPY (SELECT embedding FROM {table} ORDER BY position) TO STDOUT (FORMAT BINARY)"
_HYBRID = """
WITH nearest AS (
    SELECT position, row_number() OVER (ORDER BY distance, position) AS rank FROM (
        SELECT position, embedding <#> %(vector)s AS distance FROM {table}
        WHERE chunk <> '' AND (%(owners)s::text[] IS NULL OR owners && %(owners)s)
        ORDER BY distance LIMIT {depth}) AS by_meaning),
told AS (
    SELECT position, row_number() OVER (ORDER BY score DESC, position) AS rank FROM (
        SELECT position, ts_rank(words, query, 1) AS score
        FROM {table}, CAST(replace(plainto_tsquery('english', %(question)s)::text, '&', '|') AS tsquery) AS query
        WHERE words @@ query AND chunk <> '' AND (%(owners)s::text[] IS NULL OR owners && %(owners)s)
        ORDER BY score DESC, position LIMIT {depth}) AS by_words),
fused AS (
    SELECT position, sum(1.0 / ({rank} + rank))::float8 AS score
    FROM (SELECT * FROM nearest UNION ALL SELECT * FROM told) AS either GROUP BY position)
SELECT chunk, kind, score FROM (
    SELECT DISTINCT ON (chunk) chunk, kind, score, position FROM fused JOIN {table} USING (position)
    ORDER BY chunk, score DESC, position) AS best
ORDER BY score DESC, position LIMIT {k}
"""


@dataclass(frozen=True, slots=True)
class Line:
    """What stands beside a vector."""

    key: bytes = b""
    """Hash of its text and of how it is encoded."""
    chunk: str = ""
    """Id of its chunk; empty for an example, which the hybrid search leaves out."""
    kind: str = ""
    """What sort of view it is."""
    owners: tuple[str, ...] = ()
    """Ids of the sections and resources that it speaks for."""
    text: str = ""
    """Its words."""


@dataclass(frozen=True, slots=True)
class Match:
    """A chunk that the hybrid search found."""

    chunk: str
    """Its id."""
    kind: ViewKind
    """Which sort of its views fitted best."""
    score: float
    """Sum of 1 / (60 + rank) over the two lists; only the order means anything."""


@dataclass(frozen=True, slots=True)
class Build:
    """One build in the database, as the index's file names it: no address, so no password."""

    name: str
    """Its table, by its content."""
    kind: Kind
    """`flat`: every row is compared; `hnsw`: a graph."""
    rows: int
    """How many vectors."""
    dimension: int
    """Length of a vector."""


class PostgresVectors:
    """One build, searched in the database: exact up to 50,000 rows, a graph (HNSW) above."""

    def __init__(self, url: str, build: Build) -> None:
        """Raises IndexStale where the database doesn't hold the build, VectorsUnavailable where it is not there."""

        def make_ready(connection: Connection[Any]) -> None:
            _make_ready(connection)
            _hold(connection, build)

        self.build = build
        self.kind: Kind = build.kind
        self.url = url
        self._pool = open_pool(url, make_ready)
        self.close = weakref.finalize(self, self._pool.close)
        """Let the connections go, and with them the hold on the build; the last reference does, too."""

    @classmethod
    def of(
        cls,
        vectors: Vectors,
        url: str,
        lines: Sequence[Line] = (),
        encoder: str = "",
        kind: Kind | None = None,
    ) -> Self:
        """Hold float32 (n, dimension) beside the builds that are there; `lines`: one a row, or none at all.

        What the database has already is not written again. `make_current` swaps it in.
        """
        rows = to_unit(vectors)
        lines = lines or [Line()] * len(rows)
        if kind is None:
            few = len(rows) <= EXACT_UP_TO or rows.shape[1] > _MOST_DIMENSIONS
            kind = "flat" if few else "hnsw"
        build = Build(_name(rows, lines, f"{kind} {encoder}"), kind, len(rows), rows.shape[1])
        with connect(url) as connection:
            _prepare(connection)
            if _value(connection, "SELECT name FROM dlstart_builds WHERE name = %s", build.name) is None:
                _fill(connection, build, rows, lines, encoder)
            _hold(connection, build)
            connection.commit()
            return cls(url, build)

    @classmethod
    def read(cls, path: Path, url: str) -> Self:
        """Open the build that a written file names. Raises OSError or ValueError for another file."""
        try:
            build = Build(**json.loads(path.read_text("utf-8")))
        except (TypeError, ValueError) as error:
            raise ValueError(f"{path} names no vectors") from error
        return cls(url, build)

    def write(self, path: Path) -> None:
        """Write to a file which build it is. Raises OSError."""
        path.write_text(json.dumps(asdict(self.build)) + "\n", "utf-8")

    def make_current(self) -> None:
        """Let this build be the newest one, and drop those that nobody reads any more: in one transaction."""
        with connect(self.url) as connection:
            _prepare(connection)
            connection.execute(_MAKE_CURRENT, [self.build.name])
            others = connection.execute("SELECT name FROM dlstart_builds WHERE name <> %s", [self.build.name])
            for (name,) in others.fetchall():
                if _value(connection, "SELECT pg_try_advisory_xact_lock(%s, hashtext(%s))", _LOCK, name):
                    connection.execute(_sql("DROP TABLE IF EXISTS {table}", name))
                    connection.execute("DELETE FROM dlstart_builds WHERE name = %s", [name])

    def search(self, queries: Vectors, k: int) -> Ranked:
        """The k nearest rows of each query: cosines (q, k), descending; positions (q, k)."""
        scores = np.full((len(queries), k), -np.inf, dtype=np.float32)
        positions = np.full((len(queries), k), -1, dtype=np.int64)
        statement = _sql(_NEAREST, self.build.name, k=k)
        with problems(self.url), self._pool.connection() as connection:
            connection.execute(_WIDTH, [str(min(max(k, _LEAST_WIDTH), _MOST_WIDTH))])
            for n, query in enumerate(to_unit(queries)):
                found = connection.execute(statement, {"vector": query}, binary=True).fetchall()
                if found:
                    positions[n, : len(found)], scores[n, : len(found)] = zip(*found, strict=True)
        return scores, positions

    def cosines(self, query: Vectors) -> Vectors:
        """The cosine (n,) of every row to one unit query (dimension,), in order: the database compares them all."""
        with problems(self.url), self._pool.connection() as connection:
            content = _value(connection, _sql(_COSINES, self.build.name), query) or b""
        return np.frombuffer(content, dtype=">f4").astype(np.float32)

    def rows(self) -> Vectors:
        """All rows, float32 (n, dimension), unit, read only, in order; fetched: for a build, not for a question."""
        with problems(self.url), self._pool.connection() as connection:
            return _fetch(connection, self.build)

    def hybrid(self, question: str, vector: Vectors, k: int, owners: Sequence[str] = ()) -> list[Match]:
        """The k best chunks by meaning and by words, fused by rank (RRF) in one statement, best first.

        `owners`: only by views that speak for one of these sections or resources.
        """
        statement = _sql(_HYBRID, self.build.name, k=k, depth=max(_DEPTH, 5 * k), rank=_RANK)
        given = {"vector": to_unit(vector[None, :])[0], "question": question, "owners": list(owners) or None}
        with problems(self.url), self._pool.connection() as connection:
            connection.execute(_WIDTH, [str(_LEAST_WIDTH)])
            return [Match(*row) for row in connection.execute(statement, given)]

    def __len__(self) -> int:
        return self.build.rows


def read_current(url: str, encoder: str) -> tuple[bytes, Vectors] | None:
    """Keys and vectors of the newest build, where that encoder made it: so that no machine encodes them again."""
    with connect(url) as connection:
        if _value(connection, "SELECT to_regclass('dlstart_current')") is None:
            return None
        found = connection.execute(_CURRENT, [encoder]).fetchone()
        if found is None:
            return None
        build = Build(*found)
        _hold(connection, build)
        return _value(connection, _sql(_KEYS, build.name)) or b"", _fetch(connection, build)


def _name(rows: Vectors, lines: Sequence[Line], made: str) -> str:
    content = hashlib.sha256(f"{made} {rows.shape}".encode())
    content.update(rows.data)
    for line in lines:
        content.update(repr(line).encode("utf-8", "replace"))
    return f"dlstart_vectors_{content.hexdigest()[:12]}"


def _prepare(connection: Connection[Any]) -> None:
    """What every build needs. Builds wait for each other here, until their transaction ends."""
    connection.execute("SELECT pg_advisory_xact_lock(%s, 0)", [_LOCK])
    for statement in _PREPARE:
        connection.execute(statement)
    version = str(_value(connection, "SELECT extversion FROM pg_extension WHERE extname = 'vector'"))
    if tuple(int(part) for part in version.split(".")[:2]) < _LEAST_VERSION:
        raise IndexProblem(f"the database has pgvector {version}, not 0.8", "ALTER EXTENSION vector UPDATE")


def _fill(
    connection: Connection[Any], build: Build, rows: Vectors, lines: Sequence[Line], encoder: str
) -> None:
    _make_ready(connection)
    connection.execute(_sql(_TABLE, build.name, dimension=build.dimension))
    connection.execute(_sql(_INLINE, build.name))
    with connection.cursor().copy(_sql(_COPY, build.name)) as copy:
        copy.set_types(_TYPES)
        for position, (line, row) in enumerate(zip(lines, rows, strict=True)):
            # PostgreSQL keeps no NUL in a text.
            text = line.text.replace("\0", " ")
            copy.write_row((position, line.key, line.chunk, line.kind, list(line.owners), text, row))
    if build.kind == "hnsw":
        connection.execute(_sql(_GRAPH, build.name))
    connection.execute(_sql(_WORDS, build.name))
    connection.execute(_sql("ANALYZE {table}", build.name))
    connection.execute(_BUILT, [build.name, build.kind, build.rows, build.dimension, encoder])


def _fetch(connection: Connection[Any], build: Build) -> Vectors:
    """All rows, out of PostgreSQL's binary format: 19 bytes of header, 10 before each vector."""
    with connection.cursor().copy(_sql(_ROWS, build.name)) as copy:
        content = b"".join(copy)
    record = np.dtype([("before", "V10"), ("row", ">f4", (build.dimension,))])
    read = np.frombuffer(content[19 : 19 + build.rows * record.itemsize], record)
    rows: Vectors = read["row"].astype(np.float32)
    rows.flags.writeable = False
    return rows


def _hold(connection: Connection[Any], build: Build) -> None:
    """Keep a build from being dropped while this connection lives. Raises IndexStale where it is gone."""
    connection.execute("SELECT pg_advisory_lock_shared(%s, hashtext(%s))", [_LOCK, build.name])
    if _value(connection, "SELECT to_regclass(%s)", build.name) is None:
        raise IndexStale(GONE)


def _make_ready(connection: Connection[Any]) -> None:
    """Vectors in and out as arrays, and how the graph is searched."""
    from pgvector.psycopg import register_vector

    register_vector(connection)
    for setting in _SETTINGS:
        connection.execute(setting)


def _sql(statement: LiteralString, table: str, **numbers: int) -> Composed:
    from psycopg import sql

    # A limit that is a parameter would hide from the planner that the graph answers it.
    literals = {name: sql.Literal(number) for name, number in numbers.items()}
    return sql.SQL(statement).format(table=sql.Identifier(table), **literals)


def _value(connection: Connection[Any], statement: Composed | LiteralString, *given: object) -> Any:
    """The one value that a statement gives; None where it gives no row."""
    row = connection.execute(statement, given).fetchone()
    return row[0] if row else None
