"""An assistant that picks up a new index while it answers."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import AsyncIterator, Callable
from functools import partial
from pathlib import Path

from assistant.errors import AssistantError
from assistant.service import Ask, Assistant, Event
from assistant.settings import Settings
from assistant.store import Store
from assistant.texts import open_corpus
from assistant.types import Answer, Plan, Profile
from index.build import Progress
from index.encoder import Encoder, open_encoder
from index.errors import IndexProblem
from index.search import Found, Searcher, open_index
from index.store import MANIFEST

log = logging.getLogger("dlstart.service")

_EVERY_S = 1.0
_AGAIN_S = 30.0
"""Seconds after which an index that could not be opened is tried again: its files may have come after its manifest."""
_Seen = tuple[int, int, int] | None


class LiveAssistant(Assistant):
    """Looks at the manifest once a second; when it is another one, opens the new index beside the old one.

    A request is answered from first to last by the index that was there when it began. An index that can't be
    opened, or that belongs to other texts than those on disk, is left alone: the old one goes on answering, and
    the new one is tried again now and then.
    """

    def __init__(
        self, current: Assistant, settings: Settings, reach: Callable[[], Encoder] | None = None
    ) -> None:
        """`reach` opens the encoder of a new index where it is not the old one's; without it, the settings do."""
        # Not Assistant.__init__, which would read the whole corpus into a second adviser.
        self._current = current
        self._show(current)
        self._settings = settings
        self._reach = reach or partial(open_encoder, settings.encoder, settings.device, settings.index_path)
        self._seen = _look(settings.index_path)
        self._refused_at: float | None = None
        self._closed = threading.Event()
        self._refreshing = threading.Lock()
        threading.Thread(target=self._watch, name="index watch", daemon=True).start()

    @classmethod
    def open(cls, settings: Settings, progress: Progress | None = None) -> LiveAssistant:
        """Open the corpus and its index, as Assistant.open does, and watch it."""
        return cls(Assistant.open(settings, progress), settings)

    @property
    def store(self) -> Store:
        """Where conversations are kept, whichever index answers."""
        return self._current.store

    @store.setter
    def store(self, store: Store) -> None:
        self._current.store = store

    def close(self) -> None:
        """Stop watching."""
        self._closed.set()

    async def search(self, question: str, k: int = 10) -> Found:
        """The k best hits for a question."""
        return await self._current.search(question, k)

    async def warm(self) -> None:
        """Get the language model ready."""
        await self._current.warm()

    async def answer(self, ask: Ask) -> Answer:
        """Answer a question."""
        return await self._current.answer(ask)

    def stream(self, ask: Ask) -> AsyncIterator[Event]:
        """The same answer in pieces."""
        return self._current.stream(ask)

    def plan(self, profile: Profile) -> Plan:
        """A study plan for a profile."""
        return self._current.plan(profile)

    def picks_up(self) -> bool:
        """Whether the index on disk is in use, or about to be."""
        seen = _look(self._settings.index_path)
        return seen is not None and (seen != self._seen or self._refused_at is None)

    def refresh(self) -> bool:
        """Look now; whether there was another index, and it is in use."""
        with self._refreshing:
            return self._refresh()

    def _refresh(self) -> bool:
        seen = _look(self._settings.index_path)
        new = seen != self._seen
        if seen is None or not (new or self._is_due()):
            return False
        if new:
            self._seen, self._refused_at = seen, None
        try:
            current = _reopen(self._settings, self._current, self._reach)
        except Exception as problem:  # noqa: BLE001 - the watch goes on, whatever was wrong with one index
            self._refused_at = time.monotonic()
            if new:
                foreseen = isinstance(problem, (IndexProblem, AssistantError))
                why = str(problem) if foreseen else f"{type(problem).__name__}: {problem}"
                log.warning("the new index is not used", extra={"data": {"why": why}})
            return False
        self._refused_at = None
        self._show(current)
        self._current = current
        log.info("new index", extra={"data": {"built_at": current.searcher.index.manifest.built_at}})
        return True

    def _is_due(self) -> bool:
        return self._refused_at is not None and time.monotonic() - self._refused_at >= _AGAIN_S

    def _show(self, current: Assistant) -> None:
        """Let whoever only looks at the corpus see the new one; requests go through `_current`, in one step."""
        self.corpus, self.searcher = current.corpus, current.searcher
        self.adviser, self.rewriter, self.model_reader = (
            current.adviser,
            current.rewriter,
            current.model_reader,
        )

    def _watch(self) -> None:
        while not self._closed.wait(_EVERY_S):
            self.refresh()


def _look(directory: Path) -> _Seen:
    """What tells one manifest from another, cheaply."""
    try:
        found = (directory / MANIFEST).stat()
    except OSError:
        return None
    return found.st_mtime_ns, found.st_ino, found.st_size


def _reopen(settings: Settings, old: Assistant, reach: Callable[[], Encoder]) -> Assistant:
    corpus = open_corpus(settings)
    before = old.searcher
    index = open_index(settings.index_path, corpus, None, settings.vectors)
    encoder: Encoder = before.encoder
    if index.manifest.made_by != before.index.manifest.made_by:
        encoder = reach()
        index = open_index(settings.index_path, corpus, encoder, settings.vectors)
    store: Store = old.store
    rewriter = old.rewriter.over(corpus, encoder) if old.rewriter else None
    searcher = Searcher(index, encoder, settings.encoder_threads)
    return Assistant(corpus, searcher, old.reader, store, rewriter, old.model_reader)
