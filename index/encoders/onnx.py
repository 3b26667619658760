"""onnxruntime and tokenizers: questions and passages on the CPU, without torch."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import repeat
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from index.device import count_cores
from index.encoder import Vectors, mend
from index.errors import IndexDamaged

_MOST_TOKENS = 4096
_LEAST_FILLED = 0.85
_ONE_THREAD = 32
_Ids = list[int]


class OnnxEncoder:
    """A sentence-transformers model, exported: the whole way from token ids to unit rows is in its graph.

    One thread a call, so that concurrent questions don't fight; many texts are spread over all cores. Texts are
    run in groups of similar length, so that next to nothing is computed for padding. Each row is computed for
    itself (see `quantization`), so a text has the same row alone and in any group.
    """

    device = "cpu"

    def __init__(self, model: Path, tokenizer: Path) -> None:
        import onnxruntime
        from tokenizers import Tokenizer

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1
        options.inter_op_num_threads = 1
        options.log_severity_level = 3
        # Lengths differ from call to call: a plan of memory per shape would only ever grow.
        options.enable_mem_pattern = False
        try:
            self._tokenizer = Tokenizer.from_file(str(tokenizer))
            self._session = onnxruntime.InferenceSession(
                str(model),
                options,
                providers=["CPUExecutionProvider"],
                # On a CPU the fused one takes seven times as long as its parts: a fifth of a batch.
                disabled_optimizers=["SkipLayerNormFusion"],
            )
            told = self._session.get_modelmeta().custom_metadata_map
            self.id: str = told["id"]
            self.revision: str = told["revision"]
            self.dimension = int(told["dimension"])
            self.engine = f"onnx {told['precision']}"
            self._pad = int(told["pad"])
            self._prompts = (told["passage_prompt"], told["query_prompt"])
        except Exception as error:  # both libraries raise bare Exception for a file that they can't read
            raise IndexDamaged(f"the encoder in {model.parent} can't be read") from error
        self.files = {"encoder": model, "tokenizer": tokenizer}
        self._inputs = {given.name for given in self._session.get_inputs()}

    def encode_queries(self, texts: Sequence[str]) -> Vectors:
        """Encode questions -> float32 (n, dimension), unit rows, in order."""
        return self._encode(texts, self._prompts[1])

    def encode_passages(self, texts: Sequence[str]) -> Vectors:
        """Encode passages -> float32 (n, dimension), unit rows, in order."""
        return self._encode(texts, self._prompts[0])

    def _encode(self, texts: Sequence[str], prompt: str) -> Vectors:
        rows: Vectors = np.zeros((len(texts), self.dimension), dtype=np.float32)
        tokens = [
            found.ids for found in self._tokenizer.encode_batch_fast([prompt + mend(text) for text in texts])
        ]
        groups = list(_group(tokens))
        if len(texts) <= _ONE_THREAD:
            for group in groups:
                rows[group] = self._run([tokens[place] for place in group])
            return rows
        with ThreadPoolExecutor(count_cores()) as pool:
            results = pool.map(lambda group: self._run([tokens[place] for place in group]), groups)
            for group, found in zip(groups, results, strict=True):
                rows[group] = found
        return rows

    def _run(self, tokens: Sequence[_Ids]) -> Vectors:
        longest = max(map(len, tokens))
        ids = np.full((len(tokens), longest), self._pad, dtype=np.int64)
        mask = np.zeros_like(ids)
        for row, own in enumerate(tokens):
            ids[row, : len(own)] = own
            mask[row, : len(own)] = 1
        given: dict[str, NDArray[np.int64]] = {"input_ids": ids, "attention_mask": mask}
        given |= dict(
            zip(self._inputs - set(given), repeat(np.zeros_like(ids)))
        )  # token types: all the first
        (rows,) = self._session.run(None, given)
        return np.asarray(rows, dtype=np.float32)


def _group(tokens: Sequence[_Ids]) -> Iterator[list[int]]:
    """Places of texts of similar length, long ones first, so that the last thread to end ends soon."""
    order = sorted(range(len(tokens)), key=lambda place: -len(tokens[place]))
    start = 0
    while start < len(order):
        longest = len(tokens[order[start]])
        end, room = start, max(_MOST_TOKENS // max(longest, 1), 1)
        while end < len(order) and end - start < room and len(tokens[order[end]]) >= _LEAST_FILLED * longest:
            end += 1
        yield order[start:end]
        start = end
