"""Three simulated Ray nodes on this machine with the service on them, in a process of its own.

Run as a program: CONFIG, a file for `serve run`. It prints one JSON object a line: first where the nodes are, then
the answer to each line that it reads (`replicas`, `write TEXT`, `lose`, `refuse`); it ends with its input.
"""

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

import ray
from ray import serve
from ray.cluster_utils import Cluster
from ray.serve.context import _get_global_client

from assistant.channels.ray_serve import RemoteWriter, Writer, build, check_state
from assistant.errors import UsageError
from assistant.generate import GeneratorFailed, Prompt
from assistant.settings import read_settings

STORE = 80 * 1024 * 1024
PATIENCE = 120.0


def replicas() -> dict[str, list[tuple[str, int]]]:
    """Node and process of every running replica, by deployment."""
    details = _get_global_client().get_serve_details()["applications"].get("dlstart", {"deployments": {}})
    return {
        name: [(r["node_id"], r["pid"]) for r in about["replicas"] if r["state"] == "RUNNING"]
        for name, about in details["deployments"].items()
    }


def lose(cluster: Cluster) -> dict[str, Any]:
    """Kill a node that is not the head and has an ingress and an encoder, as a power cut would."""
    nodes = {node.node_id: node for node in cluster.worker_nodes}
    running = [replica for group in replicas().values() for replica in group]
    lost = max(nodes, key=lambda node: sum(id == node for id, _ in running))
    for id, pid in running:
        if id == lost:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
    cluster.remove_node(nodes[lost], allow_graceful=False)
    return {"lost": lost}


def writer(arguments: dict[str, Any]) -> Any:
    """An application of the writer alone; it wants the one (pretended) GPU."""
    return serve.deployment(name="writer", ray_actor_options={"num_cpus": 0, "num_gpus": 1})(Writer).bind()


async def write(text: str) -> dict[str, Any]:
    """What the writer deployment says to a prompt, through its client."""
    client = RemoteWriter(serve.get_app_handle("writer"), read_settings())
    await client.warm()
    try:
        pieces = [piece async for piece in client.write(Prompt("Answer.", text))]
    except GeneratorFailed as failed:
        return {"id": client.id, "error": str(failed)}
    return {"id": client.id, "pieces": pieces}


def refuse() -> dict[str, Any]:
    """What is said to SQLite on two machines, and to arguments."""
    said = []
    for attempt in (lambda: check_state(read_settings(), 2), lambda: build({"replicas": "3"})):
        try:
            attempt()
        except UsageError as error:
            said.append(f"{error}; {error.cure}")
    check_state(read_settings().replace(database_url="postgresql+psycopg://db/dlstart"), 2)
    check_state(read_settings(), 1)
    return {"said": said}


def main(config: Path) -> None:
    """Start, say so, obey."""
    cluster = Cluster(
        initialize_head=True,
        head_node_args={"num_cpus": 3, "object_store_memory": STORE, "include_dashboard": False},
    )
    cluster.add_node(num_cpus=2, object_store_memory=STORE)
    cluster.add_node(num_cpus=2, num_gpus=1, object_store_memory=STORE)
    ray.init(cluster.address, log_to_driver=False, logging_level="ERROR")
    serving = subprocess.Popen(
        [sys.executable, "-m", "ray.serve.scripts", "run", str(config), "--address", cluster.address],
        stdout=sys.stderr,
    )
    ends = time.monotonic() + PATIENCE
    while serving.poll() is None and time.monotonic() < ends:
        with suppress(Exception):
            if len(replicas()["ingress"]) == 3 and len(replicas()["encoder"]) == 2:
                break
        time.sleep(0.1)
    say({"nodes": [node["NodeID"] for node in ray.nodes()], "replicas": replicas()})
    for line in sys.stdin:
        command, _, text = line.strip().partition(" ")
        if command == "lose":
            say(lose(cluster))
        elif command == "write":
            say(asyncio.run(write(text)))
        elif command == "refuse":
            say(refuse())
        else:
            say(replicas())


def say(what: dict[str, Any]) -> None:
    """One line."""
    print(json.dumps(what), flush=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]))
