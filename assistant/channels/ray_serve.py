"""Ray Serve: the HTTP service, its encoder and its language model as deployments that grow by themselves.

`serve run deploy/ray-serve.yaml` starts them. Every replica reads DLSTART_* from its own environment.

client -> Serve's proxy -> Ingress (the FastAPI application, index, composer) -> Encoder
                                                                             -> Writer, where a model is set
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import ray
from fastapi import FastAPI
from ray import serve
from ray.exceptions import RayActorError, RayError
from ray.serve.exceptions import RayServeException

from assistant.channels.http.app import make_app
from assistant.errors import AssistantError, IndexUnusable, Unavailable, UsageError
from assistant.generate import GeneratorFailed, Prompt, open_generator
from assistant.generators.transformers import TOGETHER
from assistant.live import LiveAssistant
from assistant.logs import configure_logs
from assistant.service import Assistant, assemble
from assistant.settings import Settings, read_settings
from assistant.texts import open_corpus
from assistant.understanding.model_reader import open_model_reader
from assistant.understanding.reader import open_reader
from index.encoder import Encoder as Engine
from index.encoder import Vectors, open_encoder
from index.errors import IndexProblem
from index.search import open_index

log = logging.getLogger("dlstart.service")

_MOST = 32
"""Calls that are encoded together; a call carries up to 32 questions of one ingress (index/batch.py)."""
_WAIT_S = 0.002
_PART_OF_A_GPU = 0.25
_FIRST_TRY_S = 1.0
_AGAIN_S = 0.1


class Encoder:
    """The encoder of the settings, for all ingress replicas."""

    def __init__(self) -> None:
        settings = _begin()
        self._engine = open_encoder(settings.encoder, settings.device, settings.index_path)

    def describe(self) -> dict[str, Any]:
        """What the seam of the encoder says of itself."""
        names = ("id", "revision", "dimension", "device", "engine")
        return {name: getattr(self._engine, name) for name in names}

    async def queries(self, revision: str, texts: list[str]) -> Vectors | None:
        """Encode questions with those that other replicas send; None where these are not the weights meant."""
        return await self._together(texts) if revision == self._engine.revision else None

    async def passages(self, revision: str, texts: list[str]) -> Vectors | None:
        """Encode passages; None where these are not the weights meant."""
        if revision != self._engine.revision:
            return None
        return await asyncio.to_thread(self._engine.encode_passages, texts)

    @serve.batch(max_batch_size=_MOST, batch_wait_timeout_s=_WAIT_S)  # type: ignore[untyped-decorator]
    async def _together(self, calls: list[list[str]]) -> list[Vectors]:
        rows = await asyncio.to_thread(self._engine.encode_queries, [text for call in calls for text in call])
        return np.split(rows, np.cumsum([len(call) for call in calls])[:-1])


class Writer:
    """The language model of the settings, on its GPU."""

    def __init__(self) -> None:
        engine = open_generator(_begin())
        if engine is None:
            raise UsageError("there is no model to serve", "set DLSTART_GENERATOR=transformers:<id or path>")
        self._engine = engine
        self._warm = False

    async def check_health(self) -> None:
        """Serve asks first when the replica starts: the model is loaded then."""
        if not self._warm:
            await self._engine.warm()
            self._warm = True

    def ready(self) -> bool:
        """Whether the model is loaded: a replica answers only then."""
        return True

    async def write(self, prompt: Prompt) -> AsyncGenerator[str]:
        """Pieces of text as they come. Raises GeneratorFailed."""
        async for piece in self._engine.write(prompt):
            yield piece


class Ingress:
    """The HTTP service; it asks the other deployments for vectors and for a model's words."""

    def __init__(self, encoder: Any, writer: Any = None) -> None:
        """`encoder` and `writer` are handles of those deployments."""
        self._settings = _begin()
        check_state(self._settings, _machines())
        self._encoder = encoder
        self._writer = writer
        self._app: FastAPI | None = None
        self._failure: AssistantError | None = None

    def __serve_build_asgi_app__(self) -> FastAPI:
        """What Serve asks for when the replica starts."""
        self._app = make_app(self._settings, load=self._load, failed=self._fail, shared=True)
        return self._app

    async def check_health(self) -> None:
        """Serve asks first when the replica starts, and sends requests to it once this has returned."""
        if self._app is not None:
            await asyncio.shield(self._app.state.loading)
        if self._failure is not None:
            raise self._failure

    def _load(self) -> Assistant:
        settings = self._settings

        def reach() -> Engine:
            return RemoteEncoder(self._encoder, settings.timeout)

        writer = (
            RemoteWriter(self._writer, settings) if self._writer is not None else open_generator(settings)
        )
        corpus, encoder = open_corpus(settings), reach()
        try:
            index = open_index(settings.index_path, corpus, encoder, settings.vectors)
            reader = open_reader(settings.index_path)
        except IndexProblem as problem:
            raise IndexUnusable(f"{problem}; {problem.cure}", problem.cure) from problem
        model_reader = open_model_reader(settings, writer)
        return LiveAssistant(
            assemble(corpus, index, encoder, reader, writer, settings.encoder_threads, model_reader),
            settings,
            reach,
        )

    def _fail(self, error: AssistantError) -> None:
        self._failure = error


