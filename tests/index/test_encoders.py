"""What every encoder does, whichever engine runs it."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from corpus import Corpus
from index.chunk import cut
from index.device import has_nvidia_driver
from index.encoder import ENCODER_ROLES, Encoder, open_encoder
from index.encoders.export import compare, export
from index.encoders.hashed import HashedEncoder
from index.encoders.onnx import OnnxEncoder
from index.encoders.sentence_transformer import DEFAULT_ID, SentenceTransformerEncoder
from index.errors import EncoderUnavailable, IndexDamaged
from index.store import read_manifest

TEXTS = (
    "how do I start deep learning?",
    "RNNs",
    "",
    " \t\n",
    "Ünïcödé, 深層学習, العربية, \U0001f9e0\U0001f3fd, \x00 and half a pair: \ud800",
    "word " * 2000,
    "x" * 20000,
    "I have eight hours a week and no GPU, I know some Python but next to no maths; where should I begin?",
)


@pytest.fixture(scope="session")
def original(corpus: Corpus) -> SentenceTransformerEncoder:
    """The default model, run by its own library."""
    return SentenceTransformerEncoder("default", "cpu")


@pytest.fixture(scope="session")
def exported(
    original: SentenceTransformerEncoder,
    corpus: Corpus,
    encoder: Encoder,
    tmp_path_factory: pytest.TempPathFactory,
) -> dict[str, Encoder]:
    """The default model, exported: in 8 bits, as the shared index carries it, and in full precision."""
    folder = tmp_path_factory.mktemp("exported")
    questions = [question for section in corpus.sections for question in section.questions]
    files, _ = export(original, folder, "float32", questions[:8], questions[:8])
    return {"w7a8": encoder, "float32": OnnxEncoder(*(folder / file.name for file in files.values()))}


@pytest.fixture(params=["hashed", "onnx w7a8", "onnx float32", "sentence-transformers float32"])
def engine(request: pytest.FixtureRequest) -> Encoder:
    """One encoder of each engine."""
    if request.param == "hashed":
        return HashedEncoder()
    if request.param.startswith("onnx"):
        encoders: dict[str, Encoder] = request.getfixturevalue("exported")
        return encoders[request.param.removeprefix("onnx ")]
    encoder: Encoder = request.getfixturevalue("original")
    return encoder


def test_rows_are_float32_of_length_one_whatever_the_text(engine: Encoder) -> None:
    for rows in (engine.encode_queries(TEXTS), engine.encode_passages(TEXTS)):
        assert rows.dtype == np.float32
        assert rows.shape == (len(TEXTS), engine.dimension)
        np.testing.assert_allclose(np.linalg.norm(rows, axis=1), 1, atol=1e-5)


def test_no_texts_give_no_rows(engine: Encoder) -> None:
    assert engine.encode_queries([]).shape == engine.encode_passages([]).shape == (0, engine.dimension)


def test_a_text_has_the_same_row_alone_and_in_a_batch(engine: Encoder) -> None:
    for encode in (engine.encode_queries, engine.encode_passages):
        alone = np.concatenate([encode([text]) for text in TEXTS])
        np.testing.assert_allclose(encode(TEXTS), alone, atol=1e-5)


def test_order_is_kept(engine: Encoder) -> None:
    rows = engine.encode_passages(TEXTS)
    np.testing.assert_allclose(engine.encode_passages(TEXTS[::-1]), rows[::-1], atol=1e-5)


def test_what_is_past_the_limit_of_a_model_does_not_change_its_row(
    exported: dict[str, Encoder], original: SentenceTransformerEncoder
) -> None:
    within, past, far = "word " * 200, "word " * 254 + "end", "word " * 3000
    for encoder in [*exported.values(), original]:
        rows = encoder.encode_passages([within, past, far, "word " * 254])
        np.testing.assert_allclose(rows[2], rows[3], atol=1e-5)
        # The tokenizer's own file cuts at 128 tokens; the model takes 256.
        assert np.abs(rows[0] - rows[2]).max() > 1e-4


def test_an_encoder_says_what_it_is(engine: Encoder) -> None:
    assert engine.dimension == (256 if engine.id == "hashed" else 384)
    assert len(engine.revision) == 64
    assert engine.device == "cpu"


def test_one_model_keeps_its_name_and_weights_in_every_engine(
    exported: dict[str, Encoder], original: SentenceTransformerEncoder
) -> None:
    told = {(encoder.id, encoder.revision) for encoder in [*exported.values(), original]}
    assert told == {(DEFAULT_ID, original.revision)}
    assert [encoder.engine for encoder in exported.values()] == ["onnx w7a8", "onnx float32"]


@pytest.mark.parametrize(("precision", "least"), [("w7a8", 0.99), ("float32", 0.99999)])
def test_an_export_gives_the_vectors_of_its_original(
    exported: dict[str, Encoder],
    original: SentenceTransformerEncoder,
    corpus: Corpus,
    precision: str,
    least: float,
) -> None:
    passages = [chunk.text for chunk in cut(corpus)][::5]
    questions = [question for section in corpus.sections for question in section.questions]
    found = compare(original, exported[precision], questions, passages)
    assert found.cosine > least
    assert found.agreement >= 0.98


def test_a_damaged_export_is_refused(tmp_path: Path) -> None:
    (tmp_path / "m.onnx").write_bytes(b"no model")
    (tmp_path / "t.json").write_text("{}")
    with pytest.raises(IndexDamaged):
        OnnxEncoder(tmp_path / "m.onnx", tmp_path / "t.json")


@pytest.mark.parametrize("role", ENCODER_ROLES)
def test_a_flipped_bit_in_the_encoder_of_an_index_is_refused(
    data_dir: Path, tmp_path: Path, role: str
) -> None:
    shutil.copytree(data_dir / "index", tmp_path / "index")
    path = tmp_path / "index" / read_manifest(tmp_path / "index").files[role].name
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)
    with pytest.raises(IndexDamaged, match="not as it was written") as caught:
        open_encoder("default", "cpu", tmp_path / "index")
    assert caught.value.cure == "dlstart index build"


def test_the_encoder_of_an_index_is_not_taken_for_another(data_dir: Path, tmp_path: Path) -> None:
    with pytest.raises(EncoderUnavailable):
        open_encoder("nobody/no-such-model", "cpu", data_dir / "index")
    assert open_encoder("hashed", "cpu", data_dir / "index").id == "hashed"


def test_a_model_that_is_not_here_is_refused_with_the_cure() -> None:
    with pytest.raises(EncoderUnavailable) as caught:
        open_encoder("nobody/no-such-model", "cpu")
    assert "DLSTART_ENCODER" in caught.value.cure


def test_an_index_at_hand_is_asked_without_torch(data_dir: Path) -> None:
    program = f"""
