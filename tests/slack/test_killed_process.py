"""A process that is killed between claim and answer: the retry reaches another one, which answers."""

from __future__ import annotations

import asyncio
import json
import sys
import time
from asyncio.subprocess import PIPE, Process
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.slack.stub import BOT_TOKEN, StubSlack
from tests.slack.workspace import SECRET, Workspace, mention, until

ROOT = Path(__file__).parent.parent.parent
QUESTION = "I don't know linear algebra"


async def start(stack: AsyncExitStack, environment: dict[str, str], **order: Any) -> tuple[Process, str]:
    """A server process, and its address."""
    told = json.dumps({"environment": environment, **order})
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.slack.server", told, stdout=PIPE, cwd=ROOT
    )
    stack.push_async_callback(stop, process)
    assert process.stdout is not None
    async with asyncio.timeout(120):
        port = int(await process.stdout.readline())
    return process, f"http://127.0.0.1:{port}"


async def stop(process: Process) -> None:
    """Kill it, if it still runs."""
    if process.returncode is None:
        process.kill()
    await process.wait()


async def test_the_retry_of_an_event_whose_process_was_killed_is_answered_once(
    slack: StubSlack, data_dir: Path, tmp_path: Path
) -> None:
    environment = {
        "DLSTART_DATA_DIR": str(data_dir),
        "DLSTART_DEVICE": "cpu",
        "DLSTART_DATABASE_URL": f"sqlite+aiosqlite:///{tmp_path / 'state.sqlite3'}",
        "DLSTART_SLACK_BOT_TOKEN": BOT_TOKEN,
        "DLSTART_SLACK_SIGNING_SECRET": SECRET,
        "DLSTART_SLACK_API_URL": f"{slack.url}api/",
    }
    event = mention(QUESTION)
    lease = 3.0
    async with AsyncExitStack() as stack:
        doomed, first = await start(stack, environment, seconds=60, lease=lease, ack=30)
        _, second = await start(stack, environment, seconds=0, lease=lease, ack=2)
        async with httpx.AsyncClient(base_url=first, timeout=20) as http:
            delivery = asyncio.create_task(Workspace(slack, http).happen(event, "Ev1"))
            await until(lambda: slack.status("C1", event["ts"]))
            doomed.kill()
            # No acknowledgement comes, so Slack delivers again.
            with pytest.raises(httpx.HTTPError):
                await delivery
        async with httpx.AsyncClient(base_url=second, timeout=20) as http:
            workspace = Workspace(slack, http)
            started = time.monotonic()
            assert (await workspace.happen(event, "Ev1", retry=1)).status_code == 200
            assert time.monotonic() - started < 3
            await until(lambda: slack.thread("C1", event["ts"]) and workspace.is_quiet)
            assert (await workspace.happen(event, "Ev1", retry=2)).status_code == 200
            assert len(slack.thread("C1", event["ts"])) == 1
            assert "[1]" in slack.thread("C1", event["ts"])[0].words
