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
from multiprocessing.process import BaseProcess
from types import FrameType

import uvicorn

from assistant.errors import AssistantError, UsageError
from assistant.live import LiveAssistant
from assistant.logs import configure_logs, log_progress
from assistant.service import Assistant
from assistant.settings import Settings, read_settings
from index.device import count_cores

log = logging.getLogger("dlstart.service")

_KEEP_ALIVE = 75
"""Seconds that an idle connection stays open: longer than proxies keep theirs, so that they end it, not we."""
_BACKLOG = 2048
_BUILDING = "building the index, once only; that takes about a minute"
_RESTART_AFTER = 1.0
"""Seconds before a worker that died is replaced."""


class Server(uvicorn.Server):
    """Uvicorn, which on SIGTERM first lets open requests finish while it still says that it is not ready."""

    def __init__(self, config: uvicorn.Config, drain: float) -> None:
        super().__init__(config)
        self.failure: AssistantError | None = None
        self._drain = drain
        self._drained_by: float | None = None

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


def work(settings: Settings, listener: socket.socket, shared: bool = False) -> None:
    """Serve in this process; `shared`: there are others beside it."""
    from assistant.channels.http.app import make_app

    server: Server

    def load() -> Assistant:
        return LiveAssistant.open(settings, log_progress(_BUILDING))

    def failed(error: AssistantError) -> None:
        server.fail(error)

    app = make_app(settings, load=load, failed=failed, shared=shared)
    app.state.desk.url = _url(listener)
    config = uvicorn.Config(
        app,
        log_config=None,
        access_log=False,
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


def supervise(listener: socket.socket, count: int, threads: int) -> None:
    """Keep so many workers on one port; replace one that dies; stop them all on a signal.

    `threads`: encoders in each of them. More than the cores they share only push each other out of the caches.
    """
    if sys.platform == "linux":
        listener = _share(listener)
    with tempfile.TemporaryDirectory(prefix="dlstart-metrics-") as shared:
        # Prometheus's counters of all workers are files in one folder.
        os.environ["PROMETHEUS_MULTIPROC_DIR"] = shared
        os.environ["DLSTART_ENCODER_THREADS"] = str(threads)
        context = multiprocessing.get_context("spawn")
        stopping = threading.Event()
        for sig in (signal.SIGTERM, signal.SIGINT):
            signal.signal(sig, lambda *_: stopping.set())

        def start() -> BaseProcess:
            process = context.Process(target=_worker, args=(listener,))
            process.start()
            return process

        processes = [start() for _ in range(count)]
        while not stopping.wait(_RESTART_AFTER):
            for place, process in enumerate(processes):
                if not process.is_alive():
                    log.warning(
                        "a worker died", extra={"data": {"pid": process.pid, "status": process.exitcode}}
                    )
                    processes[place] = start()
        for process in processes:
            process.terminate()
        for process in processes:
            process.join()


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
    """A worker's own listening socket on the port that is held for it; elsewhere than on Linux, the one for all."""
    if sys.platform != "linux":
        return held
    own = _share(held)
    own.listen(_BACKLOG)
    return own


def _worker(listener: socket.socket) -> None:
    settings = read_settings()
    configure_logs(settings.log_format)
    threading.Thread(target=_end_with_parent, name="end with parent", daemon=True).start()
    try:
        work(settings, _own(listener), shared=True)
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
    from assistant.channels.http.app import make_app

    settings = read_settings()
    try:
        configure_logs(settings.log_format)
        make_app(settings, Assistant.open(settings, log_progress(_BUILDING)))
    except AssistantError as error:
        print(f"dlstart: {error}" + (f"; {error.cure}" if error.cure else ""), file=sys.stderr)
        raise SystemExit(error.exit_status) from None
