"""Serving: sockets, signals, workers."""

from __future__ import annotations

import errno
import logging
import multiprocessing
import os
import signal
import socket
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from multiprocessing.synchronize import Event
from types import FrameType

import uvicorn
from prometheus_client.multiprocess import mark_process_dead

from assistant.errors import AssistantError, UsageError
from assistant.live import LiveAssistant
from assistant.logs import configure_logs, log_progress
from assistant.service import Assistant
from assistant.settings import Settings, read_settings
from assistant.stores import check_address
from index.device import count_cores

log = logging.getLogger("dlstart.service")

_KEEP_ALIVE = 75
"""Seconds that an idle connection stays open: longer than proxies keep theirs, so that they end it, not we."""
_BACKLOG = 2048
_BUILDING = "building the index, once only; that takes about a minute"
_RESTART_AFTER = 1.0
"""Seconds before a worker that died is replaced."""
_RESTART_AT_LAST = 60.0
"""The same, where one after the other dies while it loads."""


class Server(uvicorn.Server):
    """Uvicorn, which on SIGTERM first lets open requests finish while it still says that it is not ready."""

    def __init__(self, config: uvicorn.Config, drain: float) -> None:
        super().__init__(config)
        self.failure: AssistantError | None = None
        self._drain = drain
        self._drained_by: float | None = None

    @property
    def stopping(self) -> bool:
        """Whether it was told to stop."""
        return self.should_exit or self._drained_by is not None

    def fail(self, error: AssistantError) -> None:
        """Stop, because the assistant can't be opened."""
        self.failure = error
        self.should_exit = True

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """The first SIGTERM drains; a second signal, or Ctrl-C, stops at once."""
        if sig == signal.SIGTERM and self._drained_by is None:
            self._drained_by = time.monotonic() + self._drain
            self.config.app.state.desk.draining = True  # type: ignore[union-attr]
        elif self.should_exit:
            self.force_exit = True
        else:
            self.should_exit = True

    async def on_tick(self, counter: int) -> bool:
        """Called ten times a second."""
        if self._drained_by is not None and (
            not self.server_state.tasks or time.monotonic() > self._drained_by
        ):
            self.should_exit = True
        return await super().on_tick(counter)