class RemoteEncoder:
    """The encoder deployment behind the seam of `index.encoder.Encoder`. Call it from a thread, not from a loop."""

    def __init__(self, handle: Any, timeout: float) -> None:
        """`timeout`: seconds in which a call is tried again."""
        self._handle = handle
        self._timeout = timeout
        told = self._call(lambda: handle.describe.remote())
        self.id: str = told["id"]
        self.revision: str = told["revision"]
        self.dimension: int = told["dimension"]
        self.device: str = told["device"]
        self.engine: str = told["engine"]
        self.files: Mapping[str, Path] = {}

    def encode_queries(self, texts: Sequence[str]) -> Vectors:
        """Encode questions -> float32 (n, dimension), unit rows, in order. Raises Unavailable."""
        return self._call(lambda: self._handle.queries.remote(self.revision, list(texts)))  # type: ignore[no-any-return]

    def encode_passages(self, texts: Sequence[str]) -> Vectors:
        """Encode passages -> float32 (n, dimension), unit rows, in order. Raises Unavailable."""
        return self._call(lambda: self._handle.passages.remote(self.revision, list(texts)))  # type: ignore[no-any-return]

    def _call(self, send: Callable[[], Any]) -> Any:
        """Call a replica; another one, where it has died, is silent, or holds other weights (an update is under way).

        A replica whose machine is gone is silent for up to 15 s before Ray calls it dead: no try waits for that.
        """
        ends = time.monotonic() + self._timeout
        patience = _FIRST_TRY_S
        while True:
            why: Exception | None = None
            response = send()
            try:
                answer = response.result(timeout_s=patience)
                if answer is not None:
                    return answer
                time.sleep(_AGAIN_S)
            except TimeoutError as error:
                why = error
                response.cancel()
                patience = 2 * _FIRST_TRY_S
            except (RayActorError, RayServeException) as error:
                why = error
                time.sleep(_AGAIN_S)
            if time.monotonic() > ends:
                raise Unavailable("the encoder is not there", "try again in a moment") from why


class RemoteWriter:
    """The language model's deployment behind the seam of `assistant.generate.Generator`."""

    def __init__(self, handle: Any, settings: Settings) -> None:
        engine = open_generator(settings)
        self.id = engine.id if engine is not None else ""
        self._handle = handle
        self._timeout: float = settings.generator_timeout

    async def warm(self) -> None:
        """Wait until a replica has loaded its model."""
        await self._handle.ready.remote()

    async def close(self) -> None:
        """Nothing is held here."""

    async def write(self, prompt: Prompt) -> AsyncGenerator[str]:
        """Stream its text; leaving stops it. Raises GeneratorFailed."""
        pieces = self._handle.options(stream=True).write.remote(prompt)
        try:
            async with asyncio.timeout(self._timeout):
                async for piece in pieces:
                    yield piece
        except (RayError, RayServeException, TimeoutError) as error:
            raise GeneratorFailed("the model's deployment failed") from error
        finally:
            pieces.cancel()


def build(arguments: dict[str, Any]) -> Any:
    """The application for `serve run` and `serve deploy`. Raises UsageError."""
    if arguments:
        raise UsageError(
            f"unknown: {', '.join(arguments)}",
            "settings are DLSTART_* variables, under runtime_env: env_vars",
        )
    settings = read_settings()
    room = settings.concurrency + settings.queue
    cluster = ray.cluster_resources() if settings.device == "auto" else {}
    shared = {"graceful_shutdown_timeout_s": settings.drain, "health_check_period_s": 5}
    encoder = serve.deployment(
        name="encoder",
        ray_actor_options={"num_cpus": 1, "num_gpus": encoder_gpus(settings, cluster)},
        max_ongoing_requests=2 * _MOST,
        autoscaling_config={"min_replicas": 1, "max_replicas": 4, "target_ongoing_requests": 4},
        **shared,
    )(Encoder)
    ingress = serve.deployment(
        name="ingress",
        ray_actor_options={"num_cpus": 1},
        # What is more than a replica works on waits in it, and what is more than may wait gets its honest 503.
        max_ongoing_requests=room + 1,
        autoscaling_config={"min_replicas": 2, "max_replicas": 8, "target_ongoing_requests": 8},
        **shared,
    )(serve.ingress()(Ingress))
    if not str(settings.generator).startswith("transformers:"):
        return ingress.bind(encoder.bind())
    writer = serve.deployment(
        name="writer",
        ray_actor_options={"num_cpus": 1, "num_gpus": 1},
        max_ongoing_requests=TOGETHER["cuda"],
        max_queued_requests=TOGETHER["cuda"],
        autoscaling_config={
            "min_replicas": 1,
            "max_replicas": 4,
            "target_ongoing_requests": TOGETHER["cuda"] // 2,
        },
        **shared,
    )(Writer)
    return ingress.bind(encoder.bind(), writer.bind())


def encoder_gpus(settings: Settings, cluster: Mapping[str, float]) -> float:
    """What a replica of the encoder takes of a GPU: Ray shows a replica none that it has not asked for.

    `cluster`: what Ray has in all, by name. Several small encoders share one GPU.
    """
    has_gpu = settings.device == "auto" and cluster.get("GPU", 0) > 0
    return _PART_OF_A_GPU if settings.device == "cuda" or has_gpu else 0.0


def check_state(settings: Settings, machines: int) -> None:
    """Whether all replicas see the same conversations. Raises UsageError where they can't."""
    if not settings.store_questions:
        log.warning(
            "each replica has its own memory: DLSTART_STORE_QUESTIONS=no loses follow-ups between them"
        )
    elif machines > 1 and not str(settings.database_url).startswith("postgresql"):
        raise UsageError(
            f"{machines} machines can't share SQLite",
            "set DLSTART_DATABASE_URL=postgresql+psycopg://…, or DLSTART_STORE_QUESTIONS=no",
        )


def _machines() -> int:
    return len({node["NodeManagerAddress"] for node in ray.nodes() if node["Alive"]})


def _begin() -> Settings:
    settings = read_settings()
    configure_logs(settings.log_format)
    return settings
