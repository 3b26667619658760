"""The application: routes over one assistant."""

from __future__ import annotations

import asyncio
import logging
import os
import threading
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from importlib import import_module
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

from assistant.channels.http.ask import add_ask_routes
from assistant.channels.http.bodies import ProblemBody
from assistant.channels.http.chat import add_chat_routes
from assistant.channels.http.clients import Rate
from assistant.channels.http.desk import Desk
from assistant.channels.http.edge import Edge
from assistant.channels.http.gate import Gate
from assistant.channels.http.health import add_health_routes
from assistant.channels.http.library import add_library_routes
from assistant.channels.http.pages import add_pages
from assistant.channels.http.problems import add_problem_handlers
from assistant.channels.http.replies import Replies
from assistant.channels.slack import need_slack
from assistant.errors import AssistantError, UsageError
from assistant.service import Assistant
from assistant.settings import Settings
from assistant.stores import check_address, open_store

if TYPE_CHECKING:
    from opentelemetry.trace import Tracer

    from assistant.channels.mcp import McpEndpoint

log = logging.getLogger("dlstart.service")

_DAY = 24 * 3600.0
_TICK = 0.1
_DESCRIPTION = (
    "Answers questions from one guide, with a source for every sentence. "
    "Every failure is a problem document (RFC 9457)."
)


def make_app(
    settings: Settings,
    assistant: Assistant | None = None,
    load: Callable[[], Assistant] | None = None,
    failed: Callable[[AssistantError], None] | None = None,
    shared: bool = False,
    ready: Callable[[], None] | None = None,
    waits: Callable[[], bool] | None = None,
) -> FastAPI:
    """The HTTP service of an assistant: of one that is open, or of one that `load` opens while it starts.

    `failed` is told when loading fails, `ready` when it is done; meanwhile the service is up and not ready, or
    does not start to listen as long as `waits` says so. `shared`: other processes serve the same state.
    """
    desk = Desk(settings, assistant, _open_tracer())
    mcp = LazyMcp(desk)
    rate = Rate(settings)

    @asynccontextmanager
    async def life(app: FastAPI) -> AsyncIterator[None]:
        async with AsyncExitStack() as stack:
            stack.push_async_callback(mcp.close)
            stack.push_async_callback(rate.close)
            if load is not None:
                app.state.loading = loading = asyncio.create_task(
                    _load(desk, load, stack, shared, failed or _ignore, ready or _ignore)
                )
                stack.push_async_callback(_cancel, loading)
                while waits is not None and waits() and not loading.done():
                    await asyncio.wait({loading}, timeout=_TICK)
            yield

    app = FastAPI(
        title="dlstart",
        version=version("dlstart"),
        description=_DESCRIPTION,
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
        lifespan=life,
        generate_unique_id_function=lambda route: route.name,
    )
    app.state.desk = desk
    add_problem_handlers(app)
    add_ask_routes(app, desk, Replies(desk))
    add_library_routes(app, desk)
    add_chat_routes(app, desk)
    add_health_routes(app, desk)
    add_pages(app, desk)
    app.routes.append(Route("/mcp", mcp, methods=["POST"], include_in_schema=False))
    if settings.slack_signing_secret:
        with need_slack():
            from assistant.channels.slack.routes import slack_routes

        app.include_router(slack_routes(lambda: desk.assistant, settings, desk.metrics))
    app.openapi = lambda: _describe(app)  # type: ignore[method-assign]
    app.add_middleware(Gate, api=app, desk=desk, rate=rate)
    app.add_middleware(Edge, metrics=desk.metrics, settings=settings)
    return app


def _open_tracer() -> Tracer | None:
    if not os.environ.get("OTEL_EXPORTER_OTLP_ENDPOINT"):
        return None
    try:
        from assistant.traces import open_tracer

        return open_tracer()
    except (ImportError, UsageError):
        # Operators set the variable for every container alike.
        log.warning("nothing is traced: OTEL_EXPORTER_OTLP_ENDPOINT needs pip install 'dlstart[otel]'")
        return None


