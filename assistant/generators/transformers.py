"""A language model on this machine: a directory, an id that is already here, or a GGUF file."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncGenerator
from contextlib import aclosing
from pathlib import Path
from typing import Any

import numpy as np

from assistant.errors import UsageError
from assistant.generate import MAX_NEW_TOKENS, GeneratorFailed, Prompt
from assistant.generators.batch import Batch

TOGETHER = {"cpu": 4, "cuda": 32}
"""Answers that are written at the same time; as many may wait."""
_MAX_PROMPT_TOKENS = 6000
_STEP_TOKENS = 512
"""Tokens that the model reads in one step: a long prompt does not hold up the answers of others for longer."""
_PAGE_TOKENS = 256
_USUAL_PAGES, _LONGEST_PAGES = 6, 25
"""Pages of an answer with its prompt; the longest that there can be has 6,320 tokens."""
_GPU_SHARE = 0.5
"""Of the memory that the weights leave free, for what the model keeps of prompts and answers."""
_FAULTS = (RuntimeError, ValueError, OSError)


class TransformersGenerator:
    """Loaded once; writes several answers at the same time, and turns away whoever finds the queue full."""

    def __init__(self, model: str, device: str = "cpu", timeout: float = 20.0) -> None:
        """`device` is cpu (float32) or cuda (bfloat16); `timeout` bounds an answer with its wait, in seconds."""
        self.id = Path(model).stem if model.endswith(".gguf") else Path(model).name
        self._name = model
        self._device = device
        self._timeout = timeout
        self._seats = threading.BoundedSemaphore(2 * TOGETHER[device])
        self._preparing = threading.Lock()
        self._loaded: tuple[Any, Any] | None = None
        self._batch: Batch | None = None
        self._longest = _MAX_PROMPT_TOKENS

    async def warm(self) -> None:
        """Load the weights and write one token. Raises UsageError where the model can't be run on this machine."""
        try:
            batch, _, tokens = await asyncio.to_thread(self._prepare, Prompt("Say hi.", "Hi"))
            async for _ in batch.write(tokens, 1):
                pass
        except _FAULTS as error:
            raise UsageError(
                f"the model {self._name} can't be run: {error}", "take another one; see docs/models.md"
            ) from error
        if batch.room < self._longest + MAX_NEW_TOKENS:
            raise UsageError(
                f"the model {self._name} leaves too little memory for its answers", "take a smaller one"
            )

    async def close(self) -> None:
        """Stop writing and forget the weights."""
        await asyncio.to_thread(self._close)

    async def write(self, prompt: Prompt) -> AsyncGenerator[str]:
        """Stream greedily chosen text. Raises GeneratorFailed when there is no room, no time or no model."""
        if not self._seats.acquire(blocking=False):
            raise GeneratorFailed("the queue is full")
        try:
            async with asyncio.timeout(self._timeout), aclosing(self._pieces(prompt)) as pieces:
                async for piece in pieces:
                    yield piece
        except TimeoutError as error:
            raise GeneratorFailed("it took too long") from error
        except (*_FAULTS, UsageError) as error:
            raise GeneratorFailed("the model failed") from error
        finally:
            self._seats.release()

    async def _pieces(self, prompt: Prompt) -> AsyncGenerator[str]:
        batch, tokenizer, tokens = await asyncio.to_thread(self._prepare, prompt)
        words = _words(tokenizer)
        async with aclosing(batch.write(tokens, MAX_NEW_TOKENS)) as steps:
            async for step in steps:
                words.put(np.array(step))
                if words.whole:
                    yield words.whole
        words.end()
        if words.whole:
            yield words.whole

    def _prepare(self, prompt: Prompt) -> tuple[Batch, Any, list[int]]:
        """The running model, its tokenizer, and the prompt's tokens. A model that has failed is started again."""
        with self._preparing:
            if self._loaded is None:
                self._loaded = self._open()
            model, tokenizer = self._loaded
            if self._batch is None or self._batch.ended.is_set():
                self._batch = Batch(self._manage(model))
            tokens = _read(tokenizer, prompt)
            if len(tokens) > self._longest:
                raise ValueError("the prompt is too long")
            return self._batch, tokenizer, tokens

    def _manage(self, model: Any) -> Any:
        from transformers import ContinuousBatchingConfig

        on_gpu, together = self._device == "cuda", TOGETHER[self._device]
        return model.init_continuous_batching(
            continuous_batching_config=ContinuousBatchingConfig(
                page_size=_PAGE_TOKENS,
                num_blocks=None if on_gpu else _LONGEST_PAGES + _USUAL_PAGES * (together - 1),
                max_memory_percent=_GPU_SHARE if on_gpu else None,
                max_batch_tokens=_STEP_TOKENS,
                max_requests_per_batch=together,
                # Flash attention may come from the hub, and brings CUDA graphs: the CPU can test neither.
                auto_switch_to_flash=False,
            )
        )

    def _close(self) -> None:
        with self._preparing:
            if self._batch is not None:
                self._batch.close()
            self._loaded = self._batch = None

    def _open(self) -> tuple[Any, Any]:
        try:
            import torch
            from transformers import AutoModelForCausalLM, AutoTokenizer
        except ImportError as error:
            raise UsageError("transformers is not installed", "pip install 'dlstart[models]'") from error
        name, file = self._name, {}
        if name.endswith(".gguf"):
            name, file = str(Path(name).parent), {"gguf_file": Path(name).name}
        try:
            tokenizer = AutoTokenizer.from_pretrained(name, local_files_only=True, **file)
            model: Any = AutoModelForCausalLM.from_pretrained(
                name,
                local_files_only=True,
                dtype=torch.bfloat16 if self._device == "cuda" else torch.float32,
                **file,
            )
        except (OSError, ValueError, ImportError) as error:
            raise UsageError(
                f"the model {self._name} can't be opened from this machine",
                "give a directory, an id that was downloaded before, or a .gguf file; see docs/models.md",
            ) from error
        # Greedy, so a model's own sampling habits would only warn about being ignored.
        habits = model.generation_config
        habits.do_sample, habits.temperature, habits.top_p, habits.top_k = False, None, None, None
        # Past its positions a model writes nonsense or fails, and with it whatever else is being written.
        positions = getattr(model.config.get_text_config(), "max_position_embeddings", None)
        self._longest = min(_MAX_PROMPT_TOKENS, (positions or _MAX_PROMPT_TOKENS * 2) - MAX_NEW_TOKENS)
        return model.to(self._device).eval(), tokenizer


def _read(tokenizer: Any, prompt: Prompt) -> list[int]:
    if tokenizer.chat_template:
        told = tokenizer.apply_chat_template(prompt.messages, add_generation_prompt=True, return_dict=True)
    else:
        told = tokenizer(f"{prompt.system}\n\n{prompt.user}\nAnswer:")
    return list(told["input_ids"])


def _words(tokenizer: Any) -> Any:
    """Tokens as text, of which `whole` is what has become whole words by the last `put` or `end`."""
    from transformers import TextStreamer

    class _Words(TextStreamer):
        whole = ""

        def on_finalized_text(self, text: str, stream_end: bool = False) -> None:
            self.whole = text

    return _Words(tokenizer, skip_special_tokens=True)
