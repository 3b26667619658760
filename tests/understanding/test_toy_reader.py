"""The reader's machinery, with weights that mean nothing."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import onnxruntime
import pytest

from assistant.lexicon import Lexicon
from assistant.lexicon import Reading as Names
from assistant.understanding.labels import SIZES
from assistant.understanding.reader import Reader
from assistant.understanding.reading import ACTS, ASPECTS, KINDS, STANCES, Before
from assistant.understanding.weights import read_words
from corpus.types import About, Basic, Corpus
from index.errors import IndexDamaged
from tests.processor import older
from tests.understanding import toy

MESSAGES = (
    "i know calculus",
    "how long is cs231n",
    "",
    "?!",
    "\ud800 half a pair",
    "free " * 500,
    "无 emoji 🙂",
)
LATER = Before("how long", ("CS231n",), "", ("cs231n",))

RUN = """
import sys
import numpy as np
import onnxruntime
given = dict(np.load(sys.argv[2]))
session = onnxruntime.InferenceSession(sys.argv[1], providers=["CPUExecutionProvider"])
np.savez(sys.argv[3], **dict(zip([o.name for o in session.get_outputs()], session.run(None, given))))
"""


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path, Path]:
    return toy.write(tmp_path_factory.mktemp("toy"))


@pytest.fixture(scope="module")
def reader(files: tuple[Path, Path, Path]) -> Reader:
    return Reader(*files)


def names(text: str) -> Names:
    about = About(basics=(Basic("calculus", "calculus"),))
    return Lexicon(Corpus("toy", None, (), (), about)).read(text)


def given(length: int, own: int) -> dict[str, np.ndarray]:
    """Inputs of the network for a message of some tokens that names two things."""
    spans = np.zeros((2, length), np.float32)
    spans[0, 1], spans[1, 1:3] = 1, 0.5
    row = np.arange(length)[None]
    segments = (row > own).astype(np.int64)
    channels = np.where(row == 1, 5, 0).astype(np.int64)
    ids = (row * 7 % len(toy.WORDS)).astype(np.int64)
    return {"ids": ids, "segments": segments, "channels": channels, "own": np.array([own]), "spans": spans}


@pytest.mark.parametrize("text", MESSAGES)
@pytest.mark.parametrize("before", [Before(), LATER])
def test_any_message_is_read(reader: Reader, text: str, before: Before) -> None:
    found = reader.read(text, before, names(text))
    assert set(found.acts) == set(ACTS) and set(found.kinds) == set(KINDS)
    assert sum(found.acts.values()) == pytest.approx(1, abs=1e-4)
    assert sum(found.kinds.values()) == pytest.approx(1, abs=1e-4)
    assert set(found.aspects) <= set(ASPECTS)


def test_a_thing_that_is_named_has_a_place_and_a_stance(reader: Reader) -> None:
    text = "Well, I know Calculus!"
    (mention,) = reader.read(text, Before(), names(text)).mentions
    assert text[mention.start : mention.end] == "Calculus"
    assert mention.subject == "calculus" and mention.stance in STANCES


def test_the_conversation_changes_the_reading(reader: Reader) -> None:
    text = "how long"
    first, later = (reader.read(text, before, names(text)).acts for before in (Before(), LATER))
    assert first != later


def test_the_same_message_is_read_the_same_by_another_reader(
    reader: Reader, files: tuple[Path, Path, Path]
) -> None:
    other = Reader(*files)
    for text in MESSAGES:
        assert other.read(text, LATER, names(text)) == reader.read(text, LATER, names(text))


def test_outputs_have_the_widths_of_the_labels(files: tuple[Path, Path, Path]) -> None:
    session = onnxruntime.InferenceSession(str(files[0]), providers=["CPUExecutionProvider"])
    shapes = dict(zip([o.name for o in session.get_outputs()], session.run(None, given(9, 5)), strict=True))
    rows = {"acts": 1, "kinds": 1, "labels": 1, "stances": 2}
    assert {name: values.shape for name, values in shapes.items()} == {
        name: (rows[name], size) for name, size in SIZES.items()
    }


@pytest.mark.parametrize("level", ["v2", "v3"])
def test_the_network_gives_the_same_bits_on_an_older_processor(
    files: tuple[Path, Path, Path], tmp_path: Path, level: older.Level
) -> None:
    library = older.build(tmp_path)
    inputs = given(40, 22)
    np.savez(tmp_path / "given.npz", **inputs)  # type: ignore[arg-type]
    paths = [str(files[0]), str(tmp_path / "given.npz"), str(tmp_path / "found.npz")]
    older.run(library, level, RUN, *paths)
    session = onnxruntime.InferenceSession(str(files[0]), providers=["CPUExecutionProvider"])
    with np.load(tmp_path / "found.npz") as found:
        for output, here in zip(session.get_outputs(), session.run(None, inputs), strict=True):
            np.testing.assert_array_equal(found[output.name], here)


@pytest.mark.parametrize("place", [0, 1])
def test_a_file_that_is_cut_off_is_refused(
    files: tuple[Path, Path, Path], tmp_path: Path, place: int
) -> None:
    spoilt = tmp_path / files[place].name
    spoilt.write_bytes(files[place].read_bytes()[:200])
    changed = [*files]
    changed[place] = spoilt
    with pytest.raises(IndexDamaged, match="can't be read"):
        Reader(*changed)


def test_weights_for_other_labels_are_refused(files: tuple[Path, Path, Path], tmp_path: Path) -> None:
    with np.load(files[2]) as held:
        arrays = dict(held)
    np.savez(tmp_path / "words.npz", **{**arrays, "labels": np.array("others")})
    with pytest.raises(IndexDamaged, match="other labels"):
        read_words(tmp_path / "words.npz")


def test_the_linear_model_is_read_as_it_was_written(files: tuple[Path, Path, Path]) -> None:
    words = read_words(files[2])
    draws = np.random.default_rng(0).normal(0, 1, words.rounded.shape)
    np.testing.assert_allclose(words.rounded * words.steps, draws, atol=words.steps.max())
    assert json.dumps(words.languages).count("en")