def serve(settings: Settings, host: str, port: int, workers: int) -> None:
    """Serve until a signal. Raises UsageError for an unusable address, IndexUnusable for an unusable index."""
    configure_logs(settings.log_format)
    listener = listen(host, port)
    log.info("listening", extra={"data": {"url": _url(listener)}})
    if workers == 1:
        work(settings, listener)
    else:
        _check()
        threads = settings.encoder_threads or max(1, count_cores() // workers)
        supervise(listener, workers, threads)


def listen(host: str, port: int) -> socket.socket:
    """A listening socket. Raises UsageError that says what to do."""
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        listener = socket.socket(family, kind, protocol)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(address)
        listener.listen(_BACKLOG)
        listener.set_inheritable(True)
    except (socket.gaierror, OverflowError):
        raise UsageError(
            f"there is no host {host} here with a port {port}", "see --host and --port"
        ) from None
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            raise UsageError(f"port {port} is busy", "choose another with --port") from None
        if error.errno == errno.EACCES:
            raise UsageError(f"port {port} needs more rights", "choose one above 1023 with --port") from None
        raise UsageError(f"{host} can't be listened on ({error.strerror})", "choose another --host") from None
    return listener


def _url(listener: socket.socket) -> str:
    host, port = listener.getsockname()[:2]
    return f"http://{f'[{host}]' if ':' in host else host}:{port}"


def work(
    settings: Settings,
    listener: socket.socket,
    progress: Callable[[int, int], None] | None = None,
    loaded: Callable[[], None] | None = None,
) -> None:
    """Serve in this process. `loaded`: there are others beside it; it is called when this one is ready, and listens."""
    from assistant.channels.http.app import make_app

    server: Server

    def load() -> Assistant:
        return LiveAssistant.open(settings, log_progress(_BUILDING))

    def failed(error: AssistantError) -> None:
        server.fail(error)

    def waits() -> bool:
        return not server.stopping

    shared = loaded is not None
    app = make_app(
        settings, load=load, failed=failed, shared=shared, ready=loaded, waits=waits if shared else None
    )
    app.state.desk.url = _url(listener)
    config = uvicorn.Config(
        app,
        log_config=None,
        access_log=False,
        backlog=_BACKLOG,
        server_header=False,
        proxy_headers=False,
        ws="none",
        timeout_keep_alive=_KEEP_ALIVE,
        timeout_graceful_shutdown=max(1, int(settings.drain)),
    )
    server = Server(config, settings.drain)
    server.run([listener])
    if server.failure is not None:
        raise server.failure


class Worker:
    """One worker process, and whether it has been ready."""

    def __init__(self, listener: socket.socket) -> None:
        context = multiprocessing.get_context("spawn")
        self._loaded = context.Event()
        self.process = context.Process(target=_worker, args=(listener, self._loaded))
        self.process.start()

    @property
    def alive(self) -> bool:
        """Whether it runs."""
        return self.process.is_alive()

    @property
    def loaded(self) -> bool:
        """Whether it was ready to serve, once."""
        return self._loaded.is_set()

    @property
    def serves(self) -> bool:
        """Whether it takes requests."""
        return self.alive and self.loaded


class Supervisor:
    """Keeps so many workers on one port, and replaces one that dies.

    A worker that dies while it loads would die again: without another one that serves, that is the end of the service;
    beside others its place is tried again after a while, and after a longer one each time.
    """

    def __init__(self, listener: socket.socket, count: int) -> None:
        self._listener = listener
        self._workers = [Worker(listener) for _ in range(count)]
        self._wait = _RESTART_AFTER
        self._again = 0.0

    def look(self) -> None:
        """Replace who died. Raises SystemExit with the status of a worker where none can be had."""
        for place, worker in enumerate(self._workers):
            if not worker.alive:
                self._replace(place, worker)
        if all(worker.serves for worker in self._workers):
            self._wait = _RESTART_AFTER

    def stop(self) -> None:
        """End them all, and wait until they have ended."""
        for worker in self._workers:
            worker.process.terminate()
        for worker in self._workers:
            worker.process.join()

    def _replace(self, place: int, worker: Worker) -> None:
        if time.monotonic() < self._again:
            return
        status = worker.process.exitcode or 0
        log.warning("a worker died", extra={"data": {"pid": worker.process.pid, "status": status}})
        mark_process_dead(worker.process.pid)  # type: ignore[no-untyped-call]
        if not worker.loaded:
            if not any(other.serves for other in self._workers):
                log.error("no worker can start; the service ends")
                raise SystemExit(status if status > 0 else 1)
            self._again = time.monotonic() + self._wait
            self._wait = min(2 * self._wait, _RESTART_AT_LAST)
        self._workers[place] = Worker(self._listener)


def supervise(listener: socket.socket, count: int, threads: int) -> None:
    """Keep so many workers on one port until a signal. Raises SystemExit where none can start.

    `threads`: encoders in each of them. More than the cores they share only push each other out of the caches.
    """
    if sys.platform == "linux":
        listener = _share(listener)
    with tempfile.TemporaryDirectory(prefix="dlstart-metrics-") as shared:
        # Prometheus's counters of all workers are files in one folder.
        os.environ["PROMETHEUS_MULTIPROC_DIR"] = shared
        os.environ["DLSTART_ENCODER_THREADS"] = str(threads)
        stopping = threading.Event()
        for sig in (signal.SIGTERM, signal.SIGINT):
            signal.signal(sig, lambda *_: stopping.set())
        supervisor = Supervisor(listener, count)
        try:
            while not stopping.wait(_RESTART_AFTER):
                supervisor.look()
        finally:
            supervisor.stop()


def _share(listener: socket.socket) -> socket.socket:
    """The port, held for workers that each listen on it themselves: Linux then deals connections out among them.

    On one socket for all, the worker that happens to be awake accepts every connection that comes at once.
    """
    address = listener.getsockname()
    listener.close()
    held = socket.socket(listener.family, listener.type)
    held.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    held.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
    held.bind(address)
    return held


def _own(held: socket.socket) -> socket.socket:
    """A worker's own socket on the port that is held for it, on which it listens when it is ready.

    Elsewhere than on Linux it is the one for all, which listens from the start.
    """
    if sys.platform != "linux":
        return held
    return _share(held)


def _worker(listener: socket.socket, loaded: Event) -> None:
    settings = read_settings()
    configure_logs(settings.log_format)
    threading.Thread(target=_end_with_parent, name="end with parent", daemon=True).start()
    try:
        work(settings, _own(listener), loaded=loaded.set)
    except AssistantError as error:
        log.error("%s", error)
        raise SystemExit(error.exit_status) from None


def _end_with_parent() -> None:
    """Stop as on SIGTERM when the process that keeps the workers is gone, however it went."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os.kill(os.getpid(), signal.SIGTERM)


def _check() -> None:
    """Make the service once, in a process of its own, so that the workers find settings and an index that are right."""
    process = multiprocessing.get_context("spawn").Process(target=_open_once)
    process.start()
    process.join()
    if process.exitcode:
        raise SystemExit(process.exitcode)


def _open_once() -> None:
    from assistant.channels.http.app import make_app, unforeseen

    try:
        settings = read_settings()
        check_address(settings)
        configure_logs(settings.log_format)
        make_app(settings, Assistant.open(settings, log_progress(_BUILDING)))
    except Exception as found:  # noqa: BLE001 - whatever it was, it ends the service with a line that says so
        error = found if isinstance(found, AssistantError) else unforeseen(found)
        print(f"dlstart: {error}" + (f"; {error.cure}" if error.cure else ""), file=sys.stderr)
        raise SystemExit(error.exit_status) from None
