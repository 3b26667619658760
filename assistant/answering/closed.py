"""What a closed question asks to be true (`free`, `paid`, `exercises`), and the verdict that a fact gives on it.

A linear classifier over hashed letters, trained by `python -m assistant.answering.closed` on `closed_questions.jsonl`
(22 languages and registers, written for it) and the corpus's own questions as `other`. Measured on the closed
questions of the annotations, which it is not trained on: see `closed_figures.json`.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from functools import cache
from pathlib import Path
from typing import Literal
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

from assistant.lexicon import Lexicon, Reading
from corpus.annotations import Verdict
from corpus.types import Corpus, Resource
from index.chunk import cut

Claim = Literal["free", "paid", "exercises", "other"]
CLAIMS: tuple[Claim, ...] = ("free", "paid", "exercises", "other")
ASPECT_OF: dict[Claim, str] = {"free": "cost", "paid": "cost", "exercises": "exercises"}
SURE = 0.7
"""Least probability at which a verdict is given."""
_FOLDER = Path(__file__).parent
_FEATURES = 8192
_LENGTHS = range(2, 6)
_STEPS, _RATE, _DECAY = 600, 0.5, 1e-5
_OTHER_WEIGHT = 0.3


def claim_of(message: Reading) -> tuple[Claim, float]:
    """What a message, with its names found, asks to be true, and how sure that is."""
    weights, bias = _weights()
    places, values = _features(without_names(message))
    scores = values @ weights[places] + bias
    odds = np.exp(scores - scores.max())
    best = int(scores.argmax())
    return CLAIMS[best], float(odds[best] / odds.sum())


def without_names(message: Reading) -> str:
    """A message in plain words, with `it` for every resource that it names."""
    words, at = [], 0
    for mention in (one for one in message.mentions if one.resources):
        words += [*message.words[at : mention.start], "it"]
        at = mention.end
    return " ".join((*words, *message.words[at:]))


def decide(claim: Claim, resource: Resource) -> Verdict | None:
    """Whether a claim is true of a resource, by its facts; None where they do not tell."""
    if claim == "exercises":
        fact = resource.fact("exercises")
        return None if fact is None else "yes" if fact.value else "no"
    price = resource.fact("price")
    if price is None or claim == "other":
        return None
    if price.value == "part":
        return "partly"
    return "yes" if (price.value == claim) else "no"


def _features(text: str) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
    """Places and values of the letter groups of a text, as a unit vector."""
    counts: dict[int, int] = {}
    for group in _groups(text):
        place = crc32(group.encode()) % _FEATURES
        counts[place] = counts.get(place, 0) + 1
    places = np.array(sorted(counts), dtype=np.int64)
    values = np.array([counts[place] for place in places.tolist()], dtype=np.float32)
    return places, values / (np.linalg.norm(values) or 1.0)


def _groups(text: str) -> Iterator[str]:
    for word in text.split():
        padded = f" {word} "
        for length in _LENGTHS:
            yield from (padded[at : at + length] for at in range(len(padded) - length + 1))


@cache
def _weights() -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Weights (features, claims) and bias (claims,)."""
    with np.load(_FOLDER / "closed.npz") as file:
        return file["weights"].astype(np.float32) * file["scale"], file["bias"]


def train(corpus: Corpus) -> None:
    """Fit the classifier and write `closed.npz` and `closed_figures.json`; the same each time."""
    lexicon = Lexicon(corpus)
    texts, labels = _examples(corpus)
    rows = np.zeros((len(texts), _FEATURES), dtype=np.float32)
    for row, text in zip(rows, texts, strict=True):
        places, values = _features(without_names(lexicon.read(text)))
        row[places] = values
    wanted = np.eye(len(CLAIMS), dtype=np.float32)[[CLAIMS.index(label) for label in labels]]
    share = np.where(np.array(labels) == "other", _OTHER_WEIGHT, 1.0).astype(np.float32)[:, None]
    weights = np.zeros((_FEATURES, len(CLAIMS)), dtype=np.float32)
    bias = np.zeros(len(CLAIMS), dtype=np.float32)
    moments = [np.zeros_like(weights), np.zeros_like(bias)]
    for _ in range(_STEPS):
        scores = rows @ weights + bias
        odds = np.exp(scores - scores.max(axis=1, keepdims=True))
        error = share * (odds / odds.sum(axis=1, keepdims=True) - wanted)
        for value, moment, slope in (
            (weights, moments[0], rows.T @ error / share.sum() + _DECAY * weights),
            (bias, moments[1], error.sum(axis=0) / share.sum()),
        ):
            moment += slope**2
            value -= _RATE * slope / (np.sqrt(moment) + 1e-6)
    scale = np.abs(weights).max() / 127
    np.savez_compressed(
        _FOLDER / "closed.npz", weights=np.round(weights / scale).astype(np.int8), scale=scale, bias=bias
    )
    _weights.cache_clear()
    figures = measure(corpus, lexicon)
    (_FOLDER / "closed_figures.json").write_text(json.dumps(figures, indent=2) + "\n", "utf-8")


def measure(corpus: Corpus, lexicon: Lexicon) -> dict[str, float]:
    """How many closed questions of the annotations get a verdict by value, and how many of those are right.

    A sentence that makes some question's answer `partly` gives none, as in an answer.
    """
    owners = {
        chunk.quote(sentence): chunk.resource or next(iter(sentence.resources), None)
        for chunk in cut(corpus)
        for sentence in chunk.sentences
    }
    asked = given = right = 0
    for note in corpus.annotations:
        resource = corpus.resource_by_id.get(owners.get(note.sentence) or "")
        if resource is None or any(ask.verdict == "partly" for ask in note.asks):
            continue
        for ask in note.asks:
            claim, sure = claim_of(lexicon.read(ask.text))
            told = ASPECT_OF.get(claim) in note.tells
            asked += ask.verdict is not None and bool({"cost", "exercises"} & {*note.tells})
            if told and sure >= SURE and (verdict := decide(claim, resource)):
                given += 1
                right += verdict == ask.verdict
    return {"asked": asked, "given": given, "precision": round(right / given, 3) if given else 0.0}


def _examples(corpus: Corpus) -> tuple[list[str], list[Claim]]:
    lines = (_FOLDER / "closed_questions.jsonl").read_text("utf-8").splitlines()
    own = [json.loads(line) for line in lines]
    others: Sequence[str] = [
        ask.text
        for note in corpus.annotations
        if not {"cost", "exercises"} & {*note.tells}
        for ask in note.asks
    ]
    return [*(one["text"] for one in own), *others], [
        *(one["asks"] for one in own),
        *("other" for _ in others),
    ]


if __name__ == "__main__":
    from corpus import load_corpus

    train(load_corpus())
    print((_FOLDER / "closed_figures.json").read_text("utf-8"))