class LazyMcp:
    """The MCP endpoint; its library takes a second to import, so it is imported by the first who asks."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._endpoint: McpEndpoint | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if self._endpoint is None:
            module = await asyncio.to_thread(import_module, "assistant.channels.mcp")
            self._endpoint = self._endpoint or module.McpEndpoint(self._desk)
        await self._endpoint(scope, receive, send)

    async def close(self) -> None:
        """Stop."""
        if self._endpoint is not None:
            await self._endpoint.close()


async def _load(
    desk: Desk,
    load: Callable[[], Assistant],
    stack: AsyncExitStack,
    shared: bool,
    failed: Callable[[AssistantError], None],
    ready: Callable[[], None],
) -> None:
    """Open the assistant beside the running service, warm it, and only then take questions."""
    try:
        check_address(desk.settings)
        assistant = await _in_daemon(load)
        assistant.store = await open_store(desk.settings, shared, desk.metrics.lost.inc)
        stack.push_async_callback(assistant.store.close)
        if assistant.rewriter is not None:
            stack.push_async_callback(assistant.rewriter.close)
        await assistant.warm()
        await assistant.search("How do I start?", 1)
        await assistant.warm()
    except AssistantError as error:
        log.error("not ready: %s", error, extra={"data": {"cure": error.cure}} if error.cure else None)
        failed(error)
        return
    except Exception as error:
        # Whatever it was: a service that is up and never ready would be waited for without end.
        log.exception("not ready: loading failed")
        failed(unforeseen(error))
        return
    desk.open(assistant)
    log.info("ready", extra={"data": {"url": desk.url} if desk.url else {}})
    ready()
    tidying = asyncio.create_task(_tidy(assistant))
    stack.push_async_callback(_cancel, tidying)


def unforeseen(error: Exception) -> AssistantError:
    """A failure of loading that nobody thought of, as whoever runs the service is told it."""
    return AssistantError(
        f"the service can't start ({type(error).__name__}: {error})",
        "`dlstart doctor` looks at everything that it needs; the log has the details",
    )


def _ignore(*_: object) -> None:
    """Nobody wants to be told."""


async def _in_daemon(load: Callable[[], Assistant]) -> Assistant:
    """Load in a thread that nobody waits for when the process is told to stop meanwhile."""
    loop = asyncio.get_running_loop()
    loaded: asyncio.Future[Assistant] = loop.create_future()

    def finish(assistant: Assistant | None, error: BaseException | None) -> None:
        if loaded.cancelled():
            return
        if assistant is None:
            loaded.set_exception(error or RuntimeError("nothing was loaded"))
        else:
            loaded.set_result(assistant)

    def run() -> None:
        try:
            outcome: tuple[Assistant | None, BaseException | None] = (load(), None)
        except BaseException as error:  # noqa: BLE001 - it is raised again in the loop
            outcome = (None, error)
        with suppress(RuntimeError):  # the loop is closed: the process is stopping
            loop.call_soon_threadsafe(finish, *outcome)

    threading.Thread(target=run, name="load", daemon=True).start()
    return await loaded


async def _tidy(assistant: Assistant) -> None:
    """Once a day, delete what is older than the retention."""
    while True:
        try:
            await assistant.store.purge()
        except AssistantError:
            pass  # The store has said so.
        except Exception:
            log.exception("what is older than the retention could not be deleted")
        await asyncio.sleep(_DAY)


async def _cancel(task: asyncio.Task[None]) -> None:
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task


def _describe(app: FastAPI) -> dict[str, Any]:
    """The OpenAPI document, made once."""
    if app.openapi_schema is None:
        document = get_openapi(
            title=app.title,
            version=app.version,
            description=app.description,
            openapi_version="3.1.0",
            routes=app.routes,
        )
        schemas = document["components"]["schemas"]
        problem_schema = ProblemBody.model_json_schema(ref_template="#/components/schemas/{model}")
        schemas |= problem_schema.pop("$defs", {}) | {"ProblemBody": problem_schema}
        for unused in ("HTTPValidationError", "ValidationError"):
            schemas.pop(unused, None)
        # FastAPI adds a 422 of its own shape to each route with a parameter; ours are documented where there are any.
        for methods in document["paths"].values():
            for operation in methods.values():
                if "HTTPValidationError" in str(operation["responses"].get("422")):
                    del operation["responses"]["422"]
        if app.state.desk.settings.api_keys:
            document["components"]["securitySchemes"] = {"key": {"type": "http", "scheme": "bearer"}}
            for path, methods in document["paths"].items():
                if path.startswith("/v1/"):
                    for operation in methods.values():
                        operation["security"] = [{"key": []}]
        app.openapi_schema = document
    return app.openapi_schema
