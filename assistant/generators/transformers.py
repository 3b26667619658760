"""A language model on this machine: a directory, an id that is already here, or a GGUF file."""

from __future__ import annotations

import asyncio
import os
import threading
from collections.abc import AsyncGenerator
from pathlib import Path
from typing import Any

from assistant.errors import UsageError
from assistant.generate import MAX_NEW_TOKENS, GeneratorFailed, Prompt

_MAX_WAITING = 4
_MAX_PROMPT_TOKENS = 6000


class TransformersGenerator:
    """Loaded once, one answer at a time; whoever would be more than fifth in the queue is turned away."""

    def __init__(self, model: str, device: str = "cpu", timeout: float = 20.0) -> None:
        """`device` is cpu (float32) or cuda (bfloat16); `timeout` bounds an answer with its wait, in seconds."""
        self.id = Path(model).stem if model.endswith(".gguf") else Path(model).name
        self._name = model
        self._device = device
        self._timeout = timeout
        self._turn = asyncio.Semaphore(1)
        self._waiting = 0
        self._loading = threading.Lock()
        self._loaded: tuple[Any, Any] | None = None

    async def warm(self) -> None:
        """Load the weights and write one token. Raises UsageError where the model is not on this machine."""
        await asyncio.to_thread(self._warm)

    async def close(self) -> None:
        """Forget the weights."""
        self._loaded = None

    async def write(self, prompt: Prompt) -> AsyncGenerator[str]:
        """Stream greedily chosen text. Raises GeneratorFailed when there is no room, no time or no model."""
        if self._waiting > _MAX_WAITING:
            raise GeneratorFailed("the queue is full")
        self._waiting += 1
        try:
            async with asyncio.timeout(self._timeout), self._turn:
                async for piece in self._stream(prompt):
                    yield piece
        except TimeoutError as error:
            raise GeneratorFailed("it took too long") from error
        finally:
            self._waiting -= 1

    async def _stream(self, prompt: Prompt) -> AsyncGenerator[str]:
        loop = asyncio.get_running_loop()
        pieces: asyncio.Queue[str | BaseException | None] = asyncio.Queue()
        stop = threading.Event()

        def put(piece: str | BaseException | None) -> None:
            loop.call_soon_threadsafe(pieces.put_nowait, piece)

        def work() -> None:
            try:
                self._generate(prompt, put, stop)
            except (RuntimeError, ValueError, OSError, UsageError) as error:
                put(error)
            finally:
                put(None)

        worker = asyncio.create_task(asyncio.to_thread(work))
        try:
            while (piece := await pieces.get()) is not None:
                if isinstance(piece, BaseException):
                    raise GeneratorFailed("the model failed") from piece
                yield piece
        finally:
            # The device is free again only when the thread has noticed: wait, so that the next turn is a real one.
            stop.set()
            await asyncio.shield(worker)

    def _generate(self, prompt: Prompt, put: Any, stop: threading.Event) -> None:
        from transformers import StoppingCriteria, TextStreamer

        class _Stopped(StoppingCriteria):
            def __call__(self, input_ids: Any, scores: Any, **kwargs: Any) -> Any:
                import torch

                return torch.full((input_ids.shape[0],), stop.is_set(), device=input_ids.device)

        class _Pieces(TextStreamer):
            def on_finalized_text(self, text: str, stream_end: bool = False) -> None:
                if text:
                    put(text)

        model, tokenizer = self._load()
        inputs = self._read(tokenizer, prompt).to(model.device)
        if inputs["input_ids"].shape[1] > _MAX_PROMPT_TOKENS:
            raise ValueError("the prompt is too long")
        model.generate(
            **inputs,
            max_new_tokens=MAX_NEW_TOKENS,
            do_sample=False,
            pad_token_id=tokenizer.pad_token_id
            if tokenizer.pad_token_id is not None
            else tokenizer.eos_token_id,
            streamer=_Pieces(tokenizer, skip_prompt=True, skip_special_tokens=True),
            stopping_criteria=[_Stopped()],
        )

    def _read(self, tokenizer: Any, prompt: Prompt) -> Any:
        if tokenizer.chat_template:
            return tokenizer.apply_chat_template(
                prompt.messages, add_generation_prompt=True, return_tensors="pt", return_dict=True
            )
        return tokenizer(f"{prompt.system}\n\n{prompt.user}\nAnswer:", return_tensors="pt")

    def _warm(self) -> None:
        self._load()
        self._generate(Prompt("Say hi.", "Hi"), lambda piece: None, _set())

    def _load(self) -> tuple[Any, Any]:
        with self._loading:
            if self._loaded is None:
                self._loaded = self._open()
            return self._loaded

    def _open(self) -> tuple[Any, Any]:
        # Without this an id that is not here waits for the network to time out.
        os.environ.setdefault("HF_HUB_OFFLINE", "1")
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
        # A model's own sampling habits would only warn about being ignored.
        model.generation_config.temperature = model.generation_config.top_p = (
            model.generation_config.top_k
        ) = None
        return model.to(self._device).eval(), tokenizer


def _set() -> threading.Event:
    event = threading.Event()
    event.set()
    return event
