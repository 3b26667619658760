"""sentence-transformers -> ONNX: exported once by `index build`, checked against the original, or refused."""

from __future__ import annotations

import io
import logging
import tempfile
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any, Literal

import numpy as np

from index.encoder import Encoder, Vectors
from index.encoders.determinism import make_deterministic
from index.encoders.onnx import OnnxEncoder
from index.encoders.quantization import quantize
from index.encoders.sentence_transformer import SentenceTransformerEncoder
from index.errors import IndexProblem
from index.store import write_file
from index.types import IndexFile

Precision = Literal["w7a8", "float32"]
"""`w7a8`: weights in 7 bits, activations in 8, the same vectors on every processor."""
PRECISIONS: tuple[Precision, ...] = ("w7a8", "float32")
_LEAST_COSINE = {"w7a8": 0.97, "float32": 0.9999}
_LEAST_AGREEMENT = {"w7a8": 0.95, "float32": 0.99}
_COMPARED = 64
_NEAREST = 3
_SAMPLE = ("a", "how do I start with deep learning, when I have little time?")


class ExportRefused(IndexProblem):
    """The exported model does not do what the original does, or the model can't be exported."""


@dataclass(frozen=True, slots=True)
class Deviation:
    """How far an exported encoder is from its original."""

    cosine: float
    """The least cosine between the two vectors of one text."""
    agreement: float
    """Share of questions whose first passage, by the original, is among the first three by the export."""


def export(
    original: SentenceTransformerEncoder,
    directory: Path,
    precision: Precision,
    questions: Sequence[str],
    passages: Sequence[str],
) -> tuple[dict[str, IndexFile], Deviation]:
    """Write the model and its tokenizer as files of an index, by role.

    They are compared on the questions and passages; raises ExportRefused where they deviate.
    """
    tokenizer = _tokenizer(original)
    model = _graph(original)
    try:
        if precision == "w7a8":
            quantize(model, make_deterministic(model))
        told = _metadata(original, precision)
        import_module("onnx").helper.set_model_props(model, told)
        serialized = model.SerializeToString()
    except ValueError as error:  # protobuf's limit of 2 GB
        raise ExportRefused(f"{original.id} is too large for one ONNX file") from error
    with tempfile.TemporaryDirectory() as folder:
        paths = Path(folder) / "encoder.onnx", Path(folder) / "tokenizer.json"
        paths[0].write_bytes(serialized)
        paths[1].write_text(tokenizer, "utf-8")
        found = compare(original, OnnxEncoder(*paths), questions, passages)
    if found.cosine < _LEAST_COSINE[precision] or found.agreement < _LEAST_AGREEMENT[precision]:
        raise ExportRefused(
            f"{original.id} deviates in {precision}: cosine {found.cosine:.4f}, agreement {found.agreement:.2f}"
        )
    files = {
        "encoder": write_file(directory, "encoder", ".onnx", _bytes(serialized)),
        "tokenizer": write_file(directory, "tokenizer", ".json", _bytes(tokenizer.encode())),
    }
    return files, found


def compare(
    original: Encoder, exported: Encoder, questions: Sequence[str], passages: Sequence[str]
) -> Deviation:
    """Compare two encoders by cosine, and by which passages they put first; a sample of 64 of each."""
    asked, told = _spread(questions or passages), _spread(passages or questions)
    pairs = [
        (original.encode_queries(asked), exported.encode_queries(asked)),
        (original.encode_passages(told), exported.encode_passages(told)),
    ]
    cosine = min(
        (float(np.sum(ours * theirs, axis=1).min()) for ours, theirs in pairs if len(ours)), default=1.0
    )
    if not asked:
        return Deviation(cosine, 1.0)
    first = _scores(pairs[0][0], pairs[1][0]).argmax(axis=1)
    nearest = np.argsort(-_scores(pairs[0][1], pairs[1][1]), axis=1)[:, :_NEAREST]
    return Deviation(cosine, float(np.mean((nearest == first[:, None]).any(axis=1))))


def _scores(questions: Vectors, passages: Vectors) -> Vectors:
    return questions @ passages.T


def _spread(texts: Sequence[str]) -> list[str]:
    """At most 64 of the texts, evenly spread."""
    return list(texts[:: -(-len(texts) // _COMPARED) or 1])


def _bytes(content: bytes) -> Callable[[Path], None]:
    def write(path: Path) -> None:
        path.write_bytes(content)

    return write


def _tokenizer(original: SentenceTransformerEncoder) -> str:
    """The tokenizer's file, cutting where the model's own configuration says (its file may say less)."""
    fast = getattr(original.model.tokenizer, "backend_tokenizer", None)
    if fast is None:
        raise ExportRefused(f"{original.id} has no fast tokenizer")
    copy = import_module("tokenizers").Tokenizer.from_str(fast.to_str())
    copy.no_padding()
    copy.enable_truncation(int(original.model.max_seq_length or 512))
    return str(copy.to_str())


def _metadata(original: SentenceTransformerEncoder, precision: Precision) -> dict[str, str]:
    prompts = original.model.prompts
    return {
        "id": original.id,
        "revision": original.revision,
        "dimension": str(original.dimension),
        "precision": precision,
        "pad": str(original.model.tokenizer.pad_token_id or 0),
        "query_prompt": prompts.get("query") or "",
        "passage_prompt": prompts.get("document") or prompts.get("passage") or "",
    }


def _graph(original: SentenceTransformerEncoder) -> Any:
    """The whole model, from token ids to unit rows, with any number and length of texts."""
    torch = import_module("torch")
    features = {
        name: value
        for name, value in original.model.preprocess(list(_SAMPLE)).items()
        if isinstance(value, torch.Tensor)
    }
    names = list(features)

    class Whole(torch.nn.Module):  # type: ignore[misc, name-defined]
        def __init__(self) -> None:
            super().__init__()
            self.model = original.model

        def forward(self, *given: Any) -> Any:
            rows = self.model(dict(zip(names, given, strict=True)))["sentence_embedding"]
            return torch.nn.functional.normalize(rows, dim=1)

    free = torch.export.Dim.DYNAMIC
    with _quiet():
        try:
            program = torch.onnx.export(
                Whole().eval(),
                tuple(features.values()),
                dynamo=True,
                verbose=False,
                input_names=names,
                output_names=["unit_rows"],
                dynamic_shapes=(tuple({0: free, 1: free} for _ in names),),
            )
            held = io.BytesIO()
            program.save(held)
        except Exception as error:  # whatever an unforeseen model makes the exporter raise
            raise ExportRefused(f"{original.id} can't be exported to ONNX") from error
    return import_module("onnx").load_from_string(held.getvalue())


@contextmanager
def _quiet() -> Iterator[None]:
    """Without the exporter's remarks about itself, which no user can act on."""
    log = logging.getLogger("torch.onnx")
    level = log.level
    log.setLevel(logging.ERROR)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        log.setLevel(level)
