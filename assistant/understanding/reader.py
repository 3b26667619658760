"""The learned reader: a message in its conversation -> its meaning, on the CPU, without torch.

Two models read it. The network looks at the message beside the turn before it; a linear model at hashed pieces of its
words. Acts and kinds are the geometric mean of both: each knows what the other doesn't (words of other languages;
what words mean together). Labels and stances are the network's alone.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from assistant.lexicon import Reading as Names
from assistant.understanding.amounts import find_code, find_human, find_times
from assistant.understanding.framing import Frame, frame
from assistant.understanding.grams import Grams, Place, cut
from assistant.understanding.labels import (
    ASPECT_RANGE,
    CLOSED,
    CODE_LANGUAGE,
    HUMAN_LANGUAGE,
    LABELS,
    SAYS_RANGE,
    TAKEN_BACK,
    WANT_RANGE,
)
from assistant.understanding.language import tell_language
from assistant.understanding.mentions import Named, find_named
from assistant.understanding.reading import (
    ACTS,
    ASPECTS,
    KINDS,
    STANCES,
    Before,
    Mention,
    Reading,
    Stance,
    Statement,
)
from assistant.understanding.weights import NETWORK, ROLES, WORDS, WordWeights, read_words
from index.encoder import mend
from index.errors import IndexDamaged, IndexStale
from index.store import read_manifest, verify_files

FRAME_WEIGHT = 0.25
_DIGITS = 6
_AMOUNT = "time:amount"
_SHORT = 3
"""Words from which a message tells its language by itself."""
Logits = Mapping[str, NDArray[np.float64]]
"""Outputs of the network by name."""


class Reader:
    """Reads messages with the files that an index carries, and the linear model of this package."""

    def __init__(self, network: Path, pieces: Path, words: Path = WORDS) -> None:
        """`network`, `pieces`: files of an index. Raises IndexDamaged for a file that can't be read."""
        import onnxruntime
        from tokenizers import Tokenizer

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1
        options.inter_op_num_threads = 1
        options.log_severity_level = 3
        options.enable_mem_pattern = False
        try:
            self._tokenizer = Tokenizer.from_file(str(pieces))
            self._session = onnxruntime.InferenceSession(
                str(network),
                options,
                providers=["CPUExecutionProvider"],
                disabled_optimizers=["SkipLayerNormFusion"],
            )
        except Exception as error:  # both libraries raise bare Exception for a file that they can't read
            raise IndexDamaged(f"the reader in {network.parent} can't be read") from error
        self._words = read_words(words)
        self._outputs = [output.name for output in self._session.get_outputs()]

    def read(self, text: str, before: Before, names: Names) -> Reading:
        """Read a message. `names`: what the lexicon finds in it."""
        text = mend(text)
        named = find_named(text, names, before.ids)
        framed = frame(text, named, before, self._tokenizer)
        logits = self._run(framed)
        linear = score(self._words, cut(text, named, place_of(before)))
        chances = 1 / (1 + np.exp(-logits["labels"][0]))
        sure = chances > self._words.bars
        stances = tuple(
            STANCES[int(row.argmax())] if span != (0, 0) else STANCES[0]
            for row, span in zip(logits["stances"], framed.spans, strict=False)
        )
        return Reading(
            text=text,
            acts=dict(zip(ACTS, _mix(logits["acts"][0], linear[: len(ACTS)]), strict=True)),
            kinds=dict(zip(KINDS, _mix(logits["kinds"][0], linear[len(ACTS) :]), strict=True)),
            aspects=tuple(ASPECTS[place] for place in _order(chances, sure, ASPECT_RANGE)),
            wants=_wants(text, chances, sure, named, stances),
            says=_says(text, chances, sure, named, stances),
            mentions=tuple(_mention(one, stance) for one, stance in zip(named, stances, strict=True)),
            closed=bool(sure[LABELS.index(CLOSED)]),
            language=tell_language(
                _own_words(text, named, before), self._words.language_table, self._words.languages
            ),
        )

    def _run(self, framed: Frame) -> Logits:
        length = len(framed.ids)
        segments = np.zeros((1, length), dtype=np.int64)
        segments[0, framed.own + 1 :] = 1
        spans = np.zeros((max(len(framed.spans), 1), length), dtype=np.float32)
        for row, (start, end) in zip(spans, framed.spans, strict=False):
            row[start:end] = 1 / max(end - start, 1)
        given = {
            "ids": np.array([framed.ids], dtype=np.int64),
            "segments": segments,
            "channels": np.array([framed.channels], dtype=np.int64),
            "own": np.array([framed.own], dtype=np.int64),
            "spans": spans,
        }
        rows = self._session.run(None, given)
        return {name: np.asarray(row, dtype=float) for name, row in zip(self._outputs, rows, strict=True)}