import asyncio, sys
from assistant.service import Ask, Assistant
from assistant.settings import read_settings
assistant = Assistant.open(read_settings({{"DLSTART_DATA_DIR": {str(data_dir)!r}, "DLSTART_DEVICE": "cpu"}}))
answer = asyncio.run(assistant.answer(Ask("how do I start deep learning?")))
assert answer.citations, answer
heavy = {{"torch", "transformers", "sentence_transformers", "onnx", "onnxscript"}} & set(sys.modules)
assert not heavy, heavy
"""
    subprocess.run([sys.executable, "-W", "ignore", "-c", program], check=True, timeout=120)


def test_a_build_without_torch_names_what_to_install(tmp_path: Path) -> None:
    program = f"""
import sys
for name in ("torch", "sentence_transformers"):
    sys.modules[name] = None
sys.argv = ["dlstart", "index", "build", "--out", {str(tmp_path / "index")!r}]
from assistant.cli import main
main()
"""
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", program], capture_output=True, text=True, timeout=120
    )
    assert done.returncode == 3
    assert done.stderr.count("\n") == 1
    assert "pip install 'dlstart[torch]'" in done.stderr


@pytest.mark.gpu
def test_a_gpu_gives_the_vectors_of_the_cpu(original: SentenceTransformerEncoder) -> None:
    if not has_nvidia_driver():
        pytest.skip("needs an NVIDIA GPU: there is no driver here")
    import torch

    if not torch.cuda.is_available():
        pytest.skip("needs the CUDA build of torch")
    gpu = SentenceTransformerEncoder("default", "cuda")
    assert gpu.engine == "sentence-transformers float16"
    ours, theirs = gpu.encode_passages(TEXTS), original.encode_passages(TEXTS)
    assert float((ours * theirs).sum(axis=1).min()) > 0.999
