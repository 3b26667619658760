"""Print answers to labelled dialogues, with their labels in place of reading and ranking.

python -m tests.answering.preview FILE… [--limit N] [--acts about,why] [--seed N]
"""

from __future__ import annotations

import argparse
import asyncio
import json
import random
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from assistant.answering.speaker import Speaker
from assistant.cite import Draft
from assistant.dialogue.request import Request
from assistant.dialogue.state import Shown, State
from assistant.evidence import Evidence
from assistant.lexicon import Lexicon
from assistant.service import Assistant
from assistant.settings import read_settings
from assistant.types import Profile
from assistant.understanding.reading import Reading, Statement
from index.search import Found


@dataclass(frozen=True, slots=True)
class Labelled:
    """A candidate as a label gives it."""

    id: str
    """Its id."""
    utility: float
    """How good the label calls it."""
    excluded: str | None = None
    """Why it must not be recommended."""


def request_of(turn: Mapping[str, Any], state: State, learner: Profile) -> Request:
    """The request that the labels of a turn describe."""
    says = [Statement(*text.split(":", 1)) for text in turn["says"] if not text.startswith("undo:")]
    reading = Reading(turn["user"], {turn["act"]: 1.0}, says=tuple(says), wants=tuple(turn["want"]))
    context = f"{state.last.message} {turn['user']}" if state.last else turn["user"]
    return Request(
        reading,
        turn["act"],
        turn["user"],
        context,
        tuple(turn["refs"]),
        tuple(turn["aspects"]),
        tuple(turn["want"]),
        learner,
        state,
    )


def ranked_of(turn: Mapping[str, Any], found: Found) -> list[Labelled]:
    """The labelled resources, those that a good answer shows first; then what the search has, far behind."""
    masked = {text.split(":", 1)[1] for text in turn["says"] if text.startswith(("done:", "refuses:"))}
    masked |= {want[4:] for want in turn["want"] if want.startswith("not:")}
    ids = dict.fromkeys((*turn["shown"], *turn["resources"], *turn["additions"]))
    labelled = [Labelled(id, 0.9 - 0.05 * n) for n, id in enumerate(ids)]
    rest = [Labelled(id, 0.1 * p) for id, p in found.resources if id not in ids]
    return [replace(one, excluded="done" if one.id in masked else None) for one in (*labelled, *rest)]


def play(assistant: Assistant, dialogue: Mapping[str, Any]) -> Iterator[tuple[str, Request, Draft]]:
    """The answers to one dialogue, turn by turn."""
    speaker = Speaker(Evidence(assistant.corpus, assistant.searcher.index, Lexicon(assistant.corpus)))
    state, learner = State(), Profile()
    for turn in dialogue["turns"]:
        for text in turn["says"]:
            if text.startswith("time:") and (digits := "".join(c for c in text if c.isdigit())):
                learner = replace(learner, hours_per_week=float(digits))
        request = request_of(turn, replace(state, learner=learner), learner)
        alone = asyncio.run(assistant.searcher.find(request.query))
        context = asyncio.run(assistant.searcher.find(request.context))
        draft = Draft("", ())
        if turn["outcome"] == "answered":
            spoken = speaker.say(request, alone, context, ranked_of(turn, context))
            draft = spoken.draft
            quotes = state.quotes | {citation.quote for citation in draft.citations}
            shown = Shown(turn["user"], turn["act"], "answered", items=spoken.items or tuple(turn["shown"]))
            state = State((*state.turns, shown), learner, quotes)
        yield turn["user"], request, draft


def main() -> None:
    """Print answers of chosen dialogues."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("files", nargs="+", type=Path)
    parser.add_argument("--limit", type=int, default=10)
    parser.add_argument("--acts", default="")
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    assistant = Assistant.open(read_settings())
    dialogues = [json.loads(line) for path in options.files for line in path.read_text("utf-8").splitlines()]
    random.Random(options.seed).shuffle(dialogues)
    for dialogue in dialogues[: options.limit]:
        print(f"\n===== {dialogue['id']}: {dialogue['style']}")
        for message, request, draft in play(assistant, dialogue):
            if options.acts and request.act not in options.acts.split(","):
                continue
            print(f"\n> {message}   <{request.act} {','.join(request.aspects)} {','.join(request.wants)}>")
            print(draft.text or "(no text)")
            print(f"  -- {len(draft.text.split())} words")


if __name__ == "__main__":
    main()