def open_reader(directory: Path, words: Path = WORDS, network: Path = NETWORK) -> Reader:
    """Open the reader that an index carries.

    Raises IndexStale where it carries none, or one of other weights than `words` go with; IndexMissing, IndexDamaged.
    """
    manifest = read_manifest(directory)
    if not set(ROLES) <= set(manifest.files):
        raise IndexStale(f"the index in {directory} carries no reader")
    if manifest.extras.get(ROLES[0]) != hashlib.sha256(network.read_bytes()).hexdigest():
        raise IndexStale(f"the reader in {directory} is of another version")
    verify_files(directory, manifest, ROLES)
    files = {role: directory / manifest.files[role].name for role in ROLES}
    return Reader(files["reader"], files["pieces"], words)


def _own_words(text: str, named: Sequence[Named], before: Before) -> str:
    """A message without the names in it, which are of no language; behind the one before it where it is short."""
    rest, end = "", 0
    for one in named:
        rest += text[end : one.start] + " "
        end = max(end, one.end)
    rest += text[end:]
    return f"{before.message} {rest}" if len(rest.split()) < _SHORT else rest


def place_of(before: Before) -> Place:
    """Where a message stands."""
    return Place(before.is_start, bool(before.asked), not before.is_start and not before.shown)


def score(words: WordWeights, grams: Grams) -> NDArray[np.float64]:
    """Logits of acts and kinds by the linear model: sums of whole numbers, so that no order of adding matters."""
    parts = [
        (grams.pieces, (len(grams.pieces) + 1) ** -0.5),
        (grams.frame, FRAME_WEIGHT),
    ]
    total = words.bias.copy()
    for features, weight in parts:
        buckets = [bucket for bucket, _ in features]
        signs = np.array([sign for _, sign in features], dtype=np.int64)
        total += (signs @ words.rounded[buckets].astype(np.int64)) * words.steps * weight
    return total


def _mix(network: NDArray[np.float64], linear: NDArray[np.float64]) -> list[float]:
    """Geometric mean of two distributions, given as logits."""
    both = (_log_shares(network) + _log_shares(linear)) / 2
    shares = np.exp(_log_shares(both))
    return [round(share, _DIGITS) for share in shares.tolist()]


def _log_shares(logits: NDArray[np.float64]) -> NDArray[np.float64]:
    shifted = logits - logits.max()
    rest: NDArray[np.float64] = shifted - np.log(np.exp(shifted).sum())
    return rest


def _order(chances: NDArray[np.float64], sure: NDArray[np.bool_], part: slice) -> list[int]:
    """Places inside a part of the labels that count, the surest first."""
    found = [place for place in range(part.start, part.stop) if sure[place]]
    return [place - part.start for place in sorted(found, key=lambda place: -chances[place])]


def _wants(
    text: str,
    chances: NDArray[np.float64],
    sure: NDArray[np.bool_],
    named: Sequence[Named],
    stances: Sequence[Stance],
) -> tuple[str, ...]:
    wants: list[str] = []
    for place in _order(chances, sure, WANT_RANGE):
        label = LABELS[WANT_RANGE.start + place]
        value = {CODE_LANGUAGE: find_code, HUMAN_LANGUAGE: find_human}.get(label)
        found = value(text) if value is not None else ""
        if found is not None:
            wants.append(f"{label}:{found}" if found else label)
    wants += [f"not:{id}" for id, stance in _judged(named, stances) if stance == "refuses" and id is not None]
    return tuple(dict.fromkeys(wants))


def _says(
    text: str,
    chances: NDArray[np.float64],
    sure: NDArray[np.bool_],
    named: Sequence[Named],
    stances: Sequence[Stance],
) -> tuple[Statement, ...]:
    """What a message states: what is named as the writer stands to it, then what the labels tell."""
    back = bool(sure[LABELS.index(TAKEN_BACK)])
    said = {id: Statement(stance, id, back) for id, stance in _judged(named, stances) if stance != "asks"}
    subjects = {id for one in named for id in one.subjects}
    others = [LABELS[SAYS_RANGE.start + place] for place in _order(chances, sure, SAYS_RANGE)]
    statements = list(said.values())
    for label in others:
        slot, _, value = label.partition(":")
        if label == TAKEN_BACK or (value in subjects and value in said):
            continue
        if label == _AMOUNT:
            statements += [Statement("time", time, back) for time in find_times(text)]
            continue
        statements.append(Statement(slot, value, back))
    return tuple(dict.fromkeys(statements))


def _judged(named: Sequence[Named], stances: Sequence[Stance]) -> list[tuple[str, Stance]]:
    """What is named without doubt, with how the writer stands to it."""
    return [(one.ids[0], stance) for one, stance in zip(named, stances, strict=True) if len(one.ids) == 1]


def _mention(one: Named, stance: Stance) -> Mention:
    return Mention(one.start, one.end, one.resources, one.subjects[0] if one.subjects else None, stance)
