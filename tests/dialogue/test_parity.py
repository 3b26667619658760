"""A conversation goes the same way, whoever keeps it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from assistant.answering.examples import DATA, to_reading
from assistant.evaluation.questions import read_dialogues
from assistant.evaluation.run import play
from assistant.lexicon import Lexicon
from assistant.lexicon import Reading as Names
from assistant.mask import mask
from assistant.service import Assistant
from assistant.store import MemoryStore
from assistant.understanding.reading import KINDS, Before, Reading
from corpus import Corpus

PATHS = [DATA / "dialogues" / f"{author}.jsonl" for author in "bcdeg"]


class LabelledReader:
    """Reads each message as its author labelled it: the same for the same words."""

    def __init__(self, paths: list[Path], corpus: Corpus) -> None:
        self._lexicon = Lexicon(corpus)
        turns = [
            turn
            for path in paths
            for line in path.read_text("utf-8").splitlines()
            for turn in json.loads(line)["turns"]
        ]
        self._labels = {mask(turn["user"].strip()): turn for turn in turns}

    def read(self, text: str, before: Before, names: Names) -> Reading:
        """As labelled; a search for what nobody has labelled."""
        labels = self._labels.get(mask(text), {"act": "find", "aspects": [], "want": [], "says": []})
        read = {
            "acts": {labels["act"]: 1.0},
            "kinds": dict.fromkeys(KINDS, 1 / len(KINDS)),
            "aspects": [(label, 1.0) for label in labels["aspects"]],
            "wants": [(label, 1.0) for label in labels["want"]],
            "says": [(label, 1.0) for label in labels["says"]],
        }
        return to_reading(text, read, self._lexicon)


@pytest.fixture
def labelled(assistant: Assistant) -> Assistant:
    """The new line, reading labels."""
    reader = LabelledReader(PATHS, assistant.corpus)
    return Assistant(assistant.corpus, assistant.searcher, reader, MemoryStore())


@pytest.mark.parametrize("path", PATHS, ids=lambda path: path.stem)
async def test_a_kept_conversation_and_a_history_give_the_same_answers(
    labelled: Assistant, path: Path
) -> None:
    compared = 0
    for dialogue in read_dialogues(path)[:8]:
        kept = await play(labelled, dialogue, "service")
        sent = await play(labelled, dialogue, "client")
        for one, other in zip(kept.turns, sent.turns, strict=True):
            a, b = one.answer, other.answer
            assert (a.outcome, a.text, a.profile) == (b.outcome, b.text, b.profile)
            assert (a.suggestions, a.clarifying_question, a.gaps) == (
                b.suggestions,
                b.clarifying_question,
                b.gaps,
            )
            compared += 1
    assert compared > 16
