"""The service on Ray Serve: three simulated nodes, one of which dies under load."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml

from assistant.service import Ask, Assistant
from tests.assistant.stub_model import OK, StubModel, event
from tests.http.conftest import read_events
from tests.http.server import ROOT
from tests.http.test_parity import QUESTIONS, Said

if find_spec("ray") is None:
    pytest.skip("needs Ray: pip install 'dlstart[ray]'", allow_module_level=True)

SLOWLY = "Where can I learn about LSTMs, slowly?"
_PATIENCE = 120.0


class RayCluster:
    """tests/http/ray_cluster.py, its log, and where the service is."""

    def __init__(self, home: Path, environment: dict[str, str]) -> None:
        self.home = home
        with socket.create_server(("127.0.0.1", 0)) as free:
            port = free.getsockname()[1]
        self.url = f"http://127.0.0.1:{port}"
        config = yaml.safe_load((ROOT / "deploy/ray-serve.yaml").read_text())
        # One machine has one such port: the head's proxy serves for all nodes.
        config |= {"proxy_location": "HeadOnly", "http_options": {"host": "127.0.0.1", "port": port}}
        app = config["applications"][0]
        for deployment, count in zip(app["deployments"], (3, 2), strict=True):
            deployment["autoscaling_config"] |= {"min_replicas": count, "max_replicas": count}
        config["applications"].append(
            {"name": "writer", "route_prefix": None, "import_path": "tests.http.ray_cluster:writer"}
        )
        (home / "serve.yaml").write_text(yaml.safe_dump(config))
        ours = {"HOME": str(home), "RAY_TMPDIR": str(home), "RAY_USAGE_STATS_ENABLED": "0"}
        ours |= {"RAY_SERVE_PROXY_PREFER_LOCAL_NODE_ROUTING": "0", "PYTHONPATH": str(ROOT)}
        self._log = (home / "log").open("w")
        self.process = subprocess.Popen(
            [sys.executable, "-m", "tests.http.ray_cluster", str(home / "serve.yaml")],
            cwd=ROOT,
            env={**os.environ, **ours, **environment},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._log,
            text=True,
        )
        self.told = self._read()

    def do(self, command: str) -> dict[str, Any]:
        """Tell the program a line; its answer."""
        assert self.process.stdin is not None
        self.process.stdin.write(f"{command}\n")
        self.process.stdin.flush()
        return self._read()

    def served_by(self, prefix: str) -> dict[int, int]:
        """How many requests whose id begins so each process has served, by its log."""
        counts: dict[int, int] = {}
        for path in self.home.glob("**/session_latest/logs/worker-*.err"):
            count = path.read_text().count(f'"event": "request", "id": "{prefix}')
            if count:
                counts[int(path.stem.split("-")[-1])] = count
        return counts

    def stop(self) -> None:
        """Kill all processes of the cluster; they have its folder in their environment or a file open in it."""
        for _ in range(100):
            ours = [pid for pid in _processes() if self._owns(pid)]
            for pid in ours:
                with suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
            if not ours:
                break
            self.process.poll()
            time.sleep(0.05)
        self.process.wait(10)
        for stream in (self.process.stdin, self.process.stdout, self._log):
            with suppress(BrokenPipeError):
                stream.close()  # type: ignore[union-attr]

    def _read(self) -> dict[str, Any]:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            if line.startswith("{"):
                told: dict[str, Any] = json.loads(line)
                return told
        raise AssertionError(f"the cluster ended: {(self.home / 'log').read_text()[-3000:]}")

    def _owns(self, pid: int) -> bool:
        try:
            state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
            # Ray's processes write their titles over their environment.
            own = f"RAY_TMPDIR={self.home}\0".encode() in Path(f"/proc/{pid}/environ").read_bytes() or any(
                str(file.readlink()).startswith(f"{self.home}/") for file in Path(f"/proc/{pid}/fd").iterdir()
            )
        except (OSError, IndexError):
            return False
        return own and state != "Z"


def _processes() -> list[int]:
    """All but this one, whose files are in the folder as well."""
    found = [int(path.name) for path in Path("/proc").iterdir() if path.name.isdigit()]
    return [pid for pid in found if pid != os.getpid()]


@contextmanager
def stub_model() -> Iterator[str]:
    """A model's server that rewords slowly where it is asked to, and else fails, so that the composer answers."""

    async def play(prompt: str, writer: asyncio.StreamWriter) -> None:
        if "slowly" not in prompt:
            writer.write(b"HTTP/1.1 503 Busy\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
            return
        writer.write(OK)
        for line in prompt.splitlines():
            marker, _, quote = line.partition("] ")
            if marker.startswith("["):
                for word in [*quote.split(), f"{marker}]"]:
                    writer.write(event(f"{word} "))
                    await writer.drain()
                    await asyncio.sleep(0.02)
        writer.write(b"data: [DONE]\n\n")

    loop = asyncio.new_event_loop()
    stub = StubModel()
    stub.play = play
    started = threading.Event()

    async def serve() -> None:
        async with stub.serve():
            started.set()
            await asyncio.Event().wait()

    def run() -> None:
        with suppress(asyncio.CancelledError):
            loop.run_until_complete(task)

    task = loop.create_task(serve())
    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    assert started.wait(10)
    try:
        yield stub.url
    finally:
        loop.call_soon_threadsafe(task.cancel)
        thread.join(10)
        loop.close()


@pytest.fixture(scope="module")
def cluster(data_dir: Path) -> Iterator[RayCluster]:
    """The cluster, serving; nothing of it is left afterwards."""
    home = Path(tempfile.mkdtemp(prefix="dlstart-ray-", dir="/tmp"))  # its sockets' names must be short
    with stub_model() as model:
        environment = {
            "DLSTART_DATA_DIR": str(data_dir),
            "DLSTART_DATABASE_URL": f"sqlite+aiosqlite:///{home}/state.sqlite3",
            "DLSTART_DEVICE": "cpu",
            "DLSTART_LOG_FORMAT": "json",
            "DLSTART_GENERATOR": "openai:stub",
            "DLSTART_GENERATOR_URL": model,
        }
        opened = None
        try:
            opened = RayCluster(home, environment)
            yield opened
        finally:
            if opened is not None:
                opened.stop()
            shutil.rmtree(home, ignore_errors=True)


def said(answer: dict[str, Any]) -> Said:
    return answer["text"], answer["citations"]


async def ask(client: httpx.AsyncClient, question: str, name: str = "any", **more: Any) -> tuple[Said, int]:
    """What the service says, streamed or not, and how many tries it took."""
    for tries in range(1, 30):
        try:
            response = await client.post(
                "/v1/ask", json={"question": question, **more}, headers={"X-Request-ID": f"{name}-{tries}"}
            )
            if response.status_code == 200:
                if more.get("stream"):
                    *_, (last, _, answer) = read_events(response.text)
                    assert last == "done"
                    return said(answer), tries
                return said(response.json()), tries
            # Serve's proxy: the replica was lost before it began to answer.
            assert response.status_code == 500, response.text
        except httpx.RemoteProtocolError:
            pass  # the replica was lost while it answered
        await asyncio.sleep(0.2)
    raise AssertionError(f"no answer to {question!r}")


def open_client(cluster: RayCluster) -> httpx.AsyncClient:
    return httpx.AsyncClient(base_url=cluster.url, timeout=60)


async def test_every_node_says_what_the_single_process_says(
    cluster: RayCluster, assistant: Assistant
) -> None:
    async with open_client(cluster) as client:
        for question in QUESTIONS:
            alone = await assistant.answer(Ask(question))
            expected = said(json.loads(json.dumps(alone.as_dict())))
            got = await asyncio.gather(
                *(ask(client, question, "parity") for _ in range(6)),
                *(ask(client, question, "parity", stream=True) for _ in range(6)),
            )
            assert got == [(expected, 1)] * 12
    served = cluster.served_by("parity")
    for _ in range(100):  # a request is logged after its answer is sent
        if sum(served.values()) == 12 * len(QUESTIONS):
            break
        await asyncio.sleep(0.1)
        served = cluster.served_by("parity")
    assert sum(served.values()) == 12 * len(QUESTIONS)
    assert {node for node, pid in cluster.told["replicas"]["ingress"] if pid in served} == set(
        cluster.told["nodes"]
    )


async def test_a_conversation_goes_on_in_another_replica(cluster: RayCluster) -> None:
    async with open_client(cluster) as client:
        first = (await client.post("/v1/ask", json={"question": "Where can I learn about LSTMs?"})).json()
        conversation = {"conversation_id": first["conversation_id"]}
        answers = await asyncio.gather(
            *(client.post("/v1/ask", json={"question": "Is it free?", **conversation}) for _ in range(6))
        )
        texts = {answer.json()["text"] for answer in answers}
    assert len(texts) == 1
    assert {answer.json()["outcome"] for answer in answers} == {"answered"}


def test_the_writer_streams_through_its_handle_and_fails_as_a_model_does(cluster: RayCluster) -> None:
    pieces = ["One ", "slowly ", "written ", "sentence. ", "[1] "]
    assert cluster.do("write [1] One slowly written sentence.") == {"id": "stub", "pieces": pieces}
    assert cluster.do("write quickly") == {"id": "stub", "error": "the model's deployment failed"}


def test_what_would_not_work_is_refused_with_its_cure(cluster: RayCluster) -> None:
    sqlite, arguments = cluster.do("refuse")["said"]
    assert sqlite.startswith("2 machines can't share SQLite; set DLSTART_DATABASE_URL=postgresql+psycopg://")
    assert arguments == "unknown: replicas; settings are DLSTART_* variables, under runtime_env: env_vars"


async def test_a_node_dies_under_load_and_no_question_is_lost(cluster: RayCluster) -> None:
    stopping = asyncio.Event()
    counts: list[int] = []

    async def keep_asking(client: httpx.AsyncClient, expected: Said) -> None:
        while not stopping.is_set():
            got, tries = await ask(client, QUESTIONS[0], "load")
            assert got == expected
            counts.append(tries)

    async with open_client(cluster) as client:
        expected, _ = await ask(client, QUESTIONS[0])
        slowly, _ = await ask(client, SLOWLY, stream=True)
        streams = [asyncio.create_task(ask(client, SLOWLY, "stream", stream=True)) for _ in range(9)]
        askers = [asyncio.create_task(keep_asking(client, expected)) for _ in range(4)]
        await asyncio.sleep(1.0)
        assert not any(stream.done() for stream in streams)
        lost = (await asyncio.to_thread(cluster.do, "lose"))["lost"]
        got = await asyncio.gather(*streams)
        before = len(counts)
        while len(counts) < before + 100:
            await asyncio.sleep(0.05)
        stopping.set()
        await asyncio.gather(*askers)
    assert [said for said, _ in got] == [slowly] * 9
    assert any(tries > 1 for _, tries in got), "no stream was on the node that died"
    assert lost not in {node for node, _ in cluster.do("replicas")["ingress"]}
