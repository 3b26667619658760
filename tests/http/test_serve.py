"""The program as a process: addresses, signals, workers, streams through a proxy."""

from __future__ import annotations

import http.client
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import pairwise
from pathlib import Path

import httpx
import pytest

from assistant.channels.http.app import _open_tracer
from tests.http.conftest import read_events
from tests.http.server import ROOT, Server, running

ASK = {"question": "Where can I learn about LSTMs?"}
STREAM = ASK | {"stream": True}


@contextmanager
def slow_service(data_dir: Path, deltas: int, seconds: float) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """The service of tests/http/slow.py, with its address."""
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.http.slow", str(deltas), str(seconds)],
        cwd=ROOT,
        env={**os.environ, "DLSTART_DATA_DIR": str(data_dir), "DLSTART_DEVICE": "cpu"},
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    assert process.stdout is not None
    try:
        yield process, f"http://127.0.0.1:{int(process.stdout.readline())}"
    finally:
        process.kill()
        process.wait(10)
        process.stdout.close()


def serve_once(data_dir: Path, *options: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """`dlstart serve` that must end by itself."""
    return subprocess.run(
        [sys.executable, "-m", "assistant", "serve", *options],
        cwd=ROOT,
        env={**os.environ, "DLSTART_DATA_DIR": str(data_dir), **environment},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def test_a_busy_port_is_one_line(data_dir: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        done = serve_once(data_dir, "--port", str(port))
    assert done.returncode == 2
    assert done.stderr == f"dlstart: port {port} is busy; choose another with --port\n"


@pytest.mark.parametrize("protocol", ["h11", "httptools"])
def test_head_is_get_without_its_body_again_and_again_on_one_connection(
    data_dir: Path, tmp_path: Path, protocol: str
) -> None:
    paths = ("/healthz", "/v1/sections", "/", "/nothing-here", "/docs")
    start = (
        "from functools import partialmethod; import uvicorn; "
        f"uvicorn.Config.__init__ = partialmethod(uvicorn.Config.__init__, http={protocol!r}); "
        "from assistant.cli import main; main()"
    )
    with running(data_dir, program=("-c", start)) as server:
        host, _, port = server.url.removeprefix("http://").rpartition(":")
        connection = http.client.HTTPConnection(host, int(port), timeout=30)
        connection.connect()
        kept = connection.sock
        for path in paths:
            told = []
            for method in ("HEAD", "HEAD", "GET"):
                connection.request(method, path)
                response = connection.getresponse()
                assert bool(response.read()) == (method == "GET")
                told.append((response.status, response.getheader("content-length")))
            assert told == [told[0]] * 3 and connection.sock is kept
        connection.close()
        server.stop()
        assert server.noise == []
        assert [line for line in server.log if line["level"] not in ("info", "debug")] == []


@pytest.mark.parametrize("host", ["no.such.host.invalid", "192.0.2.1", ""])
def test_an_unusable_host_is_one_line(data_dir: Path, host: str) -> None:
    done = serve_once(data_dir, "--host", host, "--port", "0")
    assert done.returncode == 2
    assert done.stderr.count("\n") == 1 and done.stderr.startswith("dlstart: ") and "--host" in done.stderr


def test_an_unusable_corpus_ends_the_service_with_status_3(data_dir: Path, tmp_path: Path) -> None:
    (tmp_path / "guide.md").write_text("")
    done = serve_once(data_dir, "--port", "0", DLSTART_CORPUS=str(tmp_path), DLSTART_LOG_FORMAT="json")
    assert done.returncode == 3
    last = done.stderr.strip().split("\n")[-1]
    assert last.startswith("dlstart: the corpus can't be used") and "dlstart corpus check" in last
    assert "Traceback" not in done.stderr


def test_a_request_is_one_line_of_json_without_its_words(server: Server) -> None:
    headers = {"X-Request-ID": "my-log-line"}
    httpx.post(
        f"{server.url}/v1/ask", json={"question": "A very private question?"}, headers=headers, timeout=60
    )
    for _ in range(100):
        lines = [line for line in server.log if line.get("id") == "my-log-line"]
        if lines:
            break
        time.sleep(0.02)
    (line,) = lines
    assert (line["route"], line["status"], line["method"]) == ("/v1/ask", 200, "POST")
    assert line["outcome"] and line["ms"] > 0 and line["timings_ms"]["total"] > 0
    assert "private" not in json.dumps(server.log) and not any("private" in noise for noise in server.noise)


def test_the_counters_count_without_words(server: Server) -> None:
    body = httpx.post(f"{server.url}/v1/ask", json=ASK, timeout=60).json()
    httpx.post(f"{server.url}/v1/feedback", json={"answer_id": body["id"], "value": "up"})
    text = httpx.get(f"{server.url}/metrics").text
    for name in (
        'ask_requests_total{channel="http",outcome="answered"}', 'ask_latency_seconds_count{stage="encode"}',
        'ask_latency_seconds_count{stage="total"}', "citations_per_answer_count", "index_info{",
        'feedback_total{value="up"}', "slack_duplicate_events_total", 'http_requests_total{method="POST"',
        "process_resident_memory_bytes", "ask_time_to_first_token_seconds_count",
    ):  # fmt: skip
        assert name in text
    assert "LSTM" not in text


def test_no_banner_names_the_server(server: Server) -> None:
    headers = httpx.get(f"{server.url}/healthz").headers
    assert "server" not in headers and "x-powered-by" not in headers


def test_sigterm_lets_a_stream_finish_and_takes_nothing_new(data_dir: Path) -> None:
    with (
        slow_service(data_dir, 8, 0.25) as (process, url),
        httpx.stream("POST", f"{url}/v1/ask", json=STREAM, timeout=30) as response,
    ):
        pieces = response.iter_text()
        text = next(pieces)
        process.send_signal(signal.SIGTERM)
        time.sleep(0.3)
        assert httpx.get(f"{url}/readyz").status_code == 503
        refused = httpx.post(f"{url}/v1/ask", json=ASK)
        assert (refused.status_code, refused.headers["content-type"]) == (503, "application/problem+json")
        text += "".join(pieces)
        assert read_events(text)[-1][0] == "done"
        assert process.wait(15) == 0


def test_sigterm_ends_an_idle_service_at_once(data_dir: Path) -> None:
    with running(data_dir) as opened:
        httpx.get(f"{opened.url}/healthz")
        began = time.monotonic()
        assert opened.stop() == 0
        assert time.monotonic() - began < 10


def test_a_client_that_leaves_a_stream_stops_the_work(data_dir: Path) -> None:
    with slow_service(data_dir, 100, 0.2) as (process, url):
        with httpx.stream("POST", f"{url}/v1/ask", json=STREAM, timeout=30) as response:
            next(response.iter_text())
        assert process.stdout is not None
        assert process.stdout.readline() == "stopped\n"


def check_arrival(url: str) -> None:
    """A slow stream arrives piece by piece, with comments in between, and not all at its end."""
    arrived: list[float] = []
    text = ""
    with httpx.stream("POST", f"{url}/v1/ask", json=STREAM, timeout=30) as response:
        assert response.headers["content-type"].startswith("text/event-stream")
        for piece in response.iter_text():
            arrived += [time.monotonic()] * piece.count("event: delta")
            text += piece
    assert ": alive\n\n" in text
    assert [name for name, _, _ in read_events(text)] == ["meta", *["delta"] * 5, "done"]
    assert arrived[-1] - arrived[0] > 0.9
    gaps = [later - earlier for earlier, later in pairwise(arrived)]
    assert sum(gap > 0.1 for gap in gaps) >= 3


def test_a_stream_arrives_piece_by_piece(data_dir: Path) -> None:
    with slow_service(data_dir, 5, 0.4) as (_, url):
        check_arrival(url)


def test_a_stream_arrives_piece_by_piece_through_nginx(data_dir: Path, tmp_path: Path) -> None:
    nginx = shutil.which("nginx") or shutil.which("nginx", path="/usr/sbin")
    if nginx is None:
        pytest.skip("needs nginx: apt-get install nginx-light")
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    with slow_service(data_dir, 5, 0.4) as (_, url):
        # Its defaults: buffering is on, and only the service's own header switches it off.
        conf = f"""
            daemon off; pid {tmp_path}/pid; error_log {tmp_path}/error.log; events {{}}
            http {{
                access_log off; gzip on; gzip_types text/event-stream application/json;
                client_body_temp_path {tmp_path}/body; proxy_temp_path {tmp_path}/proxy;
                fastcgi_temp_path {tmp_path}/f; uwsgi_temp_path {tmp_path}/u; scgi_temp_path {tmp_path}/s;
                server {{ listen 127.0.0.1:{port}; location / {{ proxy_pass {url}; }} }}
            }}"""
        (tmp_path / "nginx.conf").write_text(conf)
        proxy = subprocess.Popen([nginx, "-c", tmp_path / "nginx.conf", "-e", tmp_path / "error.log"])
        try:
            for _ in range(100):
                try:
                    httpx.get(f"http://127.0.0.1:{port}/healthz")
                    break
                except httpx.ConnectError:
                    time.sleep(0.05)
            check_arrival(f"http://127.0.0.1:{port}")
        finally:
            proxy.terminate()
            proxy.wait(10)


def test_workers_share_a_port_and_an_index_and_one_that_dies_is_replaced(data_dir: Path) -> None:
    with running(data_dir, "--workers", "2") as opened:
        opened.wait_for("ready", 2)
        for _ in range(10):
            answer = httpx.post(f"{opened.url}/v1/ask", json=ASK, timeout=60)
            assert answer.status_code == 200
        count = 'ask_requests_total{channel="http",outcome="answered"} 10.0'
        assert count in httpx.get(f"{opened.url}/metrics").text
        workers = opened.workers()
        assert len(workers) == 2
        os.kill(workers[0], signal.SIGKILL)
        opened.wait_for("ready", 3)
        assert httpx.post(f"{opened.url}/v1/ask", json=ASK, timeout=60).status_code == 200
        assert opened.stop() == 0


def test_the_line_that_says_ready_holds_the_address(server: Server) -> None:
    assert server.wait_for("ready")["url"] == server.url


def test_an_endpoint_for_traces_without_their_library_is_a_warning(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:4318")
    monkeypatch.setitem(sys.modules, "assistant.traces", None)
    assert _open_tracer() is None
    assert "dlstart[otel]" in caplog.text
